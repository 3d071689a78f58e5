"""What payments tell the shop: the money came, or went back. Each may be told twice."""

from collections.abc import Iterable, Sequence

from services.shopping import stock, waiting
from services.shopping.errors import VoucherRefused
from services.shopping.facts import OrderPaid
from services.shopping.journey import promised, wanted
from services.shopping.lapsing import Lapsing
from services.shopping.moves import ALLOCATED, Move, OrderStatus, PaymentStatus
from services.shopping.order import CannotFulfil, Missing, Order
from services.shopping.orders import TOGETHER

AWAITED = frozenset({OrderStatus.PENDING, OrderStatus.EXPIRED})
VOUCHER_GONE = "voucher_gone"
"""Why an order was called off when its money came too late for its voucher."""


class Settling(Lapsing):
    """The money's side of an order. Called in the transaction that settles the payment."""

    async def mark_paid(self, order_id: int) -> list[Order | CannotFulfil]:
        """The money of an order, and of those paid together with it, came in (payments has
        compared it). Repeating it changes nothing.

        Paid after the reservation lapsed: each is taken if its stock allows, and a use of its
        voucher is left. If not, or where it has been called off, it is CannotFulfil and its part
        of the money goes back. Where that is all of it, it is for payments to give back.
        Raises NotFound.
        """
        first = await self._order(order_id)
        cart_id = await self._lock_cart(first.user_id)
        orders = await self._lock_purchase(order_id)
        awaited = [order for order in orders if order.status in AWAITED]
        unpaid = await self._lock_overtaken(cart_id, first) if awaited else []
        await self._lock_vouchers(unpaid, [order.voucher_id for order in awaited])
        await stock.lock(self._tx, wanted(*awaited))
        lost = {order.id: end for order in awaited if (end := await self._lost(order)) is not None}
        standing = [order for order in awaited if order.id not in lost]
        if standing:
            await self._replace(unpaid)
            await self._stand(standing)
            await self._give_parts_back(lost.values())
        return [lost.get(order.id) or await self._end(order.id) for order in orders]

    async def _lost(self, order: Order) -> CannotFulfil | None:
        """What becomes of an awaited order that can no longer be had."""
        if await self._voucher_gone(order):
            return await self._give_up(order, [], VOUCHER_GONE)
        if missing := await self._missing(order):
            return await self._give_up(order, missing, "cannot_fulfil")
        return None

    async def _stand(self, orders: Sequence[Order]) -> None:
        """These are paid; the buyer is told of all of them at once."""
        for order in orders:
            await self._take_use(order)
            await self._paid(order)
        first = orders[0]
        fact = OrderPaid(user_id=first.user_id, order_id=first.id, order_number=first.order_number)
        await self._facts.announce(self._tx, fact)

    async def _give_parts_back(self, lost: Iterable[CannotFulfil]) -> None:
        """The parts of orders that are off; the rest of the payment is kept."""
        for order in (end.order for end in lost):
            if order.payment_id is not None:
                key = f"order-{order.id}-cannot-fulfil"
                await self._payments.refund(
                    order.payment_id, "cannot_fulfil", key, seller=order.business_id
                )

    async def _end(self, order_id: int) -> Order | CannotFulfil:
        order = await self._order(order_id)
        return await self._called_off(order) if order.status is OrderStatus.CANCELLED else order

    async def went_back(self, order_id: int, payment_id: int) -> None:
        """Money of a payment went back: orders all of whose part is back are refunded. Raises
        NotFound."""
        for order in await self._all(TOGETHER, (await self._order(order_id)).purchase_id):
            paid = order.total.amount > 0
            if paid and await self._payments.is_all_back(payment_id, order.business_id):
                await self.mark_refunded(order.id)

    async def mark_refunded(self, order_id: int) -> Order:
        """All of the order's money went back. Raises NotFound."""
        order = await self._lock_order(order_id)
        if order.payment_status is PaymentStatus.REFUNDED:
            return order
        if order.status in (OrderStatus.CANCELLED, OrderStatus.RETURNED):
            await self._set(order.id, payment_status=PaymentStatus.REFUNDED)
            return await self._order(order.id)
        move = Move.RETURN if order.came_all_back else Move.REFUND
        moved = await self._move(order, move, by=0, payment_status=PaymentStatus.REFUNDED)
        if order.status in ALLOCATED:
            await stock.lock(self._tx, promised(order))
            await stock.deallocate(self._tx, self._now, promised(order))
            await waiting.tell(self._tx, self._now, self._facts, promised(order))
        return moved

    async def _paid(self, order: Order) -> None:
        paid = await self._move(
            order, Move.PAY, by=0, payment_status=PaymentStatus.PAID, paid_at=self._now
        )
        await self._promise(paid, wanted(order))

    async def _voucher_gone(self, order: Order) -> bool:
        """The order had lapsed, and its voucher's use is somebody else's now."""
        if order.voucher_id is None or order.status is OrderStatus.PENDING:
            return False
        try:
            await self._check_uses(await self._voucher(order.voucher_id), order.user_id)
        except VoucherRefused:
            return True
        return False

    async def _give_up(self, order: Order, missing: list[Missing], why: str) -> CannotFulfil:
        """The hold had lapsed and somebody else has what it held: the order is off."""
        await stock.release(self._tx, order.id)
        await self._give_back_use(order)
        values = {"payment_status": PaymentStatus.REFUNDING, "cancelled_at": self._now}
        status = OrderStatus.CANCELLED
        await self._set(order.id, status=status, checkout_key=None, paid_at=self._now, **values)
        await self._note(order, Move.CANCEL, status, by=0, reason=why)
        await waiting.tell(self._tx, self._now, self._facts, wanted(order))
        return CannotFulfil(await self._order(order.id), tuple(missing))

    async def _called_off(self, order: Order) -> CannotFulfil:
        if order.payment_status is PaymentStatus.CANCELLED:
            await self._set(order.id, payment_status=PaymentStatus.REFUNDING, paid_at=self._now)
            await self._note(order, Move.PAY, order.status, by=0, reason="called_off")
        return CannotFulfil(await self._order(order.id), ())
