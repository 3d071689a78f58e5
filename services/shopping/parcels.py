"""Sending an order: all of it at once or in parcels, each followed and arriving by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from services.ground.errors import NotFound
from services.shopping import stock
from services.shopping.errors import OnlyLeft, SentMeanwhile
from services.shopping.facts import OrderDelivered, OrderShipped, ParcelDelivered, ReviewAsk
from services.shopping.journey import Journey, about, by_variant, require
from services.shopping.moves import Move, OrderStatus, PaymentStatus
from services.shopping.order import Order
from services.shopping.tables import FulfilmentItemRow, FulfilmentRow, OrderItemRow

ASK_AFTER = timedelta(hours=4)
"""So long after it arrived the buyer is asked how they like it."""

NEVER_SENT = "never_sent"
"""Why a part of the cash for an order is booked back at once: it was never taken."""

_f = FulfilmentRow
_inside = FulfilmentItemRow


@dataclass(frozen=True, slots=True)
class Tracking:
    """Where a parcel can be followed."""

    carrier: str | None = None
    number: str | None = None
    url: str | None = None

    @property
    def values(self) -> dict[str, Any]:
        return {
            "carrier": self.carrier,
            "tracking_number": self.number,
            "tracking_url": self.url,
        }


@dataclass(frozen=True, slots=True)
class Parcel:
    """What left together. `pieces` by the line's id."""

    id: int
    number: int  # of the order's, from 1
    tracking: Tracking
    pieces: Mapping[int, int]
    shipped_at: datetime
    delivered_at: datetime | None


