"""The job that asks what the provider kept of what came in, and writes it in the books."""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update

from services.ground.money import Money
from services.payments.books import Books
from services.payments.due import LEASE, Desk, Queue, together
from services.payments.moves import locked
from services.payments.provider import HOUR, Declined, NoAnswer
from services.payments.tables import AttemptRow

DAY = timedelta(days=1)
GIVEN_UP = 30 * DAY
"""So long after the link was made a provider that has not said it is not asked any more."""


UNKNOWN_FEES = Queue(
    AttemptRow.id, AttemptRow.fee_due_at, AttemptRow.provider, (AttemptRow.session.is_not(None),)
)


@dataclass(frozen=True, slots=True)
class Claim:
    attempt_id: int
    payment_id: int
    number: int
    session: str
    since: datetime


async def ask_fees(desk: Desk) -> int:
    """Ask for the fees that are not known; one round."""
    claims = await _claim(desk)
    await together(_ask(desk, claim) for claim in claims)
    return len(claims)


async def _claim(desk: Desk) -> list[Claim]:
    a, now = AttemptRow, desk.clock()
    leased = (
        update(a)
        .where(a.id.in_(UNKNOWN_FEES.first(desk.provider.name, now).scalar_subquery()))
        .values(fee_due_at=now + LEASE)
        .returning(a.id, a.payment_id, a.number, a.session, a.created_at)
    )
    async with desk.begin() as tx:
        rows = await tx.rows(leased)
    return [Claim(row.id, row.payment_id, row.number, row.session, row.created_at) for row in rows]


async def _ask(desk: Desk, claim: Claim) -> None:
    fee: Money | None = None
    with contextlib.suppress(NoAnswer, Declined):  # it is asked again
        fee = await desk.provider.fee(claim.session)
    async with desk.begin() as tx:
        payment = await locked(tx, claim.payment_id)
        mine = update(AttemptRow).where(AttemptRow.id == claim.attempt_id)
        due = _again(claim, desk.clock()) if fee is None else None
        await tx.execute(mine.values(fee_due_at=due))
        if fee is not None and fee.amount:
            await Books(tx, desk.clock()).provider_kept(payment, claim.number, fee)


def _again(claim: Claim, now: datetime) -> datetime | None:
    """Hourly for a day, then daily; None: never."""
    age = now - claim.since
    if age > GIVEN_UP:
        return None
    return now + (HOUR if age < DAY else DAY)
