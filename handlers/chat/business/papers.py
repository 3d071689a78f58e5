"""Verification: papers are sent as photos or documents, and what was decided is told."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Go,
    Next,
    Notice,
    NotUnderstood,
    Reply,
    Said,
    Silence,
    Step,
    Template,
    Words,
)
from bot.language import _, button, ngettext
from handlers.chat.business.order import not_permitted, permitted
from handlers.chat.files import sorry
from handlers.chat.taps import number_of
from services import Services
from services.businesses import Business
from services.businesses.errors import NotPermitted, TooManyPapers
from services.businesses.facts import BusinessApproved, BusinessRefused, SentFile
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.ground.files import FileCame, FileFailed


async def ready(business_id: int, do: Services) -> Words:
    """A shop has its first things on the shelf."""
    business = await do.businesses.get(business_id)
    text = _(
        "*{name}* is ready! 🎉 Customers see it once we have verified it. For that I need your "
        "papers: a photo or PDF of your business permit, or of your ID if you have none.\n\n"
        "You find everything of your shop under *my business*."
    )
    add = Choice.act("add-product", business_id, button("Add a product"))
    choices = (papers_button(business_id), add, desk_button())
    return Reply(text.format(name=business.name), choices)


def papers_button(business_id: int) -> Choice:
    return Choice.act("send-papers", business_id, button("Send papers"))


def desk_button() -> Choice:
    return Choice.act("my-business", "", button("My business"))


async def standing(business: Business, do: Services) -> str:
    """Where the verification of a business stands; nothing to say once it is approved."""
    match business.verification:
        case "unverified":
            return _("Not listed yet: send us your papers.")
        case "pending":
            return _("Not listed yet: we are looking at your papers.")
        case "refused":
            why = await do.businesses.refusal(business.id)
            return _("Not listed: {why}").format(why=why)
    return ""


async def begin(argument: str, do: Services) -> Next:
    """The button *Send papers*."""
    business_id = number_of(argument)
    if not await permitted(business_id, "settings", do):
        return Again(not_permitted(), quietly=True)
    if (await do.businesses.get(business_id)).verification == "approved":
        return Again(_("Your shop is verified already. 👍"), quietly=True)
    return Papers(business_id=business_id)


class Papers(Step):
    """Papers, as many as there are, in as many messages."""

    tag: ClassVar[str] = "business.papers"
    takes: ClassVar[frozenset[str]] = frozenset({"image", "document"})
    strays: ClassVar[bool] = False
    business_id: int
    expected: tuple[int, ...] = ()  # ids of files that are on their way
    count: int = 0  # how many have come

    async def ask(self, do: Services) -> Words:
        if not self.count:
            text = _("Please send a photo or a PDF of your business permit, or of your ID.")
            return Reply(text, (Choice("done", button("Later")),))
        text = ngettext(
            "I have it. Is there another paper?",
            "I have {count} papers. Is there another one?",
            self.count,
        )
        return Reply(text.format(count=self.count), (Choice("done", button("That is all")),))

    async def answer(self, said: Said, do: Services) -> Next:
        if said.files:
            ids = tuple(file.file_id for file in said.files if file.file_id)
            now = self.model_copy(update={"expected": (*self.expected, *ids)})
            return Silence("waits for papers", now)
        _is_done(said)
        if self.expected:
            return Again(_("One moment please, your file is still on its way."), quietly=True)
        if not self.count:
            return Done(_("All right. *my business* has it when you are ready."))
        return Done(
            _("Thank you! We look at your papers and write to you here, usually within a day.")
        )

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        match fact:
            case FileCame(file_id=id_) if id_ in self.expected:
                return await self._came(fact, do)
            case FileFailed(file_id=id_) if id_ in self.expected:
                return Go(self._without(id_), sorry(fact.why))
        return None

    async def _came(self, fact: FileCame, do: Services) -> Next:
        file = SentFile(key=fact.file_key, name=fact.name)
        try:
            await do.businesses.hand_in(self.business_id, do.me.id, [file])
        except (NotFound, NotPermitted):
            return Done(not_permitted())
        except TooManyPapers:
            return Done(_("That is more than I can take. We look at what you sent."))
        now = self._without(fact.file_id).model_copy(update={"count": self.count + 1})
        return Silence("waits for more papers", now) if now.expected else now

    def _without(self, file_id: int) -> "Papers":
        expected = tuple(id_ for id_ in self.expected if id_ != file_id)
        return self.model_copy(update={"expected": expected})


def _is_done(said: Said) -> None:
    """Raises NotUnderstood for anything but the one button, however it is typed."""
    try:
        said.choice()
    except NotUnderstood:
        if said.yes_no():
            raise NotUnderstood(_("Please send it as a photo or a PDF.")) from None


async def approved(fact: BusinessApproved, do: Services) -> Words:
    business = await do.businesses.get(fact.business_id)
    text = _("*{name}* is verified! 🎉 From now on customers see it and can buy.")
    template = Template("business_approved", (business.name,))
    return Reply(text.format(name=business.name), (desk_button(),), template=template)


async def refused(fact: BusinessRefused, do: Services) -> Words:
    business = await do.businesses.get(fact.business_id)
    text = _("*{name}* could not be verified: {why}\nYou can send other papers any time.")
    template = Template("business_refused", (business.name, fact.reason))
    choices = (papers_button(business.id),)
    return Reply(text.format(name=business.name, why=fact.reason), choices, template=template)


NOTICES: dict[type[Fact], Notice] = {BusinessApproved: approved, BusinessRefused: refused}
ACTIONS: dict[str, Action] = {"send-papers": begin}
STEPS: list[type[Step]] = [Papers]
