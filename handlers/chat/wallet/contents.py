"""What is in a wallet, and what moved last."""

from typing import ClassVar

from bot.dialog import Choice, Next, Reply, Said, Step, Words
from bot.language import _, button, day, money
from handlers.chat.wallet import topping_up
from services import Services
from services.ground.money import Money
from services.wallet import Move, Movement


class OpenWallet(Step):
    """What is in it, and what moved last."""

    tag: ClassVar[str] = "wallet.open"

    async def ask(self, do: Services) -> Words:
        parts = [await _contents(one, do) for one in await do.wallet.balances(do.me.id)]
        empty = _("There is nothing in it yet. What you put in pays with one tap at checkout.")
        text = "\n\n".join([_("*Your wallet*"), *(parts or [empty])])
        choices = (
            Choice("top-up", button("Top up")),
            Choice.act("menu", "", button("Menu")),
        )
        return Reply(text, choices)

    async def answer(self, said: Said, do: Services) -> Next:
        return await topping_up.begin(do) if said.choice() == "top-up" else OpenWallet()

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await topping_up.begin(do) if choice == "top-up" else None


async def _contents(balance: Money, do: Services) -> str:
    moved = await do.wallet.statement(do.me.id, balance.currency)
    return "\n".join([f"*{money(balance)}*", *(_line(one, do) for one in moved)])


def _line(one: Movement, do: Services) -> str:
    said = {
        Move.TOP_UP: _("put in"),
        Move.PAID: _("paid, {what}").format(what=one.about),
        Move.BACK: _("given back"),
        Move.TAKEN: _("gone back to your card"),
        Move.EVENED: _("evened out by us"),
    }[one.move]
    sign = "+" if one.amount.amount > 0 else "−"
    amount = money(Money(abs(one.amount.amount), one.amount.currency))
    return f"• {day(one.at, do.me.time_zone, do.now)}: {sign}{amount} {said}"


async def show_it(argument: str, do: Services) -> Next:
    """The button *My wallet*, on whatever bubble."""
    return OpenWallet()
