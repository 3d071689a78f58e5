"""Money going back: promised in a transaction, sent by a job, settled on the provider's word."""

from collections.abc import Sequence
from datetime import datetime
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from services.ground.facts import Facts
from services.ground.money import Money
from services.ground.transaction import Transaction
from services.payments.books import Books
from services.payments.errors import NotAllowed, SameKeyOtherRefund, TooMuch
from services.payments.facts import PaymentRefunded, RefundFact, RefundFailed, RefundStarted, about
from services.payments.methods import BY_HAND
from services.payments.moves import locked, move, wake
from services.payments.payment import Payment, Refund, refund_of, refunds
from services.payments.shares import left_of, promised_by, shares_of
from services.payments.states import REFUND_OPEN, RefundStatus, Status
from services.payments.tables import AttemptRow, RefundRow

MANY = 10  # refunds of one payment that are under way at once, at most


async def of_payment(tx: Transaction, payment_id: int) -> list[Refund]:
    rows = await tx.rows(refunds().where(RefundRow.payment_id == payment_id).order_by(RefundRow.id))
    return [refund_of(row) for row in rows]


async def promise(
    tx: Transaction,
    now: datetime,
    facts: Facts,
    payment: Payment,
    *,
    reason: str,
    key: str,
    amount: Money | None = None,
    attempt: int | None = None,
    to_wallet: bool = False,
    seller: int | None = None,
) -> Refund:
    """Promise to give back what `attempt` (the paid one) received, or a part; once per `key`.

    What is of a `seller`'s part is that seller's to bear, and never more than the part; else
    everybody bears it. The payment must be locked. Raises NotAllowed, TooMuch, SameKeyOtherRefund.
    """
    known = await _by_key(tx, payment, key)
    if known is not None:
        if amount is not None and known.amount != amount:
            raise SameKeyOtherRefund
        return known
    paid = await _attempt(tx, payment, attempt or payment.attempt)
    amount = _what_is_left(await _left(tx, payment, paid, seller), paid, amount)
    await _promised(tx, paid.id, paid.promised + amount.amount)
    to_wallet = to_wallet or payment.method == "wallet"
    made = await _insert(tx, now, payment, paid.id, amount, reason, key, to_wallet, seller)
    if not to_wallet:
        await facts.announce(tx, _told(RefundStarted, payment, made))
    if to_wallet or payment.method in BY_HAND:  # where the asker stands
        await gave_back(tx, now, facts, payment, made)
        return await _reread(tx, made.id)
    await wake(tx, "refund")
    return made


def _what_is_left(left: Money, paid: Row[Any], wanted: Money | None) -> Money:
    if paid.received == 0:
        raise NotAllowed("nothing came in")
    amount = left if wanted is None else wanted
    if amount.currency != left.currency or not 0 < amount.amount <= left.amount:
        raise TooMuch
    return amount


async def left(tx: Transaction, payment: Payment, seller: int | None = None) -> Money:
    """What can still be given back of a payment, or of a seller's part; it must be locked."""
    return await _left(tx, payment, await _attempt(tx, payment, payment.attempt), seller)


async def _left(tx: Transaction, payment: Payment, paid: Row[Any], seller: int | None) -> Money:
    left = paid.received - paid.promised
    if seller is not None and (parts := await shares_of(tx, payment.id)):
        gone = await promised_by(tx, [payment.id])
        left = min(left, left_of(seller, parts, gone[payment.id]))
    return Money(left, payment.amount.currency)


async def gave_back(
    tx: Transaction, now: datetime, facts: Facts, payment: Payment, refund: Refund
) -> None:
    """The provider has given a refund back: count it once. The payment must be locked."""
    done = await tx.execute(
        update(RefundRow)
        .where(RefundRow.id == refund.id, RefundRow.status.in_(REFUND_OPEN))
        .values(status=RefundStatus.SUCCEEDED, succeeded_at=now, due_at=None)
    )
    if done.rowcount == 0:
        return
    await _count(tx, now, payment, refund)
    await facts.announce(tx, _told(PaymentRefunded, payment, refund))


async def _count(tx: Transaction, now: datetime, payment: Payment, refund: Refund) -> None:
    attempts = AttemptRow
    number = await tx.scalar(
        update(attempts)
        .where(
            attempts.id
            == select(RefundRow.attempt_id).where(RefundRow.id == refund.id).scalar_subquery()
        )
        .values(refunded=attempts.refunded + refund.amount.amount)
        .returning(attempts.number)
    )
    await Books(tx, now).gave_back(payment, number, refund)
    if number != payment.attempt:  # it was paid twice: what counts stays paid
        return
    total = payment.refunded + refund.amount
    to = Status.REFUNDED if total == payment.amount else Status.PARTLY_REFUNDED
    await move(tx, payment, to, now, refunded=total.amount, refunded_at=now)


async def ask_soon(tx: Transaction, key: UUID, now: datetime) -> int | None:
    """Have the provider asked at once how a refund stands; its payment, None when it has ended."""
    payment_id: int | None = await tx.scalar(
        update(RefundRow)
        .where(RefundRow.uuid == key, RefundRow.status.in_(REFUND_OPEN))
        .values(due_at=now)
        .returning(RefundRow.payment_id)
    )
    await wake(tx, "refund")
    return payment_id


