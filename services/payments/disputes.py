"""Disputes: a payer objects at their bank, which takes the money and decides between two words.

The provider tells of it in any order; a dispute only moves forward. Those who sold hear when
it is opened, before their evidence is due, and how it ends.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert

from services.ground.facts import Facts
from services.ground.transaction import Transaction
from services.payments.facts import DisputeAnswered, DisputeDue, DisputeMoved
from services.payments.finding import Found
from services.payments.payment import Dispute, dispute_of, disputes
from services.payments.provider import Disputed
from services.payments.states import (
    GRAVEST,
    UNDECIDED,
    DisputeStatus,
    dispute_may_follow,
)
from services.payments.tables import DisputeRow, PaymentRow

REMIND = (3, 1)
"""Days before the evidence is due on which it is asked for again."""


async def record(tx: Transaction, now: datetime, word: Disputed, found: Found) -> bool:
    """Write down what is new of a dispute; False: all of it was known. The payment is locked."""
    row = await _row(tx, found, word.dispute)
    if row is None:
        await _insert(tx, now, word, found)
        await _show(tx, now, found.payment.id)
        return True
    new = _new(row, word, now)
    if not new:
        return False
    await tx.execute(update(DisputeRow).where(DisputeRow.id == row.id).values(new))
    await _show(tx, now, found.payment.id)
    return True


async def known(tx: Transaction, word: Disputed, found: Found) -> Dispute:
    mine = disputes().where(
        DisputeRow.provider == found.payment.method, DisputeRow.provider_dispute == word.dispute
    )
    return dispute_of((await tx.rows(mine))[0])


async def tell(
    tx: Transaction, facts: Facts, now: datetime, dispute: Dispute, members: Sequence[int]
) -> None:
    """Tell the people who sold it; whatever they know already is not told again."""
    for member in members:
        about = {"user_id": member, "dispute_id": dispute.id}
        await facts.announce(tx, DisputeMoved(**about, status=dispute.status))
        if dispute.needs_evidence:
            await _remind(tx, facts, now, dispute, member)
        elif dispute.status in UNDECIDED:
            await facts.announce(tx, DisputeAnswered(**about))


async def _remind(
    tx: Transaction, facts: Facts, now: datetime, dispute: Dispute, member: int
) -> None:
    """The reminder looks when it comes whether evidence is still wanted."""
    if dispute.evidence_due_at is None:
        return
    for days in REMIND:
        at = dispute.evidence_due_at - timedelta(days=days)
        if at > now:
            fact = DisputeDue(user_id=member, dispute_id=dispute.id, days=days)
            await facts.schedule(tx, fact, at)


async def _row(tx: Transaction, found: Found, dispute: str) -> Row[Any] | None:
    d = DisputeRow
    return await tx.row(
        select(
            d.id, d.status, d.evidence_due_at, d.answered_at, d.withdrawn_at, d.reinstated_at
        ).where(d.provider == found.payment.method, d.provider_dispute == dispute)
    )


async def _insert(tx: Transaction, now: datetime, word: Disputed, found: Found) -> None:
    decided = word.status not in UNDECIDED
    await tx.execute(
        insert(DisputeRow).values(
            payment_id=found.payment.id,
            user_id=found.payment.user_id,
            attempt=found.number,
            provider=found.payment.method,
            provider_dispute=word.dispute,
            amount=word.amount.amount,
            currency=word.amount.currency,
            reason=word.reason,
            status=word.status,
            evidence_due_at=word.evidence_due_at,
            answered_at=now if word.answered else None,
            opened_at=now,
            closed_at=now if decided else None,
            **({f"{word.moved}_at": now} if word.moved else {}),
        )
    )


def _new(row: Row[Any], word: Disputed, now: datetime) -> dict[str, Any]:
    """What a repetition, or an older word that comes late, does not change."""
    new: dict[str, Any] = {}
    was = DisputeStatus(row.status)
    if word.moved and row._mapping[f"{word.moved}_at"] is None:
        new[f"{word.moved}_at"] = now
    if dispute_may_follow(was, word.status):
        new |= {"status": word.status, "evidence_due_at": word.evidence_due_at}
        new |= {"closed_at": None if word.status in UNDECIDED else now}
        new |= {"answered_at": now if word.answered else None}
    elif was == word.status:
        new |= _more(row, word, now)
    return new


def _more(row: Row[Any], word: Disputed, now: datetime) -> dict[str, Any]:
    """Evidence that was sent in, and more time for it."""
    new: dict[str, Any] = {}
    if word.answered and row.answered_at is None:
        new["answered_at"] = now
    due = row.evidence_due_at
    if word.evidence_due_at is not None and (due is None or word.evidence_due_at > due):
        new["evidence_due_at"] = word.evidence_due_at
    return new


async def _show(tx: Transaction, now: datetime, payment_id: int) -> None:
    """The payment shows the gravest of its disputes."""
    mine = select(DisputeRow.status).where(DisputeRow.payment_id == payment_id)
    statuses = {DisputeStatus(status) for status in await tx.scalars(mine)}
    gravest = next(status for status in GRAVEST if status in statuses)
    shown = update(PaymentRow).where(PaymentRow.id == payment_id)
    await tx.execute(shown.values(dispute=gravest, updated_at=now))
