"""A business's day in figures."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from services.ground.money import Money
from services.shopping.desk import Desk
from services.shopping.moves import ALLOCATED
from services.shopping.tables import OrderRow

_o = OrderRow
_LOST = ("cancelled", "refunded", "returned")


@dataclass(frozen=True, slots=True)
class Day:
    """What happened since a moment: `ordered` orders came in, `takings` of money came in."""

    ordered: int
    to_do: int  # orders, of any day, that wait to be sent
    takings: Money


class Days(Desk):
    """What members see first."""

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
