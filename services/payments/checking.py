"""What an operator should see of payments: where the money is, and what has waited too long."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select

from services.ground.money import Money
from services.ground.transaction import Transaction
from services.payments.shares import Promised, Share, left_of, promised_by
from services.payments.states import CONTESTED, REFUND_OPEN, SETTLED, RefundStatus, Status
from services.payments.tables import AttemptRow, PaymentRow, RefundRow

SOON = timedelta(minutes=15)
"""So long after a call that was not answered somebody need not look yet."""
LATE = timedelta(hours=2)
"""So long after its link's end a pending payment should have been decided."""
BANKS_TAKE = timedelta(days=7)
"""So long a payment with a bank, or a refund with the provider, may take."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A payment that brought money. `kept`: what of it has not gone, or is not going, back;
    `is_going`: some of it is on its way back, and whom it was for has not heard of it yet;
    `parts`: of that, and of the whole, what is each seller's: (amount, kept) by business."""

    id: int
    service_type: str
    service_id: int
    amount: Money
    kept: Money
    is_going: bool
    is_contested: bool
    parts: dict[int, tuple[Money, Money]]


@dataclass(frozen=True, slots=True)
class Undecided:
    """A payment whose end is not known, since `since`. `why` is the provider's, or ours."""

    id: int
    status: Status
    since: datetime
    why: str | None


@dataclass(frozen=True, slots=True)
class StuckRefund:
    """A refund that failed, or has not been done for long."""

    id: int
    payment_id: int
    amount: Money
    status: RefundStatus
    since: datetime
    why: str | None


async def taken_since(tx: Transaction, since: datetime) -> list[Taken]:
    """What brought money since then, by id."""
    return await _taken(tx, PaymentRow.paid_at >= since)


async def taken_for(tx: Transaction, service_type: str, ids: Collection[int]) -> list[Taken]:
    """What brought money for these things, whenever."""
    p = PaymentRow
    return await _taken(tx, and_(p.service_type == service_type, p.service_id.in_(ids)))


async def _taken(tx: Transaction, where: ColumnElement[bool]) -> list[Taken]:
    p, kept = PaymentRow, func.sum(AttemptRow.received - AttemptRow.promised).label("kept")
    going = func.bool_or(AttemptRow.promised > AttemptRow.refunded).label("going")
    whose = (p.id, p.service_type, p.service_id, p.amount, p.currency, p.dispute, p.shares)
    rows = await tx.rows(
        select(*whose, kept, going)
        .join(AttemptRow, AttemptRow.payment_id == p.id)
        .where(where, p.status.in_(SETTLED))
        .group_by(p.id)
        .order_by(p.id)
    )
    gone = await promised_by(tx, [row.id for row in rows])
    return [
        Taken(
            row.id,
            row.service_type,
            row.service_id,
            Money(row.amount, row.currency),
            Money(int(row.kept), row.currency),
            row.going,
            row.dispute in CONTESTED,
            _parts([Share(**one) for one in row.shares], gone[row.id], row.currency),
        )
        for row in rows
    ]


def _parts(shares: list[Share], gone: Promised, currency: str) -> dict[int, tuple[Money, Money]]:
    return {
        one.business_id: (
            Money(one.amount, currency),
            Money(left_of(one.business_id, shares, gone), currency),
        )
        for one in shares
    }


async def undecided(tx: Transaction, now: datetime) -> list[Undecided]:
    """Held, unknown, never asked for, or pending for too long; the longest first."""
    p = PaymentRow
    unasked = and_(p.status.in_((Status.CREATED, Status.UNKNOWN)), p.updated_at < now - SOON)
    lapsed = and_(p.status == Status.PENDING, p.expires_at < now - LATE)
    with_bank = and_(
        p.status == Status.PENDING, p.reason == "bank", p.updated_at < now - BANKS_TAKE
    )
    rows = await tx.rows(
        select(p.id, p.status, p.updated_at, p.reason)
        .where(or_(p.status == Status.HELD, unasked, lapsed, with_bank))
        .order_by(p.updated_at, p.id)
    )
    return [Undecided(row.id, Status(row.status), row.updated_at, row.reason) for row in rows]


async def stuck_refunds(tx: Transaction, now: datetime) -> list[StuckRefund]:
    """Those that failed, and open ones that the provider has had for long; the oldest first."""
    r = RefundRow
    late = and_(r.status.in_(REFUND_OPEN), r.created_at < now - BANKS_TAKE)
    rows = await tx.rows(
        select(r.id, r.payment_id, r.amount, r.currency, r.status, r.created_at, r.failure)
        .where(or_(r.status == RefundStatus.FAILED, late))
        .order_by(r.id)
    )
    return [
        StuckRefund(
            row.id,
            row.payment_id,
            Money(row.amount, row.currency),
            RefundStatus(row.status),
            row.created_at,
            row.failure,
        )
        for row in rows
    ]