async def refused(
    tx: Transaction, now: datetime, facts: Facts, payment: Payment, refund: Refund, why: str
) -> None:
    """The provider will not give this back: the promise is undone, an operator must look."""
    row = await tx.row(
        update(RefundRow)
        .where(RefundRow.id == refund.id, RefundRow.status.in_(REFUND_OPEN))
        .values(status=RefundStatus.FAILED, failed_at=now, failure=why, due_at=None)
        .returning(RefundRow.attempt_id, RefundRow.amount)
    )
    if row is None:
        return
    less = AttemptRow.promised - row.amount
    await tx.execute(
        update(AttemptRow).where(AttemptRow.id == row.attempt_id).values(promised=less)
    )
    await facts.announce(tx, _told(RefundFailed, payment, refund))


def _told(kind: type[RefundFact], payment: Payment, refund: Refund) -> RefundFact:
    return kind(
        **about(payment), refund_id=refund.id, why=refund.reason, to_wallet=refund.to_wallet,
        amount=refund.amount.amount, currency=refund.amount.currency,
        business_id=refund.business_id,
    )  # fmt: skip


async def total_went_back(
    tx: Transaction, now: datetime, facts: Facts, payment: Payment, number: int, total: Money
) -> bool:
    """The provider says `total` of an attempt has gone back in all: bring our rows to that.

    Our own refunds are taken as done; what is left was given back at the provider's own desk and
    becomes a row here. False: we knew it all.
    """
    paid = await _attempt(tx, payment, number)
    missing = total.amount - paid.refunded
    if missing <= 0:
        return False
    for refund in _making_up(missing, await _open_of(tx, paid.id)):
        missing -= refund.amount.amount
        await gave_back(tx, now, facts, payment, refund)
        payment = await locked(tx, payment.id)
    if missing:
        await _given_elsewhere(tx, now, facts, payment, number, missing, total)
    return True


def _making_up(total: int, refunds: Sequence[Refund]) -> list[Refund]:
    """Those that come to a total exactly, if some do, else the oldest that fit in it: of what
    several sellers give back at once, the later may be done first."""
    for count in range(1, len(refunds) + 1):
        for some in combinations(refunds[:MANY], count):
            if sum(one.amount.amount for one in some) == total:
                return list(some)
    fitting: list[Refund] = []
    for one in refunds:
        if one.amount.amount <= total:
            total -= one.amount.amount
            fitting.append(one)
    return fitting


async def _given_elsewhere(
    tx: Transaction, now: datetime, facts: Facts, payment: Payment, number: int,
    missing: int, total: Money,
) -> None:  # fmt: skip
    paid = await _attempt(tx, payment, number)
    await _promised(tx, paid.id, min(paid.received, paid.promised + missing))
    amount = Money(missing, total.currency)
    key = f"elsewhere-{number}-{total.amount}"
    made = await _insert(tx, now, payment, paid.id, amount, "given back elsewhere", key)
    await gave_back(tx, now, facts, payment, made)


async def _open_of(tx: Transaction, attempt_id: int) -> list[Refund]:
    mine = refunds().where(RefundRow.attempt_id == attempt_id, RefundRow.status.in_(REFUND_OPEN))
    return [refund_of(row) for row in await tx.rows(mine.order_by(RefundRow.id))]


async def _attempt(tx: Transaction, payment: Payment, number: int) -> Row[Any]:
    attempts = AttemptRow
    row = await tx.row(
        select(attempts.id, attempts.received, attempts.promised, attempts.refunded)
        .where(attempts.payment_id == payment.id, attempts.number == number)
        .with_for_update()
    )
    if row is None:
        raise NotAllowed("nothing came in")
    return row


async def _promised(tx: Transaction, attempt_id: int, amount: int) -> None:
    await tx.execute(update(AttemptRow).where(AttemptRow.id == attempt_id).values(promised=amount))


async def _insert(
    tx: Transaction, now: datetime, payment: Payment, attempt_id: int, amount: Money,
    reason: str, key: str, to_wallet: bool = False, seller: int | None = None,
) -> Refund:  # fmt: skip
    made = await tx.scalar(
        insert(RefundRow)
        .values(
            payment_id=payment.id, attempt_id=attempt_id, user_id=payment.user_id, key=key,
            amount=amount.amount, currency=amount.currency, reason=reason, to_wallet=to_wallet,
            business_id=seller, status=RefundStatus.CREATED, due_at=now, created_at=now,
        )
        .returning(RefundRow.id)
    )  # fmt: skip
    return await _reread(tx, made)


async def _reread(tx: Transaction, refund_id: int) -> Refund:
    return refund_of((await tx.rows(refunds().where(RefundRow.id == refund_id)))[0])


async def _by_key(tx: Transaction, payment: Payment, key: str) -> Refund | None:
    row = await tx.row(refunds().where(RefundRow.payment_id == payment.id, RefundRow.key == key))
    return None if row is None else refund_of(row)
