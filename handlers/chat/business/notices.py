"""What the people of a business are told, within seconds."""

from bot.dialog import (
    Choice,
    Notice,
    Reply,
    Template,
    Words,
)
from bot.language import _, button, money, ngettext
from handlers.chat.business.order import decisions, own, shown
from services import Services
from services.ground.facts import Fact
from services.shopping import Move, Order, PaymentStatus
from services.shopping.facts import LowStock, NewOrder, OrderCancelledByCustomer, OrderWaits


async def new_order(fact: NewOrder, do: Services) -> Words:
    order = await own(fact.order_id, do)
    if order is None:
        return ""  # who is told later may belong no more
    return await _new(order, _("*New order {number}* 🔔").format(number=order.order_number), do)


async def waits(fact: OrderWaits, do: Services) -> Words:
    """Once more, or to the next member, where nobody has answered."""
    order = await own(fact.order_id, do)
    if order is None or Move.ACCEPT not in order.possible:
        return ""
    head = _("Order *{number}* still waits: nobody has accepted it yet. ⏳")
    return await _new(order, head.format(number=order.order_number), do)


async def _new(order: Order, head: str, do: Services) -> Reply:
    bubble = await shown(order, do, head)
    open_it = Choice.act("order-open", order.id, button("Show the order"))
    total = money(order.total)
    things = ", ".join(f"{item.quantity} × {item.name}" for item in order.items)
    choices = (*bubble.choices, open_it)
    template = Template("order_new", (str(order.order_number), things, total))
    is_new = Move.ACCEPT in order.possible  # else the template's buttons are not the bubble's
    return Reply(bubble.text, choices, bubble.list_label, template=template if is_new else None)


async def called_off(fact: OrderCancelledByCustomer, do: Services) -> Words:
    order = await do.shopping.order(fact.user_id, fact.order_id)
    if (proof := await do.shopping.waiting_proof(order)) is not None:
        text = _(
            "The customer has cancelled order *{number}*. If their transfer is in your account, "
            "say so: it has to go back."
        ).format(number=order.order_number)
        return Reply(text, decisions(proof))
    if order.is_by_transfer and order.payment_status is PaymentStatus.REFUNDED:
        text = _("The customer has cancelled order *{number}*. Please transfer *{amount}* back.")
        return text.format(number=order.order_number, amount=money(order.total))
    return _("The customer has cancelled order *{number}*. Nothing to do.").format(
        number=fact.order_number
    )


async def low_stock(fact: LowStock, do: Services) -> Words:
    if fact.left <= 0:
        return _("*{name}* ({sku}) is sold out.").format(name=fact.name, sku=fact.sku)
    return ngettext(
        "Only {count} × *{name}* ({sku}) is left.",
        "Only {count} × *{name}* ({sku}) are left.",
        fact.left,
    ).format(count=fact.left, name=fact.name, sku=fact.sku)


NOTICES: dict[type[Fact], Notice] = {
    NewOrder: new_order,
    OrderWaits: waits,
    OrderCancelledByCustomer: called_off,
    LowStock: low_stock,
}
