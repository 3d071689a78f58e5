"""A cart that lies untouched: its one reminder, and how many of a business's goods lie so."""

from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, select, update

from services.ground.facts import Facts
from services.ground.transaction import Transaction
from services.shopping.desk import Desk
from services.shopping.facts import CartWaits
from services.shopping.tables import CartItemRow, CartRow, OrderRow

WAITS = timedelta(hours=4)
"""So long after its last change a cart has been left."""

_of_it = and_(
    OrderRow.cart_id == CartRow.id,
    OrderRow.status == "pending",
    OrderRow.payment_method != "manual",  # which took its goods out of the cart
)


async def follow(
    tx: Transaction, now: datetime, facts: Facts, user_id: int, *, waits: bool
) -> None:
    """A cart was changed just now: count from here, or no more where nothing `waits` in it."""
    fact = CartWaits(user_id=user_id)
    if waits:
        await facts.schedule(tx, fact, now + WAITS)
    else:
        await facts.cancel(tx, fact)


class Reminding(Desk):
    """A cart is reminded of once, until something of it is ordered or it is emptied."""

    async def reminder_due(self, user_id: int) -> datetime | None:
        """When the person may be reminded of their cart, which may be past; None when there is
        nothing to remind of, or they have been. While an order of it is being paid, later."""
        row = await self._tx.row(
            select(
                CartRow.updated_at,
                select(func.max(OrderRow.reserved_until)).where(_of_it).scalar_subquery()
                .label("held_until"),
                exists().where(_of_it).label("is_paying"),
            ).where(
                CartRow.user_id == user_id,
                CartRow.reminded_at.is_(None),
                exists().where(CartItemRow.cart_id == CartRow.id),
            )
        )  # fmt: skip
        if row is None:
            return None
        since: datetime = row.updated_at
        if row.is_paying:
            since = max(since, self._now, row.held_until or self._now)
        return since + WAITS

    async def remind_later(self, user_id: int, at: datetime) -> None:
        """Not yet: at that time."""
        await self._facts.schedule(self._tx, CartWaits(user_id=user_id), at)

    async def take_reminder(self, user_id: int) -> bool:
        """The one reminder is given now; False when it has been."""
        mine = update(CartRow).where(CartRow.user_id == user_id, CartRow.reminded_at.is_(None))
        return bool((await self._tx.execute(mine.values(reminded_at=self._now))).rowcount)

    async def carts_waiting(self, member_id: int, business_id: int) -> int:
        """How many carts with goods of a business have been left. Raises NotFound."""
        await self._businesses.require_member(member_id, business_id)
        left = (
            select(func.count(CartItemRow.cart_id.distinct()))
            .join(CartRow, CartRow.id == CartItemRow.cart_id)
            .where(CartItemRow.business_id == business_id, CartRow.updated_at <= self._now - WAITS)
        )
        return int(await self._tx.scalar(left) or 0)
