"""The job that closes links nobody shall pay any more: cancelled, replaced, or paid elsewhere."""

from dataclasses import dataclass

from sqlalchemy import select, update

from services.payments.due import LEASE, Desk, first, together
from services.payments.provider import Declined, NoAnswer
from services.payments.tables import AttemptRow


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
    due = select(a.id).where(
        a.close_at <= now, a.session.is_not(None), a.provider == desk.provider.name
    )
    leased = (
        update(a)
        .where(a.id.in_(first(due, a.close_at).scalar_subquery()))
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
