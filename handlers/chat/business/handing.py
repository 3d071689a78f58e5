"""How buyers get their things from a shop that is being opened, and whether it takes cash."""

from typing import ClassVar

from bot.dialog import Choice, Next, NotUnderstood, Reply, Said, Silence, Step, Words
from bot.language import _, button, in_every_language, money
from handlers.chat.business import opening
from handlers.chat.phrases import phrases, plain
from services import Services
from services.ground.money import Money, decimals

MOST = 100_000_000  # whole units: more is a slip of the pen


class ShopHands(Step):
    """Fetched, brought, or both."""

    tag: ClassVar[str] = "business.open-hands"

    async def ask(self, do: Services) -> Words:
        choices = (
            Choice("pickup", button("They fetch it")),
            Choice("delivery", button("I deliver")),
            Choice("both", button("Both")),
        )
        return Reply(_("How do people get what they buy?"), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        match said.choice():
            case ("pickup" | "delivery" | "both") as hands:
                return await opening.on(do, hands=hands)
        return Silence("strange tap")


class ShopFee(Step):
    """What bringing it costs; more zones can follow later."""

    tag: ClassVar[str] = "business.open-fee"

    async def ask(self, do: Services) -> Words:
        draft = await opening.kept(do)
        text = _("What does a delivery cost the buyer? Type an amount in {currency}.")
        choices = (Choice("free", button("It is free")),)
        return Reply(text.format(currency=draft.currency), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        if said.tapped == "free" or _is_free(said):
            return await opening.on(do, fee=0)
        draft = await opening.kept(do)
        none, most = up_to(draft.currency or "USD", 0)
        return await opening.on(do, fee=said.money(none, most).amount)


def _is_free(said: Said) -> bool:
    """A number is always an amount here, never the number of a choice."""
    if plain(said.text) in _FREE:
        return True
    try:
        return said.choice() == "free" and not said.text.strip().isdecimal()
    except NotUnderstood:
        return False


_FREE = phrases(in_every_language("free, for free, nothing, no fee"))


def up_to(currency: str, low: int = 1) -> tuple[Money, Money]:
    """From `low` minor units to the most anybody asks for one thing."""
    return Money(low, currency), Money(MOST * 10 ** decimals(currency), currency)


class ShopCash(Step):
    tag: ClassVar[str] = "business.open-cash"

    async def ask(self, do: Services) -> Words:
        draft = await opening.kept(do)
        choices = (Choice("yes", button("Yes, cash too")), Choice("no", button("No cash")))
        text = _("Do you also take cash when it is handed over?")
        if draft.hands != "pickup" and draft.fee and draft.currency:
            fee = money(Money(draft.fee, draft.currency))
            text = _("A delivery costs {fee}, then.").format(fee=fee) + " " + text
        return Reply(text, choices)

    async def answer(self, said: Said, do: Services) -> Next:
        try:
            return await opening.on(do, cash=said.choice() == "yes")
        except NotUnderstood:
            return await opening.on(do, cash=said.yes_no())


def zone_name() -> str:
    """The one zone a shop opens with."""
    return _("Delivery")


STEPS: list[type[Step]] = [ShopHands, ShopFee, ShopCash]
