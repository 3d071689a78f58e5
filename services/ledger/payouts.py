"""What each business sold, what was kept of it, and what it is to get."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from services.ground.transaction import Transaction
from services.ledger.account import Kind
from services.ledger.tables import AccountRow, EntryRow, JournalRow

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Payout:
    """One business in one currency, minor units. All but `owed` are of the time asked about."""

    business_id: int
    currency: str
    sold: int
    refunded: int
    fees: int  # the platform's, less those given back
    in_cash: int  # of what was sold, what the business took in cash itself
    owed: int  # at the end of that time, whenever it was earned; below zero: by the business


async def payouts(tx: Transaction, until: datetime, since: datetime | None = None) -> list[Payout]:
    """Every business that ever sold, from `since` up to before `until`."""
    a, j = AccountRow, JournalRow
    theirs = a.kind.in_([Kind.PAYABLE, Kind.FEES])
    within = j.created_at >= (since or BEGINNING)
    rows = await tx.rows(
        select(
            a.business_id,
            a.currency,
            _sum(within & theirs & (j.kind == "captured")).label("sold"),
            -_sum(within & theirs & (j.kind == "refunded")).label("refunded"),
            _sum(within & (a.kind == Kind.FEES)).label("fees"),
            -_sum(within & (a.kind == Kind.CASH)).label("in_cash"),
            _sum(a.kind.in_([Kind.PAYABLE, Kind.CASH])).label("owed"),
        )
        .join(EntryRow, EntryRow.account_id == a.id)
        .join(j, j.id == EntryRow.journal_id)
        .where(a.business_id.is_not(None), j.created_at < until)
        .group_by(a.business_id, a.currency)
        .order_by(a.business_id, a.currency)
    )
    return [_payout(row) for row in rows]


def _sum(where: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(EntryRow.amount).filter(where), 0)


def _payout(row: Row[Any]) -> Payout:
    sums = {name: int(value) for name, value in row._mapping.items() if name != "currency"}
    return Payout(currency=row.currency, **sums)
