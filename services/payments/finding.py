"""Which payment, and which of its attempts, a provider speaks of."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from services.ground.transaction import Transaction
from services.payments.moves import locked
from services.payments.payment import Payment
from services.payments.provider import Mark
from services.payments.states import OPEN, Status
from services.payments.tables import AttemptRow, PaymentRow


@dataclass(frozen=True, slots=True)
class Found:
    """A locked payment and one attempt of it, with the provider's ids known so far."""

    payment: Payment
    number: int
    received: int
    session: str | None
    intent: str | None
    charge: str | None
    differs: str | None  # why the provider's ids contradict ours


async def find(tx: Transaction, mark: Mark) -> Found | None:
    """By our own reference first, else by the provider's ids. Locks the payment."""
    payment_id = await _payment_id(tx, mark)
    if payment_id is None:
        return None
    payment = await locked(tx, payment_id)
    row = await _attempt(tx, payment, mark)
    if row is None:
        return None
    return Found(
        payment=payment,
        number=row.number,
        received=row.received,
        session=row.session or mark.session,
        intent=row.intent or mark.intent,
        charge=row.charge or mark.charge,
        differs=_difference(row, mark),
    )


async def other_open(tx: Transaction, payment: Payment) -> bool:
    """Whether another payment of the same thing may still bring money."""
    return await _other(tx, payment, [*OPEN])


async def other_paid(tx: Transaction, payment: Payment) -> bool:
    """Whether another payment of the same thing brought money that has not gone back."""
    return await _other(tx, payment, [Status.PAID, Status.PARTLY_REFUNDED])


async def _other(tx: Transaction, payment: Payment, statuses: list[Status]) -> bool:
    same = select(PaymentRow.id).where(
        PaymentRow.service_type == payment.service_type,
        PaymentRow.service_id == payment.service_id,
        PaymentRow.id != payment.id,
        PaymentRow.status.in_(statuses),
    )
    return await tx.scalar(same.limit(1)) is not None


async def _payment_id(tx: Transaction, mark: Mark) -> int | None:
    if mark.payment is not None:
        ours = select(PaymentRow.id).where(PaymentRow.uuid == mark.payment)
        return _maybe(await tx.scalar(ours))
    for column, value in _their_ids(mark):
        if value is not None:
            theirs = select(AttemptRow.payment_id).where(column == value).limit(1)
            if (known := _maybe(await tx.scalar(theirs))) is not None:
                return known
    return None


def _maybe(value: Any) -> int | None:
    return None if value is None else int(value)


def _their_ids(mark: Mark) -> tuple[tuple[Any, str | None], ...]:
    return (
        (AttemptRow.session, mark.session),
        (AttemptRow.intent, mark.intent),
        (AttemptRow.charge, mark.charge),
    )


async def _attempt(tx: Transaction, payment: Payment, mark: Mark) -> Row[Any] | None:
    rows = await tx.rows(
        select(
            AttemptRow.number, AttemptRow.received, AttemptRow.session,
            AttemptRow.intent, AttemptRow.charge,
        ).where(AttemptRow.payment_id == payment.id)
    )  # fmt: skip
    if mark.attempt is not None:
        return next((row for row in rows if row.number == mark.attempt), None)
    by_theirs = (
        row
        for row in rows
        for theirs, ours in (
            (mark.session, row.session),
            (mark.intent, row.intent),
            (mark.charge, row.charge),
        )
        if theirs is not None and theirs == ours
    )
    return next(by_theirs, None) or next(r for r in rows if r.number == payment.attempt)


def _difference(row: Row[Any], mark: Mark) -> str | None:
    if None not in (row.session, mark.session) and row.session != mark.session:
        return "the provider speaks of another session"
    if None not in (row.intent, mark.intent) and row.intent != mark.intent:
        return "the provider speaks of another payment intent"
    return None
