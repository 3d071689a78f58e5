"""The job that asks about pending payments until they are final: a lost webhook costs minutes."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import update

from services.ground.transaction import Transaction
from services.payments.due import LEASE, Desk, Queue, later, together
from services.payments.moves import locked
from services.payments.provider import Declined, NoAnswer, Word
from services.payments.states import Status
from services.payments.tables import PaymentRow

log = structlog.get_logger()

AFTER_THE_END = timedelta(minutes=1)
"""A link is asked about this long after its end, whatever the schedule says."""


PENDING = Queue(
    PaymentRow.id,
    PaymentRow.due_at,
    PaymentRow.method,
    (PaymentRow.status == Status.PENDING, PaymentRow.provider_session.is_not(None)),
)


@dataclass(frozen=True, slots=True)
class Claim:
    payment_id: int
    session: str
    asked: int


async def ask_pending(desk: Desk) -> int:
    """Ask about the payments that are due; one round."""
    claims = await _claim(desk)
    await together(_ask(desk, claim) for claim in claims)
    return len(claims)


async def _claim(desk: Desk) -> list[Claim]:
    p, now = PaymentRow, desk.clock()
    leased = (
        update(p)
        .where(p.id.in_(PENDING.first(desk.provider.name, now).scalar_subquery()))
        .values(due_at=now + LEASE, asked=p.asked + 1)
        .returning(p.id, p.provider_session, p.asked)
    )
    async with desk.begin() as tx:
        return [Claim(row.id, row.provider_session, row.asked) for row in await tx.rows(leased)]


async def _ask(desk: Desk, claim: Claim) -> None:
    word: Word | None = None
    try:
        word = await desk.provider.status(claim.session)
    except (NoAnswer, Declined) as error:
        log.warning("payments.not_told", payment=claim.payment_id, why=str(error))
    async with desk.begin() as tx:
        if word is not None:
            await desk.settler(tx).settle(word)
        await _next_time(desk, tx, claim)


async def _next_time(desk: Desk, tx: Transaction, claim: Claim) -> None:
    """If it is still pending: when to ask again, and soon after the link's end in any case."""
    now = desk.clock()
    payment = await locked(tx, claim.payment_id)
    if payment.status is not Status.PENDING:
        return
    due = now + later(desk.provider.schedule, claim.asked)
    if payment.expires_at is not None and now < payment.expires_at + AFTER_THE_END:
        due = min(due, payment.expires_at + AFTER_THE_END)
    values = {"due_at": due, "asked": claim.asked}
    await tx.execute(update(PaymentRow).where(PaymentRow.id == claim.payment_id).values(values))
