"""How an order is said: where it stands, when things happened, what came of its parcels."""

from collections.abc import Mapping

from bot.dialog import Choice, Link, Reply, Template
from bot.language import _, button, money, when
from handlers.chat.shopping import return_words
from handlers.chat.shopping.words import named, place
from services import Services
from services.shopping import Order, OrderStatus, OrderSummary, Parcel, PaymentStatus, Tracking


def status(order: Order | OrderSummary) -> str:
    """Where an order stands, in a few words."""
    if order.payment_status is PaymentStatus.REFUNDING:
        return _("Cancelled, money on its way back")
    if order.delivery == "pickup" and order.status is OrderStatus.SHIPPED:
        return _("Ready to be picked up")
    if order.delivery == "pickup" and order.status is OrderStatus.PARTLY_SHIPPED:
        return _("A part can be picked up")
    return {
        OrderStatus.PENDING: _("Waiting for payment"),
        OrderStatus.PLACED: _("With the shop"),
        OrderStatus.PAID: _("Paid, with the shop"),
        OrderStatus.ACCEPTED: _("Being prepared"),
        OrderStatus.PARTLY_SHIPPED: _("A part is on its way"),
        OrderStatus.SHIPPED: _("On its way"),
        OrderStatus.DELIVERED: _("Delivered"),
        OrderStatus.COMPLETED: _("Delivered"),
        OrderStatus.EXPIRED: _("Not paid in time"),
        OrderStatus.CANCELLED: _("Cancelled"),
        OrderStatus.REFUNDED: _("Money given back"),
        OrderStatus.RETURNED: _("All of it came back"),
    }[order.status]


def where_to(order: Order) -> str:
    if order.delivery == "pickup":
        return _("You pick it up yourself.")
    if order.address is None:
        return ""
    to = place(order.address)
    if order.address.recipient:
        return _("To {name}, {place}").format(name=order.address.recipient, place=to)
    return _("To {place}").format(place=to)


def dated(order: Order, do: Services) -> str:
    def on(at_: object) -> str:
        return when(at_, do.me.time_zone, do.now)  # type: ignore[arg-type]

    lines = [_("Ordered {when}").format(when=on(order.created_at))]
    if order.shipped_at:
        lines.append(_("Sent {when}").format(when=on(order.shipped_at)))
    if order.delivered_at:
        lines.append(_("Delivered {when}").format(when=on(order.delivered_at)))
    if order.tracking_number:
        lines.append(_tracking(order.carrier, order.tracking_number))
    return "\n".join(lines)


def _tracking(carrier: str | None, number: str) -> str:
    parcel = " ".join(part for part in (carrier, number) if part)
    return _("Tracking {number}").format(number=parcel)


def followed(tracking: Tracking) -> str:
    """By what number a parcel is followed; nothing where there is none."""
    return _tracking(tracking.carrier, tracking.number) if tracking.number else ""


def tracked(order_number: int, url: str) -> Reply:
    """The carrier's page."""
    text = _("Follow order *{number}* here.").format(number=order_number)
    return Reply(text, link=Link(button("Track it"), url))


def news(order_id: int, text: str) -> Reply:
    """A bubble that, with the window closed, is said by the template of order updates."""
    choices = (Choice.act("order", order_id, button("Show the order")),)
    return Reply(text, choices, template=Template("order_update", (text.replace("*", ""),)))


def standing(order: Order) -> Reply:
    """An order in one sentence, with the way to all of it."""
    text = _("Order *{number}*: {status}.").format(number=order.order_number, status=status(order))
    return Reply(text, (Choice.act("order", order.id, button("Show the order")),))


def called_off(code: str) -> str:
    """The words of a reason that was tapped; what was written is said as it was written."""
    known = {"out_of_stock": _("it ran out"), "no_delivery": _("it cannot be brought to you")}
    return known.get(code, code)


# -- parts of it -------------------------------------------------------------------------


def pieces(order: Order, counts: Mapping[int, int]) -> str:
    """So many of its lines: "2 × Maize flour 2 kg, 1 × Kitenge shirt, Red M"."""
    return ", ".join(
        f"{counts[item.id]} × {named(item.name, item.title)}"
        for item in order.items
        if counts.get(item.id)
    )


def still_to_come(order: Order) -> str:
    """What has not arrived and will."""
    return pieces(
        order,
        {item.id: item.quantity - item.called_off - item.delivered for item in order.items},
    )


def never_coming(order: Order) -> str:
    return pieces(order, {item.id: item.called_off for item in order.items})


async def became(order: Order, do: Services) -> str:
    """Its parcels where they are not simply the order, what never comes, and its returns."""
    lines = []
    if order.status is OrderStatus.PARTLY_SHIPPED or order.shipped:
        lines += await _parcels(order, do)
    if missing := never_coming(order):
        text = _("Not coming: {things}. *{amount}* less.")
        lines.append(text.format(things=missing, amount=money(order.called_off)))
    if order.delivered_at is not None:
        returns = await do.shopping.returns_of(do.me.id, order.id)
        lines += [return_words.line(one) for one in returns]
    return "\n".join(lines)


async def _parcels(order: Order, do: Services) -> list[str]:
    parcels = await do.shopping.parcels(do.me.id, order.id)
    if len(parcels) == 1 and not order.to_send:
        return []
    lines = [_parcel(order, parcel) for parcel in parcels]
    if order.to_send and order.status is OrderStatus.PARTLY_SHIPPED:
        lines.append(_("Still to be sent: {things}").format(things=pieces(order, order.to_send)))
    return lines


def _parcel(order: Order, parcel: Parcel) -> str:
    if parcel.delivered_at is not None:
        text = _("Parcel {number}, arrived: {things}")
    elif order.delivery == "pickup":
        text = _("Parcel {number}, to be picked up: {things}")
    else:
        text = _("Parcel {number}, on its way: {things}")
    return text.format(number=parcel.number, things=pieces(order, parcel.pieces))
