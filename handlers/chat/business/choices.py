"""The buttons that move an order, its parcels and its returns. They work at any age."""

from bot.dialog import Choice
from bot.language import button
from services import Services
from services.shopping import Move, Order, ReturnStatus

ENDED = frozenset(
    {
        ReturnStatus.DECLINED,
        ReturnStatus.CANCELLED,
        ReturnStatus.REFUNDED,
        ReturnStatus.EXCHANGED,
    }
)


def moves(order: Order) -> tuple[Choice, ...]:
    """What can be done with all of it."""
    can = [(move, label) for move, label in _labels(order) if move in order.possible]
    return tuple(Choice.act(f"order-{move.value}", order.id, label) for move, label in can)


def _labels(order: Order) -> list[tuple[Move, str]]:
    is_fetched = order.delivery == "pickup"
    labels = [(Move.ACCEPT, button("Accept")), (Move.SHIP, _send_all(order, is_fetched))]
    if sum(order.to_send.values()) > 1:
        part = button("A part is ready") if is_fetched else button("Ship a part")
        labels.append((Move.SHIP_PART, part))
    return [
        *labels,
        (Move.DELIVER, button("Handed over") if is_fetched else button("Delivered")),
        (Move.CANCEL, button("Cancel the order")),
        (Move.CANCEL_REST, button("Cancel the rest")),
    ]


def _send_all(order: Order, is_fetched: bool) -> str:
    if order.shipped:
        return button("The rest is ready") if is_fetched else button("Ship the rest")
    if is_fetched:
        return button("Ready for pick-up")
    return button("Ship everything") if order.count > 1 else button("Ship")


async def about_parts(order: Order, do: Services) -> list[Choice]:
    """Parcels that are not the last under way, and returns that are not at their end."""
    choices = []
    if order.shipped and order.delivered_at is None:
        parcels = await do.shopping.parcels(do.me.id, order.id)
        under_way = [one for one in parcels if one.delivered_at is None]
        if len(under_way) > 1 or order.to_send:
            there = button("Parcel {number} is there")
            choices += [
                Choice.act("parcel-there", one.id, there.format(number=one.number))
                for one in under_way
            ]
    if order.delivered_at is not None:
        choices += [
            Choice.act("return-open", one.id, button("Return {number}").format(number=one.label))
            for one in await do.shopping.returns_of(do.me.id, order.id)
            if one.status not in ENDED
        ]
    return choices
