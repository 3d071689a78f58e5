"""The last question of a return: a photo of it; then the business is asked."""

from typing import ClassVar

from bot.dialog import Choice, Done, Next, NotUnderstood, Reply, Said, Step, Words
from bot.language import _, button
from handlers.chat.files import FileComing
from handlers.chat.shopping import return_words
from handlers.chat.taps import has_none
from services import Services
from services.shopping import NewReturn, NotReturnable, OnlyLeft, WhyNot


def why_not(why: WhyNot) -> str:
    """Why something cannot come back."""
    return {
        WhyNot.NOT_DELIVERED: _("That order has not arrived yet. Then you can give it back."),
        WhyNot.TOO_LATE: _(
            "The time to give that back is over. If something is wrong with it, type *agent*."
        ),
        WhyNot.ALREADY: _("That has come back already, or is about to."),
        WhyNot.NO_MONEY: _("The money of that order has gone back already."),
        WhyNot.NOT_LIKE_IT: _(
            "I cannot exchange it for that one: it costs another price now. Money back works."
        ),
    }[why]


class PhotoOfIt(Step):
    """What it looks like: a must where it is damaged."""

    tag: ClassVar[str] = "shopping.return-photo"
    takes: ClassVar[frozenset[str]] = frozenset({"image"})
    item_id: int
    count: int
    variant_id: int
    reason: str

    async def ask(self, do: Services) -> Words:
        if self.reason == "damaged":
            return _("I am sorry. Please send a photo of the damage, so the shop can see it.")
        return Reply(_("Would you send a photo of it?"), (Choice("none", button("No photo")),))

    async def answer(self, said: Said, do: Services) -> Next:
        if file := next((file.file_id for file in said.files if file.file_id), None):
            return PhotoComing(**self.model_dump(), expected=file)
        if self.reason != "damaged" and (said.tapped == "none" or has_none(said)):
            return await _ask(self, None, do)
        raise NotUnderstood(_("A photo is what I need."))


class PhotoComing(FileComing):
    """The photo is on its way."""

    tag: ClassVar[str] = "shopping.return-coming"
    item_id: int
    count: int
    variant_id: int
    reason: str

    async def came(self, key: str, do: Services) -> Next:
        return await _ask(self._question(), key, do)

    async def question(self, do: Services) -> Step:
        return self._question()

    def _question(self) -> PhotoOfIt:
        return PhotoOfIt(**self.model_dump(exclude={"expected"}))


async def _ask(known: PhotoOfIt, photo: str | None, do: Services) -> Next:
    new = NewReturn(known.count, known.reason, known.variant_id or None, photo)
    try:
        return_ = await do.shopping.ask_return(do.me.id, known.item_id, new)
    except NotReturnable as refused:
        return Done(why_not(refused.why))
    except OnlyLeft as gone:
        text = _("*{name}* has run out meanwhile. You can ask for your money instead.")
        return Done(text.format(name=gone.name))
    text = _(
        "Your return has the number *{label}*: {goods}. The shop looks at it, and I write as "
        "soon as it has decided. Please keep it as it is until then."
    )
    return Done(text.format(label=return_.label, goods=return_words.goods(return_)))


STEPS: list[type[Step]] = [PhotoOfIt, PhotoComing]
