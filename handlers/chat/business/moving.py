"""What a business does with an order by a tap: buttons that work at any age."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Go,
    Next,
    NotUnderstood,
    Reply,
    Said,
    Step,
    Words,
)
from bot.language import _, button, money
from handlers.chat.business.choices import moves
from handlers.chat.business.desk import Desk
from handlers.chat.business.order import BusinessOrder, look, own, shown, unknown
from handlers.chat.taps import number_of
from services import Services
from services.ground.errors import NotFound
from services.shopping import CannotMove, Move, PaymentStatus

LONGEST_REASON = 200  # characters
KEEP = "keep"


def reasons() -> tuple[Choice, ...]:
    """Why something does not come, to tap; or it comes after all."""
    return (
        Choice("out_of_stock", button("It ran out")),
        Choice("no_delivery", button("Cannot bring it")),
        Choice(KEEP, button("Keep the order")),
    )


def reason(said: Said) -> str:
    """One of those, or the business's own words to the customer."""
    try:
        return said.choice()
    except NotUnderstood:
        return said.words(LONGEST_REASON)


async def refused(order_id: int, do: Services) -> Next:
    """What somebody tapped cannot be done now: say how things stand."""
    order = await own(order_id, do)
    if order is None:
        return Again(unknown())
    return Again(await shown(order, do), quietly=True)


async def accept(argument: str, do: Services) -> Next:
    return await _moved(argument, do, Move.ACCEPT)


async def deliver(argument: str, do: Services) -> Next:
    return await _moved(argument, do, Move.DELIVER)


async def _moved(argument: str, do: Services, move: Move) -> Next:
    order_id = number_of(argument)
    if await own(order_id, do) is None:
        return Again(unknown())
    try:
        if move is Move.ACCEPT:
            order = await do.shopping.accept(order_id, do.me.id)
            text = _("Order *{number}* is accepted. Tell me when it leaves.")
        else:
            order = await do.shopping.deliver(order_id, do.me.id)
            text = _("Order *{number}* is complete. Well done!")
    except CannotMove:
        return await refused(order_id, do)
    return Again(Reply(text.format(number=order.order_number), moves(order)), quietly=True)


async def call_off(argument: str, do: Services) -> Next:
    order_id = number_of(argument)
    order = await own(order_id, do)
    if order is None:
        return Again(unknown())
    return (
        CallOff(order_id=order_id) if Move.CANCEL in order.possible else await refused(order_id, do)
    )


class CallOff(Step):
    """Why the business cannot do it."""

    tag: ClassVar[str] = "business.calloff"
    free_text: ClassVar[bool] = True
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await own(self.order_id, do)
        if order is None:
            return unknown()
        text = _("Why must order *{number}* be cancelled? Tap, or write it for the customer.")
        return Reply(text.format(number=order.order_number), reasons())

    async def answer(self, said: Said, do: Services) -> Next:
        if (why := reason(said)) == KEEP:
            return BusinessOrder(order_id=self.order_id)
        try:
            order = await do.shopping.cancel(self.order_id, do.me.id, why)
        except (CannotMove, NotFound):
            return await refused(self.order_id, do)
        text = _("Order *{number}* is cancelled; the customer knows.")
        if order.payment_status in (PaymentStatus.REFUNDING, PaymentStatus.REFUNDED):
            by_hand = _("Please transfer *{amount}* back.")
            text += " " + (by_hand if order.is_by_transfer else _("The money goes back."))
        said_ = text.format(number=order.order_number, amount=money(order.total))
        return Go(Desk(business_id=order.business_id), said_)


async def open_order(argument: str, do: Services) -> Next:
    return await look(number_of(argument), do)


ACTIONS: dict[str, Action] = {
    "order-accept": accept,
    "order-deliver": deliver,
    "order-cancel": call_off,
    "order-open": open_order,
}
STEPS: list[type[Step]] = [CallOff]
