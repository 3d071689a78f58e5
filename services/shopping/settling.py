"""What payments tell the shop: the money came, or went back. Each may be told twice."""

from services.shopping import stock, waiting
from services.shopping.errors import VoucherRefused
from services.shopping.facts import OrderPaid
from services.shopping.journey import promised, wanted
from services.shopping.lapsing import Lapsing
from services.shopping.moves import ALLOCATED, Move, OrderStatus, PaymentStatus
from services.shopping.order import CannotFulfil, Missing, Order

AWAITED = frozenset({OrderStatus.PENDING, OrderStatus.EXPIRED})
VOUCHER_GONE = "voucher_gone"
"""Why an order was called off when its money came too late for its voucher."""


class Settling(Lapsing):
    """The money's side of an order. Called in the transaction that settles the payment."""

    async def mark_paid(self, order_id: int) -> Order | CannotFulfil:
        """The whole total came in (payments has compared it). Repeating it changes nothing.

        Paid after the reservation lapsed: taken if the stock allows, and a use of its voucher is
        left. If not, or the order has been called off, the answer is CannotFulfil and the money
        must go back.
        Raises NotFound.
        """
        cart_id = await self._lock_cart((await self._order(order_id)).user_id)
        order = await self._lock_order(order_id)
        if order.status is OrderStatus.CANCELLED:
            return await self._called_off(order)
        if order.status not in AWAITED:
            return order
        unpaid = await self._lock_overtaken(cart_id, order)
        await self._lock_vouchers(unpaid, order.voucher_id)
        if await self._voucher_gone(order):
            return await self._give_up(order, [], VOUCHER_GONE)
        if missing := await self._missing(order):
            return await self._give_up(order, missing, "cannot_fulfil")
        await self._replace(unpaid)
        await self._take_use(order)
        return await self._paid(order)

    async def mark_refunded(self, order_id: int) -> Order:
        """All of the money went back. Raises NotFound."""
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

    async def _paid(self, order: Order) -> Order:
        paid = await self._move(
            order, Move.PAY, by=0, payment_status=PaymentStatus.PAID, paid_at=self._now
        )
        await self._promise(paid, wanted(order))
        fact = OrderPaid(user_id=order.user_id, order_id=order.id, order_number=order.order_number)
        await self._facts.announce(self._tx, fact)
        return paid

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
