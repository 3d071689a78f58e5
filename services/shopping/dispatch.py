"""What a business does with an order: accept, ship, deliver, complete; and who may call it off."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, update

from services.ground.people import PLATFORM
from services.shopping import stock, waiting
from services.shopping.errors import CannotMove
from services.shopping.facts import (
    OrderAccepted,
    OrderCancelled,
    OrderCancelledByCustomer,
    OrderDelivered,
    OrderShipped,
    ReviewAsk,
)
from services.shopping.journey import Journey, wanted
from services.shopping.moves import ALLOCATED, Move, OrderStatus, PaymentStatus, may, possible
from services.shopping.order import Order
from services.shopping.tables import FulfilmentItemRow, FulfilmentRow, OrderItemRow
from services.shopping.uses import Uses

ASK_AFTER = timedelta(hours=4)
"""So long after it arrived the buyer is asked how they like it."""

UNPAID = frozenset({PaymentStatus.PENDING, PaymentStatus.DUE})


@dataclass(frozen=True, slots=True)
class Tracking:
    """Where a parcel can be followed."""

    carrier: str | None = None
    number: str | None = None
    url: str | None = None


class Dispatch(Journey, Uses):
    """Verbs of a business's members (`by`), and of the buyer where it says so.

    Each may be repeated: an order that is already there is returned as it is. Each raises
    NotFound for an order of another business, and CannotMove with what is possible.
    """

    async def accept(self, order_id: int, by: int) -> Order:
        """The business takes the order on."""
        order = await self._lock_order_of(by, order_id)
        if order.status is OrderStatus.ACCEPTED:
            return order
        moved = await self._move(order, Move.ACCEPT, by, accepted_at=self._now)
        await self._facts.announce(self._tx, OrderAccepted(**_about(order)))
        return moved

    async def ship(self, order_id: int, by: int, tracking: Tracking | None = None) -> Order:
        """The parcel has left, or waits to be fetched. Again with `tracking`: it is added."""
        order = await self._lock_order_of(by, order_id)
        track = tracking or Tracking()
        followed: dict[str, Any] = {
            "carrier": track.carrier,
            "tracking_number": track.number,
            "tracking_url": track.url,
        }
        if order.status is OrderStatus.SHIPPED:
            if tracking is None:
                return order
            await self._set(order.id, **followed)
            parcel = update(FulfilmentRow).where(FulfilmentRow.order_id == order.id)
            await self._tx.execute(parcel.values(followed))
            moved = await self._order(order.id)
        else:
            moved = await self._send(order, by, followed)
        await self._facts.announce(
            self._tx, OrderShipped(delivery=order.delivery, **_about(order), **followed)
        )
        return moved

    async def deliver(self, order_id: int, by: int) -> Order:
        """It has arrived; cash that was due has been taken."""
        order = await self._lock_order_of(by, order_id)
        if order.status is OrderStatus.DELIVERED:
            return order
        values: dict[str, Any] = {"delivered_at": self._now}
        if order.payment_status is PaymentStatus.DUE:
            values |= {"payment_status": PaymentStatus.PAID, "paid_at": self._now}
        moved = await self._move(order, Move.DELIVER, by, **values)
        parcel = update(FulfilmentRow).where(FulfilmentRow.order_id == order.id)
        await self._tx.execute(parcel.values(status="delivered", delivered_at=self._now))
        if order.payment_status is PaymentStatus.DUE and order.payment_id is not None:
            await self._payments.cash_received(order.payment_id)
        await self._facts.announce(self._tx, OrderDelivered(**_about(order)))
        await self._facts.schedule(self._tx, ReviewAsk(**_about(order)), self._now + ASK_AFTER)
        return moved

    async def complete(self, order_id: int, by: int) -> Order:
        """Nothing is left to do."""
        order = await self._lock_order_of(by, order_id)
        if order.status is OrderStatus.COMPLETED:
            return order
        return await self._move(order, Move.COMPLETE, by, completed_at=self._now)

    async def cancel(
        self, order_id: int, by: int, reason: str, *, to_wallet: bool = False
    ) -> Order:
        """Call it off before it is sent: by the buyer, a member, or the platform.

        The stock is free at once; money that came in goes back, or `to_wallet` of the buyer.
        """
        order = await self._order(order_id)
        if by != PLATFORM.id:
            await self._seen(by, order)
        if order.status is OrderStatus.CANCELLED:
            return order
        if not may(Move.CANCEL, order.status):
            raise CannotMove(order.order_number, order.status, possible(order.status))
        if order.payment_status in UNPAID:
            await self._withdraw(order.payment_id)
        order = await self._lock_order(order_id)
        if order.status is OrderStatus.CANCELLED:
            return order
        moved = await self._call_off(order, by, reason)
        by_bank = order.payment_method not in ("wallet", "manual") and not to_wallet
        await self._tell_cancelled(order, moved, by, reason, by_bank=by_bank)
        return await self._give_back(moved, to_wallet)

    async def _send(self, order: Order, by: int, followed: dict[str, Any]) -> Order:
        moved = await self._move(
            order, Move.SHIP, by, shipped_at=self._now, fulfilment_status="fulfilled", **followed
        )
        parcel = insert(FulfilmentRow).values(
            order_id=order.id, status="shipped", shipped_at=self._now, **followed
        )
        parcel_id = await self._tx.scalar(parcel.returning(FulfilmentRow.id))
        inside = [
            {"fulfilment_id": parcel_id, "order_item_id": item.id, "quantity": item.quantity}
            for item in order.items
        ]
        await self._tx.execute(insert(FulfilmentItemRow), inside)
        await self._tx.execute(
            update(OrderItemRow)
            .where(OrderItemRow.order_id == order.id)
            .values(shipped=OrderItemRow.quantity)
        )
        await stock.lock(self._tx, wanted(order))
        await stock.send(self._tx, self._now, wanted(order))
        return moved

    async def _call_off(self, order: Order, by: int, reason: str) -> Order:
        """Move a locked order to cancelled and free what it held."""
        after = await self._money_after(order)
        moved = await self._move(
            order, Move.CANCEL, by, reason,
            payment_status=after, cancelled_at=self._now, checkout_key=None,
        )  # fmt: skip
        if after is PaymentStatus.CANCELLED:
            await self._give_back_use(order)  # nothing had been paid
        if order.status in ALLOCATED:
            await stock.lock(self._tx, wanted(order))
            await stock.deallocate(self._tx, self._now, wanted(order))
        else:
            await stock.release(self._tx, order.id)
        await waiting.tell(self._tx, self._now, self._facts, wanted(order))
        return moved

    async def _money_after(self, order: Order) -> PaymentStatus:
        """What becomes of the money of an order that is called off."""
        if order.payment_status is not PaymentStatus.PAID or order.payment_id is None:
            return PaymentStatus.CANCELLED
        if (await self._payments.payment(order.payment_id)).is_contested:
            return PaymentStatus.PAID  # the payer's bank has it, and decides
        return PaymentStatus.REFUNDING

    async def _give_back(self, order: Order, to_wallet: bool) -> Order:
        """The money of an order that was called off."""
        if order.payment_status is not PaymentStatus.REFUNDING or order.payment_id is None:
            return order
        back = await self._payments.refund(
            order.payment_id,
            reason="order_cancelled",
            key=f"order-{order.id}-cancelled",
            to_wallet=to_wallet,
        )
        if back.is_done:
            await self._set(order.id, payment_status=PaymentStatus.REFUNDED)
        return await self._order(order.id)

    async def _tell_cancelled(
        self, was: Order, order: Order, by: int, reason: str, *, by_bank: bool
    ) -> None:
        if by != order.user_id:
            refunding = by_bank and order.payment_status is PaymentStatus.REFUNDING
            fact = OrderCancelled(**_about(order), reason=reason, refunding=refunding)
            await self._facts.announce(self._tx, fact)
            return
        if was.status is OrderStatus.PENDING and await self.waiting_proof(was) is None:
            return  # the business has not heard of it yet
        await self._businesses.tell(
            order.business_id,
            "orders",
            lambda member: OrderCancelledByCustomer(
                user_id=member,
                business_id=order.business_id,
                order_id=order.id,
                order_number=order.order_number,
                reason=reason,
            ),
        )


def _about(order: Order) -> dict[str, Any]:
    return {
        "user_id": order.user_id,
        "order_id": order.id,
        "order_number": order.order_number,
    }
