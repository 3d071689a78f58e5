"""What a business does with an order: accept, complete; and who may call it off."""

from services.ground.people import PLATFORM
from services.shopping import stock, waiting
from services.shopping.facts import OrderAccepted, OrderCancelled, OrderCancelledByCustomer
from services.shopping.journey import about, promised, require, wanted
from services.shopping.moves import ALLOCATED, Move, OrderStatus, PaymentStatus
from services.shopping.order import Order
from services.shopping.parcels import Parcels
from services.shopping.uses import Uses

UNPAID = frozenset({PaymentStatus.PENDING, PaymentStatus.DUE})


class Dispatch(Parcels, Uses):
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
        await self._facts.announce(self._tx, OrderAccepted(**about(order)))
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

        The stock is free at once; money that came in goes back, or `to_wallet` of the buyer. What
        waits to be paid together with it is called off too.
        """
        order = await self._order(order_id)
        if by != PLATFORM.id:
            await self._seen(by, order)
        if order.status is OrderStatus.CANCELLED:
            return order
        require(order, Move.CANCEL)
        await self._end_payment(order)
        purchase = await self._lock_purchase(order_id)
        [order] = [one for one in purchase if one.id == order_id]
        if order.status is OrderStatus.CANCELLED:
            return order
        unpaid = [one for one in purchase if one.status is OrderStatus.PENDING and one != order]
        await self._lock_vouchers([one.id for one in (order, *unpaid)])
        await stock.lock(self._tx, wanted(order, *unpaid))
        ends = [await self._call_off(one, by, reason) for one in (order, *unpaid)]
        by_bank = order.payment_method not in ("wallet", "manual") and not to_wallet
        for was, end in zip((order, *unpaid), ends, strict=True):
            await self._tell_cancelled(was, end, by, reason, by_bank=by_bank)
        return await self._give_back(ends[0], to_wallet)

    async def _end_payment(self, order: Order) -> None:
        """Before the order, as settling does it; nobody can pay any more what is not paid yet."""
        payment_id = await self._payment_of(order)
        if order.payment_status in UNPAID:
            await self._withdraw(payment_id)
        elif payment_id is not None:
            await self._payments.lock(payment_id)

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
            await stock.lock(self._tx, promised(order))
            await stock.deallocate(self._tx, self._now, promised(order))
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
            seller=order.business_id,
        )
        if back.is_done:
            await self._set(order.id, payment_status=PaymentStatus.REFUNDED)
        return await self._order(order.id)

    async def _tell_cancelled(
        self, was: Order, order: Order, by: int, reason: str, *, by_bank: bool
    ) -> None:
        if by != order.user_id:
            refunding = by_bank and order.payment_status is PaymentStatus.REFUNDING
            fact = OrderCancelled(**about(order), reason=reason, refunding=refunding)
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
