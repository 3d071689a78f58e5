"""The rest of an order that is partly shipped is called off: its money goes back in part."""

from sqlalchemy import update

from services.ground.money import Money
from services.shopping import stock, waiting
from services.shopping.facts import RestCancelled
from services.shopping.journey import about, promised
from services.shopping.moves import Move, OrderStatus
from services.shopping.order import Order
from services.shopping.returning import Returning
from services.shopping.tables import OrderItemRow

REST_CANCELLED = "rest_cancelled"
"""Why its money goes back."""


class LeavingOut(Returning):
    """What is still to come does not come."""

    async def cancel_rest(self, order_id: int, by: int, reason: str) -> Order:
        """By a member: what is not sent is free, and its share of the money goes back; without
        delivery, which is paid for what came. Repeated it changes nothing.

        Raises NotFound, and CannotMove with what is possible.
        """
        left = await self.returnable(order_id, by)  # locks the payment, before the order
        order = await self._lock_order_of(by, order_id)
        if any(item.called_off for item in order.items):
            return order
        parts = [item.part(item.to_send) for item in order.items]
        amount = sum(parts, Money(0, order.total.currency))
        moved = await self._move(order, Move.CANCEL_REST, by, reason, called_off=amount.amount)
        await self._free(order)
        back = min(amount, left)  # nothing is left of what is not paid yet
        by_bank = order.payment_method not in ("wallet", "manual", "cash")
        fact = RestCancelled(
            **about(order),
            reason=reason,
            amount=amount.amount,
            currency=amount.currency,
            refunding=by_bank and back.amount > 0,
        )
        await self._facts.announce(self._tx, fact)
        if back.amount and order.payment_id is not None:
            key = f"order-{order.id}-rest"
            await self._payments.refund(
                order.payment_id, REST_CANCELLED, key, back, seller=order.business_id
            )
            await self._all_back(order)
        return await self._perhaps_arrived(moved, by)

    async def _free(self, order: Order) -> None:
        lines = update(OrderItemRow).where(OrderItemRow.order_id == order.id)
        rest = OrderItemRow.quantity - OrderItemRow.shipped
        await self._tx.execute(lines.values(called_off=rest))
        free = promised(order)
        await stock.lock(self._tx, free)
        await stock.deallocate(self._tx, self._now, free)
        await waiting.tell(self._tx, self._now, self._facts, free)

    async def _perhaps_arrived(self, order: Order, by: int) -> Order:
        """What was sent may have arrived already: then nothing is awaited any more."""
        order = await self._order(order.id)
        under_way = [one for one in await self._parcels(order) if one.delivered_at is None]
        if order.status is not OrderStatus.SHIPPED or under_way:
            return order
        return await self._arrived(order, by)
