"""The job that makes links at the provider.

Claim and commit; call the provider outside any transaction; write down what it
said. A job killed between the two leaves a lease that ends, and the next one
asks with the same key: the provider answers with the same link.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update

from services.ground.transaction import Transaction
from services.payments.due import LEASE, Desk, Queue, later, together
from services.payments.facts import PaymentFailed, PaymentReady, about
from services.payments.moves import begin_attempt, locked, move, set_attempt, wake
from services.payments.payment import Line, Payment
from services.payments.payments import SHORTEST
from services.payments.provider import Declined, KeyReused, Link, LinkAsk, NoAnswer
from services.payments.states import Status
from services.payments.tables import AttemptRow, PaymentRow

log = structlog.get_logger()

STRIPE_NEEDS = timedelta(minutes=30, seconds=30)
"""A link must still have this long to live when it is asked for."""
UNASKED = (Status.CREATED, Status.UNKNOWN)
TO_MAKE = Queue(
    PaymentRow.id,
    PaymentRow.due_at,
    PaymentRow.method,
    (PaymentRow.status.in_(UNASKED),),
)
GIVEN_UP = (Status.CANCELLED, Status.EXPIRED, Status.FAILED)


@dataclass(frozen=True, slots=True)
class Claim:
    payment_id: int
    tries: int
    ask: LinkAsk


async def create_links(desk: Desk) -> int:
    """Make the links that were asked for; one round."""
    claims = await _claim(desk)
    await together(_create(desk, claim) for claim in claims)
    return len(claims)


async def _claim(desk: Desk) -> list[Claim]:
    now = desk.clock()
    async with desk.begin() as tx:
        ids = await tx.scalars(TO_MAKE.first(desk.provider.name, now))
        prepared = [await _prepare(desk, tx, one, now) for one in ids]
    return [claim for claim in prepared if claim is not None]


async def _prepare(desk: Desk, tx: Transaction, payment_id: int, now: datetime) -> Claim | None:
    """Take the lease, and write *unknown* before the call: from here on it may have happened."""
    payment = await locked(tx, payment_id)
    if payment.expires_at is not None and payment.expires_at <= now:
        await _give_up(desk, tx, payment, "no link could be made in time")
        return None
    number, expires_at = await _attempt_to_send(tx, payment, now)
    leased = (
        update(PaymentRow)
        .where(PaymentRow.id == payment_id)
        .values(due_at=now + LEASE, asked=PaymentRow.asked + 1)
        .returning(PaymentRow.asked, PaymentRow.lines, PaymentRow.details.label("details"))
    )
    row = (await tx.rows(leased))[0]
    await set_attempt(tx, payment_id, number, status=Status.UNKNOWN)
    ask = LinkAsk(
        key=f"{payment.uuid}-{number}",
        payment=payment.uuid,
        attempt=number,
        amount=payment.amount,
        description=payment.description,
        lines=tuple(Line(**line) for line in row.lines),
        expires_at=expires_at,
        again=row.asked > 1,
        payer=row.details.get("payer"),
    )
    return Claim(payment_id, row.asked, ask)


async def _attempt_to_send(
    tx: Transaction, payment: Payment, now: datetime
) -> tuple[int, datetime]:
    """The attempt as it was sent before; a fresh one when the provider would find it too short."""
    attempts = AttemptRow
    row = await tx.row(
        select(attempts.status, attempts.expires_at).where(
            attempts.payment_id == payment.id, attempts.number == payment.attempt
        )
    )
    if row is not None and row.expires_at >= now + STRIPE_NEEDS:
        return payment.attempt, row.expires_at
    ends = now + SHORTEST
    if row is not None and row.status == Status.CREATED:  # never sent: its content is still ours
        await set_attempt(tx, payment.id, payment.attempt, expires_at=ends)
        return payment.attempt, ends
    return await _renew(tx, payment, now, ends), ends


async def _renew(tx: Transaction, payment: Payment, now: datetime, ends: datetime) -> int:
    """Leave an attempt nobody saw a link of, and begin the next, with a key of its own."""
    await set_attempt(tx, payment.id, payment.attempt, status=Status.CANCELLED, close_at=now)
    number = payment.attempt + 1
    await begin_attempt(tx, payment, number, ends)
    values = {"attempt": number, "due_at": now, "asked": 0}
    await tx.execute(update(PaymentRow).where(PaymentRow.id == payment.id).values(values))
    return number


async def _create(desk: Desk, claim: Claim) -> None:
    try:
        link = await desk.provider.create(claim.ask)
    except NoAnswer as error:
        await _unanswered(desk, claim, str(error))
    except KeyReused:
        await _other_key(desk, claim)
    except Declined as error:
        await _declined(desk, claim, str(error))
    else:
        await _made(desk, claim, link)


async def _made(desk: Desk, claim: Claim, link: Link) -> None:
    now = desk.clock()
    async with desk.begin() as tx:
        payment = await locked(tx, claim.payment_id)
        await set_attempt(tx, payment.id, claim.ask.attempt, session=link.session)
        stale = payment.attempt != claim.ask.attempt or payment.status in GIVEN_UP
        if stale:
            await _close_soon(tx, claim, now)
        elif payment.status in UNASKED:
            await _ready(desk, tx, payment, link, now)


async def _close_soon(tx: Transaction, claim: Claim, now: datetime) -> None:
    await set_attempt(tx, claim.payment_id, claim.ask.attempt, close_at=now)
    await wake(tx, "close")


async def _ready(desk: Desk, tx: Transaction, payment: Payment, link: Link, now: datetime) -> None:
    await set_attempt(tx, payment.id, payment.attempt, status=Status.PENDING)
    payable = link.url is not None or link.on_phone
    payment = await move(
        tx, payment, Status.PENDING, now,
        url=link.url, provider_session=link.session, expires_at=link.expires_at,
        # Closed before we heard of it: paid already, perhaps, so ask at once.
        due_at=now + later(desk.provider.schedule, 0) if payable else now,
    )  # fmt: skip
    if not payable:
        await wake(tx, "ask")
        return
    ready = PaymentReady(
        **about(payment), url=link.url, expires_at=link.expires_at,
        amount=payment.amount.amount, currency=payment.amount.currency,
    )  # fmt: skip
    await desk.facts.announce(tx, ready)


async def _unanswered(desk: Desk, claim: Claim, why: str) -> None:
    """Whether there is a link is unknown; the same key is asked again after a pause."""
    log.warning("payments.no_answer", payment=claim.payment_id, tries=claim.tries, why=why)
    now = desk.clock()
    due = now + later(desk.provider.retry, claim.tries - 1)
    again = {"due_at": due, "asked": claim.tries, "reason": why}
    async with desk.begin() as tx:
        payment = await locked(tx, claim.payment_id)
        if payment.attempt != claim.ask.attempt:
            return
        if payment.status is Status.CREATED:
            await move(tx, payment, Status.UNKNOWN, now, **again)
        elif payment.status is Status.UNKNOWN:
            await tx.execute(update(PaymentRow).where(PaymentRow.id == payment.id).values(**again))


async def _other_key(desk: Desk, claim: Claim) -> None:
    """The content changed under the key (a release changed it): begin again with a new one."""
    now = desk.clock()
    async with desk.begin() as tx:
        payment = await locked(tx, claim.payment_id)
        if payment.status in UNASKED and payment.attempt == claim.ask.attempt:
            await _renew(tx, payment, now, claim.ask.expires_at)


async def _declined(desk: Desk, claim: Claim, why: str) -> None:
    log.warning("payments.declined", payment=claim.payment_id, why=why)
    async with desk.begin() as tx:
        payment = await locked(tx, claim.payment_id)
        if payment.status in UNASKED and payment.attempt == claim.ask.attempt:
            await _give_up(desk, tx, payment, why)


async def _give_up(desk: Desk, tx: Transaction, payment: Payment, why: str) -> None:
    now = desk.clock()
    await set_attempt(tx, payment.id, payment.attempt, status=Status.FAILED, close_at=now)
    failed = await move(tx, payment, Status.FAILED, now, reason=why, failed_at=now)
    await desk.facts.announce(tx, PaymentFailed(**about(failed)))
    await desk.settled.failed(tx, failed)
