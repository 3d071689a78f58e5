"""A cart that was left: said once, at a decent hour, to who wants to hear of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.dialog import Action, Again, Choice, Next, Notice, Reply, Template, Words
from bot.language import _, button, money
from handlers.chat.shopping import cart
from handlers.chat.shopping.words import cart_line, named
from services import Services
from services.ground.facts import Fact
from services.ground.money import Money
from services.people import decent
from services.shopping import CartLine
from services.shopping.facts import CartWaits

AGENT_TAKES = timedelta(hours=1)
"""Somebody who is with a human agent is not disturbed; we look again so much later."""


async def cart_waits(fact: CartWaits, do: Services) -> Words:
    """Outside of the 24 hours only to who agreed to marketing: without a template a bubble is
    not sent there."""
    me = do.me
    due = await do.shopping.reminder_due(me.id)
    if due is None or not await do.people.takes_reminders(me.id):
        return ""
    soonest = do.now + AGENT_TAKES if me.with_agent else do.now
    if (at := decent(max(due, soonest), me.time_zone)) > do.now:
        await do.shopping.remind_later(me.id, at)
        return ""
    filled = await do.shopping.cart(me.id)
    lines = () if filled is None else _there(filled.lines)
    if not lines or not await do.shopping.take_reminder(me.id):
        return ""
    agreed = await do.people.agreed_to_marketing(me.id)
    return _reminder(lines, by_template=agreed)


def _there(lines: Sequence[CartLine]) -> tuple[CartLine, ...]:
    """What of a cart can be had, as many of it as are left."""
    there = (line for line in lines if not line.is_gone and line.left > 0)
    return tuple(replace(line, quantity=min(line.quantity, line.left)) for line in there)


def _reminder(lines: Sequence[CartLine], *, by_template: bool) -> Reply:
    total = money(Money(sum(line.total.amount for line in lines), lines[0].price.currency))
    counted = "\n".join(map(cart_line, lines))
    text = _("Your cart is still here: 🛒\n\n{things}\n\n*Total {total}*\n\nShall we go on?")
    choices = (
        Choice.act("cart", "", button("To the cart")),
        Choice.act("cart-later", "", button("Not now")),
        Choice.act("no-reminders", "", button("No reminders")),
    )
    names = ", ".join(f"{line.quantity} × {named(line.name, line.title)}" for line in lines)
    template = Template("cart_reminder", (names, total)) if by_template else None
    text = text.format(things=counted, total=total)
    return Reply(text, choices, template=template)


async def to_cart(argument: str, do: Services) -> Next:
    return await cart.show(do)


async def not_now(argument: str, do: Services) -> Next:
    return Again(_("All right. Type *cart* whenever you like: it stays as it is."), quietly=True)


async def no_more(argument: str, do: Services) -> Next:
    await do.people.stop_reminders(do.me.id, "No reminders")
    return Again(_("Done: I never remind you of your cart again."), quietly=True)


NOTICES: dict[type[Fact], Notice] = {CartWaits: cart_waits}
ACTIONS: dict[str, Action] = {"cart": to_cart, "cart-later": not_now, "no-reminders": no_more}
