"""The only statements that change what a payment or an attempt is."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from services.ground.transaction import Transaction
from services.payments.errors import NoSuchPayment, NotAllowed
from services.payments.methods import BY_HAND
from services.payments.payment import Payment, payment_of, payments
from services.payments.states import STILL_OPEN, Status, may_follow
from services.payments.tables import AttemptRow, PaymentRow

CHANNEL = "payments"
"""What the jobs LISTEN to; a lost wake-up costs a tick, never a payment."""


async def wake(tx: Transaction, what: str) -> None:
    """Tell the jobs, when this transaction commits, that there is something to do."""
    await tx.execute(select(func.pg_notify(CHANNEL, what)))


async def locked(tx: Transaction, payment_id: int) -> Payment:
    """The payment, ours until the transaction ends. Raises NoSuchPayment."""
    row = await tx.row(payments().where(PaymentRow.id == payment_id).with_for_update())
    if row is None:
        raise NoSuchPayment
    return payment_of(row)


async def move(
    tx: Transaction, payment: Payment, to: Status, now: datetime, **values: Any
) -> Payment:
    """Move a locked payment forward and return it. Raises NotAllowed for any other way."""
    if not may_follow(payment.status, to):
        raise NotAllowed(f"{payment.status} → {to}")
    values = {"due_at": None, "asked": 0, "reason": None} | values
    await tx.execute(
        update(PaymentRow)
        .where(PaymentRow.id == payment.id)
        .values(status=to, updated_at=now, **values)
    )
    return await locked(tx, payment.id)


async def ask_soon(tx: Transaction, payment: Payment, now: datetime) -> None:
    """Have the provider asked at once how a locked payment stands."""
    await tx.execute(update(PaymentRow).where(PaymentRow.id == payment.id).values(due_at=now))
    await wake(tx, "ask")


async def set_attempt(tx: Transaction, payment_id: int, number: int, **values: Any) -> None:
    await tx.execute(
        update(AttemptRow)
        .where(AttemptRow.payment_id == payment_id, AttemptRow.number == number)
        .values(**values)
    )


async def begin_attempt(
    tx: Transaction, payment: Payment, number: int, expires_at: datetime | None
) -> None:
    """A new try: its key is made of the payment and the number, so a retry has the same one."""
    await tx.execute(
        insert(AttemptRow).values(
            payment_id=payment.id,
            user_id=payment.user_id,
            number=number,
            provider=payment.method,
            idempotency_key=f"{payment.uuid}-{number}",
            status=Status.CREATED,
            expires_at=expires_at,
        )
    )


async def close_others(tx: Transaction, paid: Payment, now: datetime) -> None:
    """The thing is paid: no other link of it, of this payment or another, may be paid as well."""
    same = (
        PaymentRow.service_type == paid.service_type,
        PaymentRow.service_id == paid.service_id,
        PaymentRow.id != paid.id,
        PaymentRow.status.in_(STILL_OPEN),
    )
    others = await tx.scalars(select(PaymentRow.id).where(*same).order_by(PaymentRow.id))
    for other in others:
        if (payment := await locked(tx, other)).status in STILL_OPEN:
            await move(tx, payment, Status.CANCELLED, now)
    links = (
        AttemptRow.payment_id.in_([paid.id, *others]),
        AttemptRow.status.in_(STILL_OPEN),
        AttemptRow.provider.not_in(BY_HAND),
    )
    ended = update(AttemptRow).where(*links).values(status=Status.CANCELLED, close_at=now)
    await tx.execute(ended)
    await wake(tx, "close")
