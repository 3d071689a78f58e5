"""What holds an order holds it for a time: letting go of it, and taking it up again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from services.shopping import stock, waiting
from services.shopping.desk import whole
from services.shopping.errors import CannotMove, NotFound, only_left
from services.shopping.facts import OrderExpired
from services.shopping.journey import wanted
from services.shopping.moves import Move, OrderStatus, PaymentStatus, may, possible
from services.shopping.order import Missing, Order
from services.shopping.promising import Promising
from services.shopping.tables import OrderRow, ReservationRow


class Lapsing(Promising):
    """Expiry is part of every question about stock; here orders hear of it, and rows are swept."""

    async def payment_failed(self, order_id: int) -> list[Order]:
        """No money will come: nothing is held any more for it, and what is paid together with it.
        Raises NotFound."""
        return await self._lapse_purchase(order_id, PaymentStatus.FAILED)

    async def payment_expired(self, order_id: int) -> list[Order]:
        """The link lapsed unpaid: nothing is held any more. Raises NotFound."""
        return await self._lapse_purchase(order_id, PaymentStatus.EXPIRED)

    @whole
    async def renew(self, user_id: int, order_id: int) -> list[Order]:
        """A fresh link, or another day for a transfer, for an order that was not paid in time, and
        those paid together with it, at the prices they were made with.

        Raises NotFound, OnlyLeft, SoldOut, VoucherRefused, CannotMove. Renewing twice gives the
        same link.
        """
        mine = await self._order(order_id)
        if mine.user_id != user_id:
            raise NotFound("order")
        if not mine.is_by_transfer:
            await self._close_unpaid(user_id, keep=mine.purchase_id)
        if (paid_by := await self._payment_of(mine)) is None:
            return [mine]
        await self._payments.lock(paid_by)
        cart_id = await self._lock_cart(user_id)
        orders = await self._lock_purchase(order_id)
        if orders[0].status is OrderStatus.PENDING:
            return orders
        unpaid = await self._lock_overtaken(cart_id, mine)
        await self._lock_vouchers(unpaid, [order.voucher_id for order in orders])
        await stock.lock(self._tx, wanted(*orders))
        for order in orders:
            await self._require(order)
        until = self._held_until(mine.payment_method)
        renewed = [await self._renew(order, until) for order in orders]
        await self._replace(unpaid)
        for order in renewed:
            await self._take_use(order)
            await stock.reserve(self._tx, self._now, until, user_id, order.id, wanted(order))
        await self._payments.ask_again(paid_by, expires_at=until)
        return renewed

    async def _require(self, order: Order) -> None:
        """Raises what stands in the way of taking an order up again."""
        if not may(Move.RENEW, order.status):
            raise CannotMove(order.order_number, order.status, possible(order.status))
        if order.voucher_id is not None:
            voucher = await self._voucher(order.voucher_id)
            await self._check(voucher, order.user_id, order.subtotal)
        for missing in await self._missing(order):
            raise only_left(missing.left, missing.name, missing.variant_id)

    async def _renew(self, order: Order, until: datetime) -> Order:
        return await self._move(
            order, Move.RENEW, by=order.user_id,
            payment_status=PaymentStatus.PENDING, reserved_until=until,
        )  # fmt: skip

    async def expire_unpaid_orders(self, limit: int = 100) -> int:
        """A job: let go of orders whose time to pay is over. Returns how many."""
        due = (
            select(OrderRow.id)
            .where(
                OrderRow.status == "pending",
                OrderRow.reserved_until <= self._now,
                OrderRow.paid_with.is_(None),  # the others follow their first
            )
            .order_by(OrderRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        firsts = list(await self._tx.scalars(due))
        found = [one for first in firsts for one in await self._lock_purchase(first)]
        await self._lapse(found, PaymentStatus.EXPIRED)
        return len(found)

    async def expire_reservations(self, limit: int = 1000) -> int:
        """A job: sweep up what is held no more. Nothing depends on it. Returns how many."""
        lapsed = (
            select(ReservationRow.id)
            .where(ReservationRow.reserved_until <= self._now)
            .order_by(ReservationRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        gone = delete(ReservationRow).where(ReservationRow.id.in_(lapsed.scalar_subquery()))
        return (await self._tx.execute(gone)).rowcount

    async def _lapse_purchase(self, order_id: int, why: PaymentStatus) -> list[Order]:
        orders = await self._lock_purchase(order_id)
        await self._lapse([one for one in orders if one.status is OrderStatus.PENDING], why)
        return [await self._order(order.id) for order in orders]

    async def _lapse(self, orders: Sequence[Order], why: PaymentStatus) -> None:
        """Let go of locked orders. What is paid together is told of once."""
        await self._lock_vouchers([order.id for order in orders])
        for order in orders:
            await self._lapse_one(order, why)
        for order in {order.purchase_id: order for order in reversed(orders)}.values():
            await self._tell_lapsed(order, why)
        # Once for them all: stock is locked in the order of its key.
        await waiting.tell(self._tx, self._now, self._facts, wanted(*orders))

    async def _lapse_one(self, order: Order, why: PaymentStatus) -> None:
        await stock.release(self._tx, order.id)
        await self._give_back_use(order)
        await self._move(
            order, Move.EXPIRE, by=0, reason=why, payment_status=why, checkout_key=None
        )

    async def _tell_lapsed(self, order: Order, why: PaymentStatus) -> None:
        fact = OrderExpired(
            user_id=order.user_id,
            order_id=order.id,
            order_number=order.order_number,
            why=why,
            until=order.reserved_until or order.created_at,
        )
        await self._facts.announce(self._tx, fact)

    async def _missing(self, order: Order) -> list[Missing]:
        """Lines that cannot be sent; locks their stock. Its own live hold is in nobody's way."""
        variants = wanted(order)
        await stock.lock(self._tx, variants)
        if order.status is OrderStatus.PENDING and self._is_held(order):
            left = await stock.free(self._tx, variants)
        else:
            left = await stock.left(self._tx, self._now, order.user_id, variants)
        lines = ((item, left.get(item.variant_id or 0, 0)) for item in order.items)
        return [
            Missing(item.name, item.variant_id or 0, item.quantity, remaining)
            for item, remaining in lines
            if remaining < item.quantity
        ]

    def _is_held(self, order: Order) -> bool:
        return order.reserved_until is not None and order.reserved_until > self._now
