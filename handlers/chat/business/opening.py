"""Opening a shop: one question after the other, kept as a draft until the shop is made.

The steps hold nothing: each writes its answer to the draft and goes on to the first question that
is not answered yet. So a person may go back, leave, and come again tomorrow.
"""

from collections.abc import Sequence
from typing import ClassVar

from bot.dialog import Action, Choice, Done, Go, Next, NotUnderstood, Reply, Said, Step, Words
from bot.language import LANGUAGES, _, button, current, in_every_language, row, speaking
from handlers.chat.business import handing, located, new_product
from handlers.chat.phrases import phrases, plain
from handlers.chat.shopping.offers import offer
from services import Services
from services.businesses import Business, Draft
from services.businesses.errors import TooManyShops
from services.shopping import NewShop, NewZone

NAME = 60  # characters
SELLS = 60


async def begin(do: Services) -> Next:
    """*sell*: a new shop, or on with the one that was begun."""
    draft = await do.businesses.draft(do.me.id)
    if draft is not None and draft.name:
        return OpenAgain()
    first = _(
        "Let us open your shop! 🛍️ I ask a few short questions; it takes some minutes. You can "
        "stop any time: I keep what you said, and *sell* goes on there."
    )
    return Go(ShopName(), first)


async def kept(do: Services) -> Draft:
    """What is known so far."""
    return await do.businesses.draft(do.me.id) or Draft(language=current())


async def on(do: Services, **answers: object) -> Next:
    """Keep what was answered, and ask what is not known yet."""
    draft = (await kept(do)).model_copy(update=answers)
    await do.businesses.keep_draft(do.me.id, draft)
    return await _next(draft, do)


async def _next(draft: Draft, do: Services) -> Next:
    if draft.name is None:
        return ShopName()
    if draft.sells is None:
        return ShopSells()
    if draft.country is None:
        return await located.ask_country(do)
    if draft.has_place is None:
        return located.ShopAddress()
    if draft.has_place and draft.address is None:
        return located.ShopLandmark()
    if draft.hands is None:
        return handing.ShopHands()
    if draft.hands != "pickup" and draft.fee is None:
        return handing.ShopFee()
    if draft.cash is None:
        return handing.ShopCash()
    return await _open(draft, do)


class OpenAgain(Step):
    """On with a shop that was begun, or from the beginning."""

    tag: ClassVar[str] = "business.open-again"

    async def ask(self, do: Services) -> Words:
        draft = await kept(do)
        text = _("You have begun to open *{name}*. Shall we go on there?")
        choices = (Choice("on", button("Go on")), Choice("new", button("Start afresh")))
        return Reply(text.format(name=draft.name), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        if said.choice() == "on":
            return await _next(await kept(do), do)
        await do.businesses.drop_draft(do.me.id)
        return ShopName()


class ShopName(Step):
    tag: ClassVar[str] = "business.open-name"
    free_text: ClassVar[bool] = True

    @classmethod
    def together(cls, texts: Sequence[str]) -> str:
        return " ".join(texts)

    async def ask(self, do: Services) -> Words:
        return _("What is your shop called?")

    async def answer(self, said: Said, do: Services) -> Next:
        return await on(do, name=said.words(NAME), language=current())


class ShopSells(Step):
    """What it sells: its line in the list of shops, and its first shelf."""

    tag: ClassVar[str] = "business.open-sells"
    free_text: ClassVar[bool] = True

    async def ask(self, do: Services) -> Words:
        rows = [Choice(kind, label) for kind, label in _kinds().items()]
        return offer(_("What do you sell? Tap, or type it in a few words."), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        try:
            return await on(do, sells=said.choice()[:SELLS])
        except NotUnderstood:
            return await on(do, sells=said.words(SELLS))


def _kinds() -> dict[str, str]:
    return {
        "food": row("Food and drinks"),
        "clothes": row("Clothes and shoes"),
        "house": row("Things for the house"),
        "beauty": row("Beauty and care"),
        "phones": row("Phones, electronics"),
        "crafts": row("Crafts and gifts"),
        "farm": row("Seeds and farming"),
        "books": row("Books and paper"),
    }


def _sells(draft: Draft) -> str:
    """What was tapped, in the words of today's language; what was typed as it is."""
    return _kinds().get(draft.sells or "", draft.sells or "")


async def _open(draft: Draft, do: Services) -> Next:
    """Everything is answered: the business, its shop, its first shelf."""
    await do.businesses.keep_draft(do.me.id, draft.model_copy(update={"sells": _sells(draft)}))
    try:
        business = await do.businesses.open(do.me.id)
    except TooManyShops:
        return Done(
            _("You have several shops that are not verified yet. Send their papers first, please.")
        )
    await do.shopping.put_shop(business.id, _shop(draft, business))
    names = {language: _shelf(draft, language) for language in LANGUAGES}
    await do.shopping.put_category(business.id, "all", _sells(draft), names)
    text = _("*{name}* is made. ✨ Now put the first thing on your shelf.")
    return Go(
        new_product.NewName(business_id=business.id, is_first=True),
        text.format(name=business.name),
        for_good=True,
    )


def _shelf(draft: Draft, language: str) -> str:
    with speaking(language):
        return _sells(draft)


def _shop(draft: Draft, business: Business) -> NewShop:
    brings = draft.hands != "pickup"
    zones = (NewZone(handing.zone_name(), draft.fee or 0),) if brings else ()
    place = draft.address if draft.hands != "delivery" else None
    return NewShop(cash_on_delivery=bool(draft.cash), pickup_address=place, zones=zones)


async def by_words(said: Said, do: Services) -> Next | None:
    """*sell*, typed anywhere."""
    return await begin(do) if is_phrase(said.text) else None


async def by_button(argument: str, do: Services) -> Next:
    return await begin(do)


def is_phrase(words: str) -> bool:
    return plain(words) in _SELL


def open_button() -> Choice:
    return Choice.act("open-shop", "", button("Open a shop"))


_SELL = phrases(in_every_language("sell, open a shop, start selling, open my shop, sell here"))
ACTIONS: dict[str, Action] = {"open-shop": by_button}
STEPS: list[type[Step]] = [OpenAgain, ShopName, ShopSells]
