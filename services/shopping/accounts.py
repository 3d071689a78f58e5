"""Orders as whoever compares them with the money sees them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from services.ground.money import Money
from services.ground.transaction import Transaction
from services.shopping.moves import OrderStatus, PaymentStatus
from services.shopping.tables import OrderRow

_NEVER_STOOD = (OrderStatus.PENDING, OrderStatus.EXPIRED, OrderStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Account:
    """What an order comes to, and whether it should have been paid."""

    id: int
    number: int
    total: Money
    status: OrderStatus
    payment_status: PaymentStatus

    @property
    def is_paid(self) -> bool:
        """The order stands, and says the money is there."""
        return self.payment_status is PaymentStatus.PAID and self.status not in _NEVER_STOOD


async def accounts(
    tx: Transaction, since: datetime, ids: Collection[int] = ()
) -> dict[int, Account]:
    """Orders that were paid since then, and those named, by id; without what cost nothing."""
    o = OrderRow
    where: ColumnElement[bool] = or_(o.paid_at >= since, o.id.in_(ids))
    rows = await tx.rows(
        select(o.id, o.order_number, o.total, o.currency, o.status, o.payment_status)
        .where(where, o.payment_method != "free")
        .order_by(o.id)
    )
    return {
        row.id: Account(
            row.id,
            row.order_number,
            Money(row.total, row.currency),
            OrderStatus(row.status),
            PaymentStatus(row.payment_status),
        )
        for row in rows
    }
