"""Moving an order: locked, by the table, with an event of who and why. All moves pass here."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, or_, select, update

from services.ground.errors import NotFound
from services.ground.people import PLATFORM
from services.payments import Proof
from services.payments.errors import NotAllowed
from services.shopping.errors import CannotMove
from services.shopping.moves import Move, OrderStatus, may, possible, target
from services.shopping.order import Order
from services.shopping.orders import TOGETHER, Orders
from services.shopping.tables import OrderEventRow, OrderRow


class Journey(Orders):
    """What every verb that moves an order is made of."""

    async def _lock_order(self, order_id: int) -> Order:
        """The order, ours until the transaction ends. Raises NotFound."""
        await self._tx.execute(select(OrderRow.id).where(OrderRow.id == order_id).with_for_update())
        return await self._order(order_id)

    async def _lock_payment(self, order_id: int) -> None:
        """Of an order, before the order itself: whoever moves money locks in this order."""
        payment_id = (await self._order(order_id)).payment_id
        if payment_id is not None:
            await self._payments.lock(payment_id)

    async def _lock_purchase(self, order_id: int) -> list[Order]:
        """The orders that are paid together with one, by id, ours until the end. Raises
        NotFound."""
        first = (await self._order(order_id)).purchase_id
        together = or_(OrderRow.id == first, OrderRow.paid_with == first)
        locked = select(OrderRow.id).where(together).order_by(OrderRow.id).with_for_update()
        await self._tx.execute(locked)
        return await self._all(TOGETHER, first)

    async def _lock_order_of(self, member_id: int, order_id: int) -> Order:
        """The order of a business the person belongs to. Raises NotFound."""
        order = await self._lock_order(order_id)
        if await self._businesses.member(member_id, order.business_id) is None:
            raise NotFound("order")
        return order

    async def _move(
        self, order: Order, move: Move, by: int, reason: str | None = None, **values: Any
    ) -> Order:
        """Move a locked order and write down who and why. Raises CannotMove."""
        require(order, move)
        await self._set(order.id, status=target(move), **values)
        await self._note(order, move, target(move), by, reason)
        return await self._order(order.id)

    async def _set(self, order_id: int, **values: Any) -> None:
        changed = update(OrderRow).where(OrderRow.id == order_id)
        await self._tx.execute(changed.values(updated_at=self._now, **values))

    async def _note(
        self,
        order: Order,
        move: Move,
        to: OrderStatus,
        by: int,
        reason: str | None,
        *,
        is_new: bool = False,
        return_id: int | None = None,
    ) -> None:
        await self._tx.execute(
            insert(OrderEventRow).values(
                order_id=order.id,
                move=move,
                from_status=None if is_new else order.status,
                to_status=to,
                who=_who(order, by),
                user_id=by or None,
                reason=reason,
                return_id=return_id,
                created_at=self._now,
            )
        )

    async def _deciders(self, order: Order) -> list[int]:
        """Who hears of orders, or everybody where nobody does; the buyer does not decide."""
        told = set(await self._businesses.members_to_tell(order.business_id, "orders"))
        members = await self._businesses.members(order.business_id)
        others = {one.user_id for one in members} - {order.user_id}
        return sorted(told & others or others)

    async def waiting_proof(self, order: Order) -> Proof | None:
        """The photo of its transfer that the business has to decide on."""
        if not order.is_by_transfer or order.payment_id is None:
            return None
        return await self._payments.waiting_proof(order.payment_id)

    async def _payment_of(self, order: Order) -> int | None:
        """An order's payment; of one that costs nothing that of those it is paid together with."""
        if order.payment_id is not None:
            return order.payment_id
        together = await self._all(TOGETHER, order.purchase_id)
        return next((one.payment_id for one in together if one.payment_id is not None), None)

    async def _withdraw(self, payment_id: int | None) -> None:
        """Close the way to pay. Money that came in the meantime finds the order called off."""
        if payment_id is None:
            return
        try:
            await self._payments.cancel(payment_id)
        except NotAllowed:
            return


def require(order: Order, move: Move) -> None:
    """Raises CannotMove, with what is possible."""
    if not may(move, order.status):
        raise CannotMove(order.order_number, order.status, possible(order.status))


def _who(order: Order, by: int) -> str:
    if by == PLATFORM.id:
        return "platform"
    return "customer" if by == order.user_id else "business"


def wanted(*orders: Order) -> dict[int, int]:
    """How many of which variants orders are for; what is no longer stocked is left out."""
    counts: Counter[int] = Counter()
    for order in orders:
        counts.update(by_variant(order, {item.id: item.quantity for item in order.items}))
    return dict(counts)


def by_variant(order: Order, pieces: Mapping[int, int]) -> dict[int, int]:
    """Pieces by the id of their line, as pieces by the id of their variant."""
    counts: Counter[int] = Counter()
    for item in order.items:
        if item.variant_id is not None and item.id in pieces:
            counts[item.variant_id] += pieces[item.id]
    return dict(counts)


def promised(order: Order) -> dict[int, int]:
    """What an order that holds stock has not been sent yet, by variant."""
    return by_variant(order, order.to_send)


def about(order: Order) -> dict[str, Any]:
    """The fields of OrderFact, for `Kind(**about(order), …)`."""
    return {
        "user_id": order.user_id,
        "order_id": order.id,
        "order_number": order.order_number,
    }
