"""The job that closes links nobody shall pay any more: cancelled, replaced, or paid elsewhere."""

from dataclasses import dataclass

from sqlalchemy import update

from services.payments.due import LEASE, Desk, Queue, together
from services.payments.provider import Declined, NoAnswer
from services.payments.tables import AttemptRow

TO_CLOSE = Queue(
    AttemptRow.id, AttemptRow.close_at, AttemptRow.provider, (AttemptRow.session.is_not(None),)
)


@dataclass(frozen=True, slots=True)
class Claim:
    attempt_id: int
    session: str


async def close_links(desk: Desk) -> int:
    """Close what is to be closed; one round."""
    claims = await _claim(desk)
    await together(_close(desk, claim) for claim in claims)
    return len(claims)


async def _claim(desk: Desk) -> list[Claim]:
    a, now = AttemptRow, desk.clock()
    leased = (
        update(a)
        .where(a.id.in_(TO_CLOSE.first(desk.provider.name, now).scalar_subquery()))
        .values(close_at=now + LEASE)
        .returning(a.id, a.session)
    )
    async with desk.begin() as tx:
        return [Claim(row.id, row.session) for row in await tx.rows(leased)]


async def _close(desk: Desk, claim: Claim) -> None:
    word = None
    try:
        await desk.provider.close(claim.session)
    except NoAnswer:
        return  # the lease ends, and it is tried again
    except Declined:
        # Ended already. Perhaps it was paid a moment before: then the money must be seen.
        try:
            word = await desk.provider.status(claim.session)
        except (NoAnswer, Declined):
            return
    async with desk.begin() as tx:
        if word is not None:
            await desk.settler(tx).settle(word)
        done = update(AttemptRow).where(AttemptRow.id == claim.attempt_id).values(close_at=None)
        await tx.execute(done)
