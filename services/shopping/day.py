"""A business's day in figures."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from services.ground.money import Money
from services.shopping.desk import Desk
from services.shopping.moves import ALLOCATED
from services.shopping.tables import OrderRow, ProductRow, ReviewRow, StockRow, VariantRow

_o = OrderRow
_LOST = ("cancelled", "refunded", "returned")
LOW_SHOWN = 5  # variants that are named


@dataclass(frozen=True, slots=True)
class Day:
    """What happened since a moment: `ordered` orders came in, `takings` of money came in."""

    ordered: int
    to_do: int  # orders, of any day, that wait to be sent
    takings: Money


@dataclass(frozen=True, slots=True)
class Low:
    """A variant of which no more is left than its product's threshold."""

    name: str
    title: str
    left: int


@dataclass(frozen=True, slots=True)
class Evening:
    """A day that is over, and what waits for somebody to see to it."""

    day: Day
    transfers: int  # photos of transfers that nobody has decided about
    reviews: int  # that are neither published nor refused
    low: tuple[Low, ...]  # the emptiest, LOW_SHOWN at most

    @property
    def is_quiet(self) -> bool:
        """Nothing came, and nothing waits but shelves."""
        came = self.day.ordered or self.day.takings.amount
        return not (came or self.day.to_do or self.transfers or self.reviews)


class Days(Desk):
    """What members see first, and last."""

    async def evening(self, member_id: int, business_id: int, since: datetime) -> Evening:
        """The business's day since a moment of its own. Raises NotFound."""
        day = await self.day(member_id, business_id, since)
        pending = select(func.count()).where(
            ReviewRow.business_id == business_id, ReviewRow.status == "pending"
        )
        return Evening(
            day,
            await self._transfers(business_id),
            int(await self._tx.scalar(pending) or 0),
            await self._low(business_id),
        )

    async def _transfers(self, business_id: int) -> int:
        """A photo may wait even when its order has lapsed or been called off meanwhile."""
        paying = select(_o.payment_id).where(
            _o.business_id == business_id,
            _o.payment_method == "manual",
            _o.payment_id.is_not(None),
            _o.status.in_(("pending", "expired", "cancelled")),
        )
        return await self._payments.waiting_proofs(await self._tx.scalars(paying))

    async def _low(self, business_id: int) -> tuple[Low, ...]:
        free = StockRow.quantity - StockRow.allocated
        low = (
            select(ProductRow.name, VariantRow.title, free.label("left"))
            .join(VariantRow, VariantRow.product_id == ProductRow.id)
            .join(StockRow, StockRow.variant_id == VariantRow.id)
            .where(
                ProductRow.business_id == business_id,
                ProductRow.is_active,
                VariantRow.is_active,
                free <= ProductRow.low_stock_threshold,
            )
            .order_by(free, ProductRow.name, VariantRow.id)
        )
        rows = await self._tx.rows(low.limit(LOW_SHOWN))
        return tuple(Low(row.name, row.title, row.left) for row in rows)

    async def day(self, member_id: int, business_id: int, since: datetime) -> Day:
        """The business's figures since a moment of its own day. Raises NotFound."""
        await self._businesses.require_member(member_id, business_id)
        business = await self._businesses.get(business_id)
        stands = _o.status.not_in(("pending", "expired", *_LOST))
        came = (_o.paid_at >= since) & _o.status.not_in(_LOST)
        row = await self._tx.row(
            select(
                func.count().filter(stands & (_o.created_at >= since)).label("ordered"),
                func.count().filter(_o.status.in_(sorted(ALLOCATED))).label("to_do"),
                func.coalesce(func.sum(_o.total - _o.called_off).filter(came), 0).label("takings"),
            ).where(_o.business_id == business_id)
        )
        counted = row._mapping if row is not None else {"ordered": 0, "to_do": 0, "takings": 0}
        takings = Money(int(counted["takings"]), business.currency)
        return Day(counted["ordered"], counted["to_do"], takings)
