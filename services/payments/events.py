"""Provider events: stored before they are believed, then settled once, in any order."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.ground.transaction import Transaction
from services.payments.due import WAIT, Desk, Queue, later
from services.payments.moves import wake
from services.payments.provider import Told
from services.payments.settling import Outcome
from services.payments.tables import EventRow

log = structlog.get_logger()

UNSETTLED = Queue(EventRow.id, EventRow.due_at, EventRow.provider, (EventRow.settled_at.is_(None),))


async def store(tx: Transaction, told: Told, now: datetime) -> bool:
    """Keep a verified event. False: it was kept before, and nothing is to be done."""
    new = await tx.scalar(
        insert(EventRow)
        .values(
            provider=told.provider,
            event_id=told.event_id,
            type=told.type,
            raw=told.raw,
            signature_verified=True,
            received_at=now,
            due_at=now,
        )
        .on_conflict_do_nothing(index_elements=["provider", "event_id"])
        .returning(EventRow.id)
    )
    await wake(tx, "event")
    return new is not None


async def replay(tx: Transaction, provider: str, event_id: str, now: datetime) -> bool:
    """An operator's second look: settle a stored event once more. False: there is none."""
    again = (
        update(EventRow)
        .where(EventRow.provider == provider, EventRow.event_id == event_id)
        .values(settled_at=None, outcome=None, reason=None, tries=0, due_at=now)
        .returning(EventRow.id)
    )
    await wake(tx, "event")
    return await tx.scalar(again) is not None


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored event. Its `outcome` is None until it is settled: it waits, or settling fails."""

    provider: str
    event_id: str
    type: str
    outcome: str | None
    reason: str | None
    tries: int
    payment_id: int | None
    received_at: datetime


_KEPT = tuple(getattr(EventRow, field.name) for field in fields(Kept))


async def of_payment(tx: Transaction, payment_id: int) -> list[Kept]:
    """What was told of a payment, in the order in which it came."""
    mine = select(*_KEPT).where(EventRow.payment_id == payment_id).order_by(EventRow.id)
    return [Kept(**row._mapping) for row in await tx.rows(mine)]


async def troubled(tx: Transaction, most: int) -> list[Kept]:
    """The newest that somebody should look at, oldest first: "held" (the money is not as asked
    for), "unmatched" (it fits nothing of ours), or tried in vain."""
    rows = await tx.rows(
        select(*_KEPT)
        .where(
            or_(
                EventRow.outcome.in_(["held", "unmatched"]),
                and_(EventRow.settled_at.is_(None), EventRow.tries > 0),
            )
        )
        .order_by(EventRow.id.desc())
        .limit(most)
    )
    return [Kept(**row._mapping) for row in reversed(rows)]


async def outcomes(tx: Transaction) -> dict[str, int]:
    """How many events ended how, for the metrics; not ended yet is "waiting"."""
    ended = func.coalesce(EventRow.outcome, "waiting").label("outcome")
    rows = await tx.rows(select(ended, func.count().label("events")).group_by(ended))
    return {row.outcome: row.events for row in rows}


async def settle_events(desk: Desk) -> int:
    """Settle one stored event in one transaction; 0 when none is due.

    If settling fails, everything it did is undone and the event is tried later.
    """
    event: Row[Any] | None = None
    try:
        async with desk.begin() as tx:
            event = await _claim(tx, desk)
            if event is not None:
                await _settle(desk, tx, event.id)
    except Exception as error:
        if event is None:
            raise
        log.error("payments.settle", stored=event.id, exc_info=error)
        async with desk.begin() as tx:
            why = f"settling failed: {type(error).__name__}"
            await _postpone(tx, event.id, event.tries, why, desk.clock())
    return 0 if event is None else 1


async def _claim(tx: Transaction, desk: Desk) -> Row[Any] | None:
    oldest = UNSETTLED.first(desk.provider.name, desk.clock(), most=1)
    return await tx.row(oldest.add_columns(EventRow.tries))


async def _settle(desk: Desk, tx: Transaction, event_id: int) -> None:
    row = (await tx.rows(select(EventRow.raw, EventRow.tries).where(EventRow.id == event_id)))[0]
    outcome = await desk.settler(tx).settle(desk.provider.read(row.raw))
    if outcome.kind == "waiting" and row.tries < len(WAIT):
        await _postpone(tx, event_id, row.tries, outcome.reason, desk.clock())
        return
    await _end(tx, event_id, outcome, desk.clock())


async def _end(tx: Transaction, event_id: int, outcome: Outcome, now: datetime) -> None:
    kind = "unmatched" if outcome.kind == "waiting" else outcome.kind
    if kind in ("held", "unmatched"):
        log.error("payments.event", stored=event_id, outcome=kind, reason=outcome.reason)
    values = {
        "outcome": kind,
        "reason": outcome.reason,
        "payment_id": outcome.payment_id,
        "settled_at": now,
    }
    await tx.execute(update(EventRow).where(EventRow.id == event_id).values(values))


async def _postpone(
    tx: Transaction, event_id: int, tries: int, why: str | None, now: datetime
) -> None:
    due = now + later(WAIT, tries)
    values = {"tries": tries + 1, "reason": why, "due_at": due}
    await tx.execute(update(EventRow).where(EventRow.id == event_id).values(values))
