"""Uses of vouchers: taken with an order, given back when it ends unpaid, each once.

A use is a row, and counted in its voucher: both in one transaction, under the voucher's lock.
Vouchers are locked after orders and before stock, several in the order of their key.
"""

from collections.abc import Collection

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.shopping.desk import Desk
from services.shopping.order import Order
from services.shopping.tables import OrderRow, VoucherRow, VoucherUseRow

_v, _u = VoucherRow, VoucherUseRow


class Uses(Desk):
    """What orders do with vouchers."""

    async def _lock_vouchers(
        self, orders: Collection[int], vouchers: Collection[int | None] = ()
    ) -> None:
        """Make everybody else who wants a use of these wait until this transaction ends."""
        others = [one for one in vouchers if one is not None]
        if not orders and not others:
            return
        theirs = select(OrderRow.voucher_id).where(OrderRow.id.in_(orders))
        both = or_(_v.id.in_(theirs), _v.id.in_(others))
        # Rows that point at a voucher are written without waiting for this.
        locked = select(_v.id).where(both).order_by(_v.id).with_for_update(key_share=True)
        await self._tx.execute(locked)

    async def _take_use(self, order: Order) -> None:
        """Take a use of a locked voucher, known to have one left; an order takes one only."""
        if order.voucher_id is None:
            return
        taken = insert(_u).values(
            voucher_id=order.voucher_id,
            order_id=order.id,
            user_id=order.user_id,
            taken_at=self._now,
        )
        taken = taken.on_conflict_do_nothing(index_elements=["order_id"])
        if await self._tx.scalar(taken.returning(_u.id)) is not None:
            await self._count_use(order.voucher_id, 1)

    async def _give_back_use(self, order: Order) -> None:
        """Its use is somebody else's again; twice gives back one."""
        if order.voucher_id is None:
            return
        gone = await self._tx.execute(delete(_u).where(_u.order_id == order.id))
        if gone.rowcount:
            await self._count_use(order.voucher_id, -1)

    async def _count_use(self, voucher_id: int, by: int) -> None:
        counted = update(_v).where(_v.id == voucher_id)
        await self._tx.execute(counted.values(uses=_v.uses + by))
