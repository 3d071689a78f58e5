"""The job that sends refunds to the provider, outside any transaction, with a key each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Row, Select, select, update

from services.ground.money import Money
from services.payments.due import LEASE, Desk, Queue, later, together
from services.payments.moves import locked
from services.payments.payment import refund_of, refunds
from services.payments.provider import (
    HOUR,
    RETRY,
    Declined,
    KeyReused,
    NoAnswer,
    RefundAsk,
    RefundSaid,
)
from services.payments.refunds import gave_back, refused
from services.payments.states import REFUND_OPEN, RefundStatus
from services.payments.tables import AttemptRow, PaymentRow, RefundRow

log = structlog.get_logger()


GOING_BACK = Queue(
    RefundRow.id,
    RefundRow.due_at,
    AttemptRow.provider,
    (RefundRow.status.in_(REFUND_OPEN), AttemptRow.id == RefundRow.attempt_id),
)


@dataclass(frozen=True, slots=True)
class Claim:
    refund_id: int
    payment_id: int
    tries: int
    ask: RefundAsk


async def send_refunds(desk: Desk) -> int:
    """Send the refunds that are due, and ask how those taken stand; one round."""
    claims = await _claim(desk)
    await together(_send(desk, claim) for claim in claims)
    return len(claims)


async def _claim(desk: Desk) -> list[Claim]:
    r, now = RefundRow, desk.clock()
    async with desk.begin() as tx:
        ids = await tx.scalars(GOING_BACK.first(desk.provider.name, now))
        leased = update(r).where(r.id.in_(ids)).values(due_at=now + LEASE, tries=r.tries + 1)
        await tx.execute(leased)
        return [_claimed(row) for row in await tx.rows(_asks(ids))]


def _asks(ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    r = RefundRow
    return (
        select(
            r.id, r.payment_id, r.tries, r.uuid, r.amount, r.currency, r.provider_refund,
            AttemptRow.session, AttemptRow.intent, PaymentRow.uuid.label("payment"),
        )
        .join(AttemptRow, AttemptRow.id == r.attempt_id)
        .join(PaymentRow, PaymentRow.id == r.payment_id)
        .where(r.id.in_(ids))
    )  # fmt: skip


def _claimed(row: Row[Any]) -> Claim:
    money = Money(row.amount, row.currency)
    ask = RefundAsk(row.uuid, row.payment, row.session, row.intent, money, row.provider_refund)
    return Claim(row.id, row.payment_id, row.tries, ask)


async def _send(desk: Desk, claim: Claim) -> None:
    try:
        said = await desk.provider.refund(claim.ask)
    except NoAnswer as error:
        log.warning("payments.refund_no_answer", refund=claim.refund_id, why=str(error))
        await _not_yet(desk, claim, RefundStatus.UNKNOWN, None)
    except (Declined, KeyReused) as error:
        log.error("payments.refund_declined", refund=claim.refund_id, why=str(error))
        await _decided(desk, claim, done=False, why=str(error))
    else:
        await _took(desk, claim, said)


async def _took(desk: Desk, claim: Claim, said: RefundSaid) -> None:
    if said.done is None:
        await _not_yet(desk, claim, RefundStatus.SENT, said.refund)
    else:
        await _decided(desk, claim, done=said.done, why="refused", provider_id=said.refund)


async def _not_yet(desk: Desk, claim: Claim, status: RefundStatus, provider_id: str | None) -> None:
    """No answer: soon again, with the same key. Taken, not done: its event says it."""
    now, known = desk.clock(), provider_id or claim.ask.known
    pause = later(RETRY, claim.tries - 1) if provider_id is None else HOUR
    values = {"status": RefundStatus.SENT if known else status, "due_at": now + pause}
    if known:
        values |= {"provider_refund": known, "sent_at": now}
    mine = RefundRow.id == claim.refund_id
    async with desk.begin() as tx:
        await tx.execute(
            update(RefundRow).where(mine, RefundRow.status.in_(REFUND_OPEN)).values(values)
        )


async def _decided(
    desk: Desk, claim: Claim, *, done: bool, why: str, provider_id: str | None = None
) -> None:
    now = desk.clock()
    async with desk.begin() as tx:
        payment = await locked(tx, claim.payment_id)
        if provider_id is not None:
            values = {"provider_refund": provider_id, "sent_at": now}
            await tx.execute(
                update(RefundRow).where(RefundRow.id == claim.refund_id).values(values)
            )
        refund = refund_of((await tx.rows(refunds().where(RefundRow.id == claim.refund_id)))[0])
        if done:
            await gave_back(tx, now, desk.facts, payment, refund)
            await desk.settler(tx).all_went_back(payment)
        else:
            await refused(tx, now, desk.facts, payment, refund, why)
