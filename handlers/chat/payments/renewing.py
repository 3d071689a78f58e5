"""An order that was not paid in time, and paying it after all."""

from collections.abc import Sequence

from bot.dialog import Action, Again, Choice, Done, Go, Next, Reply, Silence, Template
from bot.language import _, button, ngettext, when
from handlers.chat.payments import proofs, waiting
from handlers.chat.payments.words import plain
from handlers.chat.shopping import orders
from handlers.chat.shopping.words import numbers, why_not
from handlers.chat.taps import number_of
from services import Services
from services.ground.errors import NotFound
from services.shopping import (
    CannotMove,
    OnlyLeft,
    Order,
    OrderStatus,
    PaymentStatus,
    SoldOut,
    VoucherRefused,
)


async def pay_again(argument: str, do: Services) -> Next:
    """The button of a lapsed order, from however long ago."""
    number = number_of(argument)
    return await fresh_link(number, do) if number else Silence("strange tap")


async def fresh_link(order_id: int, do: Services) -> Next:
    """Pay after all: the order is taken up again where what it holds is still there."""
    try:
        together = await do.shopping.renew(do.me.id, order_id)
    except NotFound:
        return Again(orders.unknown())
    except (OnlyLeft, SoldOut) as short:
        return await _gone(short, order_id, do)
    except VoucherRefused as refused:
        text = _("{why} So this order cannot be paid as it was.")
        text = text.format(why=why_not(refused, do))
        return Done(f"{text} {_('Your cart still has what you chose.')}")
    except CannotMove:
        return orders.OrderOpen(order_id=order_id)
    first = together[0]
    if first.status is not OrderStatus.PENDING:
        return orders.OrderOpen(order_id=order_id)
    said = ngettext(
        "Order *{number}* is yours again until {until}.",
        "Orders *{number}* are yours again until {until}.",
        len(together),
    ).format(
        number=numbers(together),
        until=when(first.reserved_until or do.now, do.me.time_zone, do.now),
    )
    return Go(waiting.awaiting(first), said, for_good=True)


async def _gone(short: OnlyLeft, order_id: int, do: Services) -> Next:
    if short.left:
        said = ngettext(
            "Meanwhile only {count} of {name} is left, so this order cannot be paid as it was.",
            "Meanwhile only {count} of {name} are left, so this order cannot be paid as it was.",
            short.left,
        ).format(count=short.left, name=short.name)
    else:
        said = _("Meanwhile {name} is sold out, so this order cannot be paid any more.")
        said = said.format(name=short.name)
    if (await do.shopping.order(do.me.id, order_id)).is_by_transfer:
        return Done(said)  # it has left the cart
    return Done(f"{said} {_('Your cart still has what you chose.')}")


async def lapsed(together: Sequence[Order], do: Services) -> Reply:
    """What was not paid in time, with the way to pay it after all."""
    order = next((one for one in together if one.payment_id is not None), together[0])
    if order.is_by_transfer:
        return proofs.lapsed(order)
    if order.payment_method == "mpesa" and order.payment_status is PaymentStatus.FAILED:
        payment = await do.payments.for_service("order", order.purchase_id)
        text = _not_on_phone(payment.reason if payment else None)
        again = button("Ask me again")
    elif order.payment_status is PaymentStatus.FAILED:
        text = ngettext(
            "The payment for order *{number}* did not work. Nothing was charged, nothing is held. "
            "Would you like to try once more?",
            "The payment for orders *{number}* did not work. Nothing was charged, nothing is held. "
            "Would you like to try once more?",
            len(together),
        )
        again = button("Fresh link")
    else:
        text = ngettext(
            "The time to pay order *{number}* is over. Nothing was charged, nothing is held. "
            "Would you like a fresh link?",
            "The time to pay orders *{number}* is over. Nothing was charged, nothing is held. "
            "Would you like a fresh link?",
            len(together),
        )
        again = button("Fresh link")
    choices = (
        Choice.act("pay-again", order.id, again),
        Choice.act("order", order.id, button("Show the order")),
    )
    template = Template("order_lapsed", (plain(together),))
    return Reply(text.format(number=numbers(together)), choices, template=template)


def _not_on_phone(why: str | None) -> str:
    """Why M-Pesa did not move the money of order {number}."""
    said = {
        "insufficient": _("There is not enough in that M-Pesa account for order *{number}*."),
        "cancelled": _("You cancelled the M-Pesa request for order *{number}*."),
        "wrong PIN": _("That was not the M-Pesa PIN, so order *{number}* is not paid."),
        "no answer": _("M-Pesa waited for the PIN for order *{number}*, and none came."),
    }.get(why or "", _("The M-Pesa payment for order *{number}* did not work."))
    return f"{said} {_('Nothing was charged, nothing is held. Shall M-Pesa ask you again?')}"


ACTIONS: dict[str, Action] = {"pay-again": pay_again}
