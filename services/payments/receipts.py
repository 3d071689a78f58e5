"""Receipts that were asked for: one row each, made into a document after the turn."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from services.ground.facts import Facts
from services.ground.transaction import Transaction
from services.payments.due import LEASE, later
from services.payments.errors import NotAllowed
from services.payments.facts import ReceiptReady
from services.payments.moves import locked, wake
from services.payments.provider import HOUR, RETRY
from services.payments.tables import ReceiptRow

GIVEN_UP = timedelta(days=1)
"""So long after it was asked for nobody waits for a receipt any more."""


class Receipts:
    """Asking for the receipt of a payment."""

    _tx: Transaction
    _now: datetime

    async def ask_receipt(
        self,
        payment_id: int,
        user_id: int,
        language: str,
        time_zone: str,
        seller: int | None = None,
    ) -> None:
        """Have a receipt made for `user_id`, who may see it: ReceiptReady follows. With a `seller`
        it is of that business's part alone. Asking again before it is there is the same one.
        Raises NoSuchPayment, NotAllowed (nothing came)."""
        payment = await locked(self._tx, payment_id)
        if not payment.is_paid:
            raise NotAllowed("nothing came in")
        open_ = select(ReceiptRow.id).where(
            ReceiptRow.payment_id == payment_id,
            ReceiptRow.user_id == user_id,
            ReceiptRow.business_id.is_not_distinct_from(seller),
            ReceiptRow.due_at.is_not(None),
        )
        if await self._tx.scalar(open_) is not None:
            return
        await self._tx.execute(
            insert(ReceiptRow).values(
                payment_id=payment_id,
                user_id=user_id,
                business_id=seller,
                language=language,
                time_zone=time_zone,
                asked_at=self._now,
                due_at=self._now,
            )
        )
        await wake(self._tx, "receipt")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A receipt to be made, leased until it is done or the lease runs out."""

    id: int
    payment_id: int
    user_id: int
    language: str
    time_zone: str
    business_id: int | None


async def claim(tx: Transaction, now: datetime) -> Wanted | None:
    """The one that is longest due. One that fails again and again is given up after a day."""
    r = ReceiptRow
    due = (
        select(r.id)
        .where(r.due_at <= now)
        .order_by(r.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    leased = (
        update(r)
        .where(r.id.in_(due.scalar_subquery()))
        .values(due_at=now + LEASE, tries=r.tries + 1)
        .returning(r.id, r.payment_id, r.user_id, r.language, r.time_zone, r.business_id)
    )
    row = await tx.row(leased)
    return None if row is None else Wanted(**row._mapping)


async def put_off(tx: Transaction, now: datetime, wanted: Wanted) -> None:
    """It could not be made: again after a pause, for a day."""
    mine = select(ReceiptRow.tries, ReceiptRow.asked_at).where(ReceiptRow.id == wanted.id)
    row = (await tx.rows(mine))[0]
    due = None if now > row.asked_at + GIVEN_UP else now + min(later(RETRY, row.tries - 1), HOUR)
    await tx.execute(update(ReceiptRow).where(ReceiptRow.id == wanted.id).values(due_at=due))


async def done(
    tx: Transaction, now: datetime, facts: Facts, wanted: Wanted, file_key: str, number: str
) -> None:
    """It is in the files port under `file_key`; told once."""
    made = (
        update(ReceiptRow)
        .where(ReceiptRow.id == wanted.id, ReceiptRow.done_at.is_(None))
        .values(due_at=None, done_at=now)
        .returning(ReceiptRow.id)
    )
    if await tx.scalar(made) is not None:
        fact = ReceiptReady(
            user_id=wanted.user_id, receipt_id=wanted.id, file_key=file_key, number=number
        )
        await facts.announce(tx, fact)
