"""Waiting for what is sold out: who asked first is told first, and finds one held for them.

As many are told as there are goods, in the transaction that brings these. Adding oneself,
telling and leaving all hold the lock of the stock's row: nobody is told twice, nobody is missed.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as put

from services.ground.errors import NotFound
from services.ground.facts import Facts
from services.ground.transaction import Transaction
from services.shopping import stock
from services.shopping.desk import Desk
from services.shopping.errors import StillThere
from services.shopping.facts import BackInStock
from services.shopping.tables import ProductRow, ReservationRow, StockRow, VariantRow, WaitRow

HELD = timedelta(hours=2)
"""So long one is held for who waited."""

NOBODY = 0  # to whom everything that is held is held for others

_w = WaitRow
_sold = ProductRow.is_active & VariantRow.is_active


async def tell(tx: Transaction, now: datetime, facts: Facts, variants: Collection[int]) -> int:
    """Hold what is left of these for those who have waited longest, one for each, and tell them.

    Returns how many. Locks the stock of `variants`: nothing that comes before it in the order
    of locks may be locked afterwards.
    """
    if not variants:
        return 0
    await stock.lock(tx, variants)
    left = await stock.left(tx, now, NOBODY, variants)
    told = 0
    for variant_id in sorted(left):
        told += await _tell_of(tx, now, facts, variant_id, left[variant_id])
    return told


async def _tell_of(tx: Transaction, now: datetime, facts: Facts, variant_id: int, left: int) -> int:
    if left <= 0:
        return 0
    first = await tx.rows(
        select(_w.id, _w.user_id, VariantRow.product_id)
        .join(VariantRow, VariantRow.id == _w.variant_id)
        .join(ProductRow, ProductRow.id == VariantRow.product_id)
        .where(_w.variant_id == variant_id, _sold)
        .order_by(_w.id)
        .limit(left)
    )
    until = now + HELD
    for row in first:
        await tx.execute(delete(_w).where(_w.id == row.id))
        await tx.execute(
            insert(ReservationRow).values(
                variant_id=variant_id,
                user_id=row.user_id,
                quantity=1,
                reserved_at=now,
                reserved_until=until,
            )
        )
        fact = BackInStock(
            user_id=row.user_id, product_id=row.product_id, variant_id=variant_id, until=until
        )
        await facts.announce(tx, fact)
    return len(first)


async def fit(tx: Transaction, now: datetime, variant_id: int) -> None:
    """A locked stock was counted anew: where fewer are there than are held, those who were told
    last wait again. What is held for orders is settled by these."""
    live = (ReservationRow.variant_id == variant_id, ReservationRow.reserved_until > now)
    held = await tx.scalar(select(func.coalesce(func.sum(ReservationRow.quantity), 0)).where(*live))
    over = held - (await stock.free(tx, [variant_id]))[variant_id]
    last = await tx.rows(
        select(ReservationRow.id, ReservationRow.user_id)
        .where(*live, ReservationRow.order_id.is_(None))
        .order_by(ReservationRow.id.desc())
        .limit(max(over, 0))
    )
    for row in reversed(last):
        await tx.execute(delete(ReservationRow).where(ReservationRow.id == row.id))
        again = put(_w).values(user_id=row.user_id, variant_id=variant_id, created_at=now)
        await tx.execute(again.on_conflict_do_nothing())


class Waiting(Desk):
    """The list of a variant, as the people on it use it."""

    async def wait_for(self, user_id: int, variant_id: int) -> bool:
        """Ask to be told when it is back; False when they asked before.

        Raises NotFound (not sold), StillThere (they can have one now).
        """
        await stock.lock(self._tx, [variant_id])
        if not await self._is_sold(variant_id):
            raise NotFound("variant")
        left = await stock.left(self._tx, self._now, user_id, [variant_id])
        if left.get(variant_id, 0) > 0:
            raise StillThere
        asked = put(_w).values(user_id=user_id, variant_id=variant_id, created_at=self._now)
        return (await self._tx.execute(asked.on_conflict_do_nothing())).rowcount > 0

    async def stop_waiting(self, user_id: int, variant_id: int) -> bool:
        """Off the list, or let go of what is held: the next one has it. False: neither was."""
        await stock.lock(self._tx, [variant_id])
        mine = (_w.user_id == user_id, _w.variant_id == variant_id)
        left = (await self._tx.execute(delete(_w).where(*mine))).rowcount
        let_go = await stock.let_go(self._tx, user_id, [variant_id])
        if let_go:
            await tell(self._tx, self._now, self._facts, [variant_id])
        return bool(left or let_go)

    async def waits_for(self, user_id: int, variant_id: int) -> bool:
        """Whether the person is on the list."""
        mine = select(_w.id).where(_w.user_id == user_id, _w.variant_id == variant_id)
        return await self._tx.scalar(mine) is not None

    async def held_until(self, user_id: int, variant_id: int) -> datetime | None:
        """Until when one is held for who waited; None when it is not, or no more."""
        held = select(ReservationRow.reserved_until).where(
            ReservationRow.user_id == user_id,
            ReservationRow.variant_id == variant_id,
            ReservationRow.order_id.is_(None),
            ReservationRow.reserved_until > self._now,
        )
        until: datetime | None = await self._tx.scalar(held)
        return until

    async def tell_waiting(self, most: int = 100) -> int:
        """A job: what was held and not taken, and whatever else is there again, goes to those
        who wait. Returns how many were told."""
        there = (
            select(StockRow.variant_id)
            .join(VariantRow, VariantRow.id == StockRow.variant_id)
            .join(ProductRow, ProductRow.id == VariantRow.product_id)
            .where(
                _sold,
                select(_w.id).where(_w.variant_id == StockRow.variant_id).exists(),
                stock.LEFT > 0,
            )
            .order_by(StockRow.variant_id)
            .limit(most)
        )
        asked = {"now": self._now, "me": NOBODY}
        found = (await self._tx.execute(there, asked)).scalars().all()
        return await tell(self._tx, self._now, self._facts, found)

    async def _is_sold(self, variant_id: int) -> bool:
        sold = select(VariantRow.id).join(ProductRow, ProductRow.id == VariantRow.product_id)
        return await self._tx.scalar(sold.where(VariantRow.id == variant_id, _sold)) is not None