class Parcels(Journey):
    """Verbs of a business's members (`by`). Each raises NotFound for an order of another
    business, and CannotMove with what is possible."""

    async def ship(self, order_id: int, by: int, tracking: Tracking | None = None) -> Order:
        """All that is left has gone, or waits to be fetched. Repeated it changes nothing; with
        `tracking` that is added to the last parcel."""
        order = await self._lock_order_of(by, order_id)
        if order.status is not OrderStatus.SHIPPED:
            return await self._send(order, by, order.to_send, tracking or Tracking())
        return order if tracking is None else await self._track(order, tracking)

    async def ship_part(
        self,
        order_id: int,
        by: int,
        pieces: Mapping[int, int],
        shipped: int,
        tracking: Tracking | None = None,
    ) -> Order:
        """A parcel with so many of each line. `shipped` pieces had gone when the person looked.

        Raises SentMeanwhile when more have (the same tap again, or another member's), OnlyLeft,
        and NotFound for a line of another order or an empty parcel.
        """
        order = await self._lock_order_of(by, order_id)
        require(order, Move.SHIP_PART)
        if order.shipped != shipped:
            raise SentMeanwhile
        _check(order, pieces)
        return await self._send(order, by, pieces, tracking or Tracking())

    async def deliver(self, order_id: int, by: int) -> Order:
        """All of it has arrived; cash that was due has been taken. Repeated: nothing changes."""
        await self._lock_payment(order_id)
        order = await self._lock_order_of(by, order_id)
        if order.status is OrderStatus.DELIVERED:
            return order
        return await self._arrived(order, by)

    async def deliver_parcel(self, parcel_id: int, by: int) -> Order:
        """One parcel has arrived; with the last one the order has. Repeated: nothing changes."""
        found = select(_f.order_id).where(_f.id == parcel_id, _f.return_id.is_(None))
        order_id = int(await self._tx.scalar(found) or 0)
        await self._lock_payment(order_id)
        order = await self._lock_order_of(by, order_id)
        under_way = [one for one in await self._parcels(order) if one.delivered_at is None]
        parcel = next((one for one in under_way if one.id == parcel_id), None)
        if parcel is None:
            return order
        if order.status is not OrderStatus.PARTLY_SHIPPED:
            require(order, Move.DELIVER)
            if len(under_way) == 1:
                return await self._arrived(order, by)
        await self._take_in(order, parcel)
        await self._note(order, Move.DELIVER_PART, order.status, by, None)
        fact = ParcelDelivered(**about(order), parcel_id=parcel_id)
        await self._facts.announce(self._tx, fact)
        return await self._order(order.id)

    async def parcels(self, user_id: int, order_id: int) -> list[Parcel]:
        """What has left so far, in its order; without exchanges. Raises NotFound."""
        return await self._parcels(await self.order(user_id, order_id))

    async def _parcels(self, order: Order) -> list[Parcel]:
        rows = await self._tx.rows(
            select(
                _f.id, _f.carrier, _f.tracking_number, _f.tracking_url, _f.shipped_at,
                _f.delivered_at, _inside.order_item_id, _inside.quantity,
            )
            .join(_inside, _inside.fulfilment_id == _f.id)
            .where(_f.order_id == order.id)
            .order_by(_f.id, _inside.order_item_id)
        )  # fmt: skip
        by_parcel: dict[int, list[Row[Any]]] = {}
        for row in rows:
            by_parcel.setdefault(row.id, []).append(row)
        return [_parcel(number, rows) for number, rows in enumerate(by_parcel.values(), start=1)]

    async def _send(
        self, order: Order, by: int, pieces: Mapping[int, int], tracking: Tracking
    ) -> Order:
        whole = pieces == order.to_send
        moved = await self._move(
            order,
            Move.SHIP if whole else Move.SHIP_PART,
            by,
            shipped_at=self._now,
            fulfilment_status="fulfilled" if whole else "partial",
            **tracking.values,
        )
        parcel_id = await self._pack(order, tracking)
        inside = [
            {"fulfilment_id": parcel_id, "order_item_id": item, "quantity": pieces[item]}
            for item in sorted(pieces)
        ]
        await self._tx.execute(insert(_inside), inside)
        await self._count_pieces(pieces, OrderItemRow.shipped)
        gone = by_variant(order, pieces)
        await stock.lock(self._tx, gone)
        await stock.send(self._tx, self._now, gone)
        await self._tell_shipped(moved, parcel_id, tracking)
        return await self._order(order.id)

    async def _pack(self, order: Order, tracking: Tracking, return_id: int | None = None) -> int:
        parcel = insert(_f).values(
            order_id=order.id,
            return_id=return_id,
            status="shipped",
            shipped_at=self._now,
            **tracking.values,
        )
        return int(await self._tx.scalar(parcel.returning(_f.id)))

    async def _count_pieces(self, pieces: Mapping[int, int], counter: Any) -> None:
        """So many more of each line, in a counter of its own."""
        for item, count in sorted(pieces.items()):
            line = update(OrderItemRow).where(OrderItemRow.id == item)
            await self._tx.execute(line.values({counter: counter + count}))

    async def _track(self, order: Order, tracking: Tracking) -> Order:
        last = (await self._parcels(order))[-1]
        await self._set(order.id, **tracking.values)
        await self._tx.execute(update(_f).where(_f.id == last.id).values(tracking.values))
        await self._tell_shipped(order, last.id, tracking)
        return await self._order(order.id)

    async def _tell_shipped(self, order: Order, parcel_id: int, tracking: Tracking) -> None:
        fact = OrderShipped(
            **about(order), delivery=order.delivery, parcel_id=parcel_id, **tracking.values
        )
        await self._facts.announce(self._tx, fact)

    async def _arrived(self, order: Order, by: int) -> Order:
        """All that was sent of a locked order is there."""
        is_due = order.payment_status is PaymentStatus.DUE
        values: dict[str, Any] = {"delivered_at": self._now}
        if is_due:
            values |= {"payment_status": PaymentStatus.PAID, "paid_at": self._now}
        await self._move(order, Move.DELIVER, by, **values)
        for parcel in await self._parcels(order):
            if parcel.delivered_at is None:
                await self._take_in(order, parcel)
        if is_due and order.payment_id is not None:
            await self._take_cash(order, order.payment_id)
        await self._facts.announce(self._tx, OrderDelivered(**about(order)))
        await self._facts.schedule(self._tx, ReviewAsk(**about(order)), self._now + ASK_AFTER)
        return await self._order(order.id)

    async def _take_in(self, order: Order, parcel: Parcel) -> None:
        there = update(_f).where(_f.id == parcel.id)
        await self._tx.execute(there.values(status="delivered", delivered_at=self._now))
        await self._count_pieces(parcel.pieces, OrderItemRow.delivered)

    async def _take_cash(self, order: Order, payment_id: int) -> None:
        """A payment is one amount: what was never sent is booked in, and out again."""
        await self._payments.cash_received(payment_id)
        if order.called_off.amount:
            key = f"order-{order.id}-rest"
            await self._payments.refund(
                payment_id, NEVER_SENT, key, order.called_off, seller=order.business_id
            )


def _check(order: Order, pieces: Mapping[int, int]) -> None:
    items = {item.id: item for item in order.items}
    if not pieces:
        raise NotFound("pieces")
    for item_id, count in pieces.items():
        if item_id not in items or count < 1:
            raise NotFound("order item")
        if count > (item := items[item_id]).to_send:
            raise OnlyLeft(item.to_send, item.name, item.variant_id or 0)


def _parcel(number: int, rows: list[Row[Any]]) -> Parcel:
    row = rows[0]
    return Parcel(
        id=row.id,
        number=number,
        tracking=Tracking(row.carrier, row.tracking_number, row.tracking_url),
        pieces={one.order_item_id: one.quantity for one in rows},
        shipped_at=row.shipped_at,
        delivered_at=row.delivered_at,
    )
