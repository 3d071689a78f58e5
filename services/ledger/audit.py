"""Going through the books: what they sum to, and whether the balances are what was entered."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.ground.transaction import Transaction
from services.ledger.account import Kind
from services.ledger.tables import AccountRow, AuditRow, EntryRow

log = structlog.get_logger()

Begin: TypeAlias = Callable[[], AbstractAsyncContextManager[Transaction]]
Clock: TypeAlias = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Trial:
    """The trial balance of one currency: what the accounts of each kind come to, minor units."""

    currency: str
    kinds: dict[Kind, int]

    @property
    def total(self) -> int:
        """Zero, if nothing is wrong."""
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class Difference:
    """An account whose balance is not the sum of its entries."""

    account: str
    balance: int
    entered: int


async def trial_balance(tx: Transaction) -> list[Trial]:
    """What has been entered, by currency."""
    a, total = AccountRow, func.sum(EntryRow.amount).label("total")
    rows = await tx.rows(
        select(a.currency, a.kind, total)
        .join(EntryRow, EntryRow.account_id == a.id)
        .group_by(a.currency, a.kind)
        .order_by(a.currency, a.kind)
    )
    trials: dict[str, Trial] = {}
    for row in rows:
        trial = trials.setdefault(row.currency, Trial(row.currency, {}))
        trial.kinds[Kind(row.kind)] = int(row.total)
    return list(trials.values())


async def differences(tx: Transaction) -> list[Difference]:
    """Every balance counted again, in one statement and so of one moment; empty when well."""
    a, entered = AccountRow, func.coalesce(func.sum(EntryRow.amount), 0)
    rows = await tx.rows(
        select(a.name, a.balance, entered.label("entered"))
        .outerjoin(EntryRow, EntryRow.account_id == a.id)
        .group_by(a.id)
        .having(entered != a.balance)
        .order_by(a.id)
    )
    return [Difference(row.name, row.balance, int(row.entered)) for row in rows]


async def audit(begin: Begin, clock: Clock = _now) -> bool:
    """A job: once a day (UTC) recompute and compare, and keep what was found. False: done today."""
    now = clock()
    async with begin() as tx:
        claim = insert(AuditRow).values(day=now.date(), audited_at=now, differences=[])
        mine = claim.on_conflict_do_nothing().returning(AuditRow.day)
        if await tx.scalar(mine) is None:
            return False
        found = [asdict(one) for one in await differences(tx)]
        found += [
            {"account": trial.currency, "balance": 0, "entered": trial.total}
            for trial in await trial_balance(tx)
            if trial.total
        ]
        today = update(AuditRow).where(AuditRow.day == now.date())
        await tx.execute(today.values(differences=found))
    for one in found:
        log.error("ledger.differs", **one)
    return True


async def audited(tx: Transaction) -> dict[str, int]:
    """What the last audit found, for the metrics."""
    last = select(func.jsonb_array_length(AuditRow.differences)).order_by(AuditRow.day.desc())
    return {"differs": await tx.scalar(last.limit(1)) or 0}
