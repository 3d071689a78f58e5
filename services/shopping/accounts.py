"""Orders as whoever compares them with the money sees them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from services.ground.money import Money
from services.ground.transaction import Transaction
from services.shopping.moves import OrderStatus, PaymentStatus
from services.shopping.tables import OrderRow

_NEVER_STOOD = (OrderStatus.PENDING, OrderStatus.EXPIRED, OrderStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Account:
    """What an order comes to, and whether it should have been paid."""

    id: int
    purchase_id: int  # what its money was asked for: the first of the orders paid together
    business_id: int
    number: int
    total: Money
    status: OrderStatus
    payment_status: PaymentStatus

    @property
    def is_paid(self) -> bool:
        """The order stands, and says the money is there."""
        return self.payment_status is PaymentStatus.PAID and self.status not in _NEVER_STOOD


async def accounts(
    tx: Transaction, since: datetime, purchases: Collection[int] = ()
) -> list[Account]:
    """Orders that were paid since then, and those of the purchases named, by id; without what cost
    nothing."""
    o = OrderRow
    purchase = func.coalesce(o.paid_with, o.id)
    theirs = or_(o.id.in_(purchases), o.paid_with.in_(purchases))
    where: ColumnElement[bool] = or_(o.paid_at >= since, theirs)
    rows = await tx.rows(
        select(
            o.id, purchase.label("purchase"), o.business_id, o.order_number, o.total, o.currency,
            o.status, o.payment_status,
        )
        .where(where, o.payment_method != "free")
        .order_by(o.id)
    )  # fmt: skip
    return [
        Account(
            row.id,
            row.purchase,
            row.business_id,
            row.order_number,
            Money(row.total, row.currency),
            OrderStatus(row.status),
            PaymentStatus(row.payment_status),
        )
        for row in rows
    ]
