"""Asking people for money, and answering whether it came: the public face of payments."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from services.ground.facts import Facts
from services.ground.money import Money
from services.ground.transaction import Transaction
from services.ledger import Ledger, NotEnough
from services.ledger import account as accounts
from services.payments import refunds
from services.payments.books import TOP_UP, Books
from services.payments.errors import AlreadyAsked, AlreadyPaid, NoSuchPayment, NotAllowed, Overtaken
from services.payments.methods import BY_HAND, CHARGEABLE, Provided, can_charge, offered
from services.payments.moves import ask_soon, begin_attempt, locked, move, set_attempt, wake
from services.payments.payment import (
    Dispute,
    Line,
    Payment,
    Refund,
    dispute_of,
    disputes,
    payment_of,
    payments,
)
from services.payments.proofs import MANUAL, Proofs
from services.payments.receipts import Receipts
from services.payments.requests import Requests
from services.payments.shares import Seller, left_of, promised_by, shares, shares_of
from services.payments.states import ProofStatus, Status
from services.payments.tables import OPEN_SERVICE, AttemptRow, DisputeRow, PaymentRow

SHORTEST = timedelta(minutes=32)
"""A link lives at least this long: Stripe wants 30 minutes at the moment it is created."""
LONGEST = timedelta(hours=23)
"""And at most this long: Stripe's sessions end after 24 hours."""


class Payments(Requests, Receipts, Proofs):
    """Payments as one transaction sees them. Talks to no provider: the jobs do that."""

    def __init__(
        self,
        *,
        tx: Transaction,
        now: datetime,
        facts: Facts,
        providers: Collection[str] = ("stripe",),
    ) -> None:
        """`providers`: those that are configured, by name."""
        self._tx = tx
        self._now = now
        self._facts = facts
        self._providers = providers

    def offered(self, currency: str) -> tuple[Provided, ...]:
        """How what is priced in a currency can be paid, beside by cash."""
        return offered(currency, self._providers)

    def can_charge(self, method: str, amount: Money) -> bool:
        """Whether one of those can take `amount` to the unit."""
        return can_charge(method, amount)

    async def request(
        self,
        user_id: int,
        amount: Money,
        service_type: str,
        service_id: int,
        description: str,
        expires_at: datetime | None = None,
        method: str = "stripe",
        lines: Sequence[Line] = (),
        sellers: Sequence[Seller] = (),
        payer: str | None = None,
    ) -> Payment:
        """Ask `user_id` for `amount`; asking again for the same thing gives the same payment.

        With a provider the link follows as PaymentReady and is open until
        `expires_at`, put between 32 minutes and 23 hours from now: read it from
        what is returned; "mpesa" asks on the phone `payer` (E.164) instead.
        With "cash" the payment waits for `cash_received`, with "manual" for `confirm_proof`.
        With "wallet" it is paid at once: ask `require_wallet` first, before anything that cannot
        be undone.
        What comes in is split among the `sellers`, as they were when it was asked for.
        Raises AlreadyPaid, AlreadyAsked (another amount or method is open), NotChargeable,
        Overtaken (by what else was paid from the wallet).
        """
        await self._refuse_paid(service_type, service_id)
        if (method, service_type) == ("wallet", TOP_UP):
            raise NotAllowed("a wallet is not filled from a wallet")
        values = {
            "user_id": user_id,
            "amount": amount.amount,
            "currency": amount.currency,
            "service_type": service_type,
            "service_id": service_id,
            "description": description,
            "lines": [asdict(line) for line in lines],
            "shares": [asdict(share) for share in shares(amount, sellers)],
            "method": method,
            "details": {} if payer is None else {"payer": payer},
        }
        made = await self._insert(values | self._opening(amount, method, expires_at))
        if made is None:
            return await self._same(service_type, service_id, amount, method)
        await begin_attempt(self._tx, made, 1, made.expires_at)
        if made.status is Status.CREATED:
            await wake(self._tx, "create")
        return await self._from_wallet(made) if method == "wallet" else made

    async def _from_wallet(self, payment: Payment) -> Payment:
        try:
            return await self._receive(payment)
        except NotEnough as short:
            raise Overtaken from short

    async def require_wallet(self, user_id: int, amount: Money) -> None:
        """Raises NotEnough when the person's wallet does not hold `amount`; nothing is locked."""
        wallet = accounts.wallet(user_id, amount.currency)
        left = await Ledger(tx=self._tx, now=self._now).balance(wallet)
        if left < amount:
            raise NotEnough(wallet.name, left)

    async def payment(self, payment_id: int) -> Payment:
        """Raises NoSuchPayment. Whose it is, is for the caller to check."""
        row = await self._tx.row(payments().where(PaymentRow.id == payment_id))
        if row is None:
            raise NoSuchPayment
        return payment_of(row)

    async def lock(self, payment_id: int) -> None:
        """Let nobody else move it until the transaction ends. Raises NoSuchPayment."""
        await locked(self._tx, payment_id)

    async def for_service(self, service_type: str, service_id: int) -> Payment | None:
        """The one that counts for this thing: paid before open before given back, else newest."""
        rows = await self._tx.rows(
            payments()
            .where(PaymentRow.service_type == service_type, PaymentRow.service_id == service_id)
            .order_by(PaymentRow.id)
        )
        found = [payment_of(row) for row in rows]
        return max(found, key=_counts, default=None)

    async def descriptions(self, payment_ids: Iterable[int]) -> dict[int, str]:
        """What each payment was for, in the words it was asked with."""
        p = PaymentRow
        rows = await self._tx.rows(select(p.id, p.description).where(p.id.in_(payment_ids)))
        return {row.id: row.description for row in rows}

    async def last_payer(self, user_id: int) -> str | None:
        """The number that a person was last asked on (E.164)."""
        p = PaymentRow
        payer = p.details["payer"].as_string()
        newest = select(payer).where(p.user_id == user_id, payer.is_not(None))
        found: str | None = await self._tx.scalar(newest.order_by(p.id.desc()).limit(1))
        return found

    async def history(self, user_id: int, limit: int = 20) -> list[Payment]:
        """A person's payments, newest first."""
        newest = payments().where(PaymentRow.user_id == user_id).order_by(PaymentRow.id.desc())
        return [payment_of(row) for row in await self._tx.rows(newest.limit(limit))]

    async def ask_again(self, payment_id: int, expires_at: datetime | None = None) -> Payment:
        """A fresh link for one that lapsed or failed; one that still works is returned as it is.

        Raises AlreadyPaid, NotAllowed (cancelled, by hand), AlreadyAsked (another payment is open).
        """
        payment = await locked(self._tx, payment_id)
        if payment.is_paid:
            raise AlreadyPaid
        if self._has_lapsed(payment):
            payment = await self._end(payment, Status.EXPIRED)
        if payment.is_open:
            return payment
        await self._refuse_other(payment)
        ends = self._ends(expires_at)
        number = await self._next_attempt(payment)
        payment = await move(
            self._tx, payment, Status.CREATED, self._now,
            attempt=number, expires_at=ends, url=None, due_at=self._now, failed_at=None,
        )  # fmt: skip
        await begin_attempt(self._tx, payment, number, ends)
        await wake(self._tx, "create")
        return payment

    async def ask_now(self, payment_id: int) -> Payment:
        """The person says *I paid*: have the provider asked at once. Returns what we know now."""
        payment = await locked(self._tx, payment_id)
        if payment.status is Status.PENDING and payment.method not in BY_HAND:
            await ask_soon(self._tx, payment, self._now)
        return payment

    async def cancel(self, payment_id: int) -> Payment:
        """Want the money no more; the link is closed. Raises NotAllowed once paid or held."""
        return await self._stop(payment_id, Status.CANCELLED)

    async def expire(self, payment_id: int) -> Payment:
        """As `cancel`, but the person may ask again."""
        return await self._stop(payment_id, Status.EXPIRED)

    async def cash_received(self, payment_id: int) -> Payment:
        """Cash changed hands; repeating it does nothing. Raises NotAllowed for another method."""
        payment = await locked(self._tx, payment_id)
        if payment.method != "cash":
            raise NotAllowed("not a cash payment")
        if payment.is_paid:
            return payment
        return await self._receive(payment)

    async def confirm_proof(self, proof_id: int, by: int) -> Payment:
        """The transfer that a photo shows is there: the payment is paid, even if it was called
        off meanwhile. Raises NoSuchPayment, SamePerson (the payer), AlreadyDecided."""
        payment = await self._decide_proof(proof_id, by, ProofStatus.CONFIRMED, None)
        return await self._receive(payment)

    async def _receive(self, payment: Payment) -> Payment:
        """All of it changed hands without a provider."""
        amount = payment.amount.amount
        await set_attempt(
            self._tx, payment.id, payment.attempt, status=Status.PAID, received=amount
        )
        paid = await move(self._tx, payment, Status.PAID, self._now, paid_at=self._now)
        await Books(self._tx, self._now).captured(paid, paid.attempt, kept=True)
        return paid

    async def refund(
        self,
        payment_id: int,
        reason: str,
        key: str,
        amount: Money | None = None,
        *,
        to_wallet: bool = False,
        seller: int | None = None,
    ) -> Refund:
        """Give back `amount`, or all that is left; the same `key` is the same refund.

        It goes back to where it came from, or `to_wallet` of the payer: at once. With a `seller`
        it is of that business's part, which alone bears it.
        Raises NotAllowed (nothing came in, the payer's bank has taken it, or it was a transfer
        past the platform: only the seller can give it back), TooMuch, SameKeyOtherRefund.
        """
        payment = await locked(self._tx, payment_id)
        if payment.is_contested:
            raise NotAllowed("the payer's bank has taken it")
        if to_wallet and payment.method == MANUAL:
            raise NotAllowed("the platform never had it")
        return await refunds.promise(
            self._tx, self._now, self._facts, payment,
            reason=reason, key=key, amount=amount, to_wallet=to_wallet, seller=seller,
        )  # fmt: skip

    async def refunds(self, payment_id: int) -> list[Refund]:
        return await refunds.of_payment(self._tx, payment_id)

    async def given_back(self, payment_id: int, seller: int) -> Money:
        """What of a seller's part has gone back."""
        payment = await self.payment(payment_id)
        parts = await shares_of(self._tx, payment_id)
        mine = sum(part.amount for part in parts if part.business_id == seller)
        gone = await promised_by(self._tx, [payment_id], done=True)
        left = left_of(seller, parts, gone[payment_id]) if parts else 0
        return Money(mine - left, payment.amount.currency)

    async def is_all_back(self, payment_id: int, seller: int) -> bool:
        """Whether nothing of a seller's part is left: all of it has gone back."""
        if (await self.payment(payment_id)).status is Status.REFUNDED:
            return True
        parts = await shares_of(self._tx, payment_id)
        gone = await promised_by(self._tx, [payment_id], done=True)
        return bool(parts) and left_of(seller, parts, gone[payment_id]) <= 0

    async def dispute(self, dispute_id: int) -> Dispute:
        """Raises NoSuchPayment. Whose it is, is for the caller to check."""
        row = await self._tx.row(disputes().where(DisputeRow.id == dispute_id))
        if row is None:
            raise NoSuchPayment
        return dispute_of(row)

    async def _refuse_paid(self, service_type: str, service_id: int) -> None:
        known = await self.for_service(service_type, service_id)
        if known is not None and known.is_paid and known.status is not Status.REFUNDED:
            raise AlreadyPaid

    async def _refuse_other(self, payment: Payment) -> None:
        other = await self.for_service(payment.service_type, payment.service_id)
        if other is not None and other.id != payment.id and other.is_open:
            raise AlreadyAsked
        if other is not None and other.is_paid:
            raise AlreadyPaid

    async def _insert(self, values: dict[str, object]) -> Payment | None:
        """The new payment, or None when another one is open for the same thing."""
        statement = (
            insert(PaymentRow)
            .values(values | {"created_at": self._now, "updated_at": self._now})
            .on_conflict_do_nothing(
                index_elements=["service_type", "service_id"], index_where=text(OPEN_SERVICE)
            )
            .returning(PaymentRow.id)
        )
        made = await self._tx.scalar(statement)
        return None if made is None else await self.payment(made)

    def _opening(
        self, amount: Money, method: str, expires_at: datetime | None
    ) -> dict[str, object]:
        if method in (*BY_HAND, "wallet"):
            return {"status": Status.PENDING}
        if method not in CHARGEABLE:
            raise NotAllowed(f"no such method: {method}")
        CHARGEABLE[method](amount)
        ends = self._ends(expires_at)
        return {"status": Status.CREATED, "due_at": self._now, "expires_at": ends}

    def _ends(self, wanted: datetime | None) -> datetime:
        soonest, latest = self._now + SHORTEST, self._now + LONGEST
        return min(max(wanted or latest, soonest), latest)

    async def _same(
        self, service_type: str, service_id: int, amount: Money, method: str
    ) -> Payment:
        known = await self.for_service(service_type, service_id)
        if known is None or (known.amount, known.method) != (amount, method):
            raise AlreadyAsked
        return known

    def _has_lapsed(self, payment: Payment) -> bool:
        return (
            payment.status is Status.PENDING
            and payment.expires_at is not None
            and payment.expires_at <= self._now
        )

    async def _next_attempt(self, payment: Payment) -> int:
        if not payment.may_ask_again or payment.method in BY_HAND:
            raise NotAllowed(payment.status)
        newest = select(func.max(AttemptRow.number)).where(AttemptRow.payment_id == payment.id)
        return int(await self._tx.scalar(newest)) + 1

    async def _stop(self, payment_id: int, to: Status) -> Payment:
        payment = await locked(self._tx, payment_id)
        if not payment.is_open and not payment.is_paid:
            return payment
        if payment.status is Status.HELD:
            raise NotAllowed("an operator is looking at it")
        return await self._end(payment, to)

    async def _end(self, payment: Payment, to: Status) -> Payment:
        ended = await move(self._tx, payment, to, self._now)
        if payment.method not in BY_HAND:
            await set_attempt(self._tx, payment.id, payment.attempt, status=to, close_at=self._now)
            await wake(self._tx, "close")
        return ended


def _counts(payment: Payment) -> tuple[int, int]:
    """How much a payment counts among those of one thing."""
    if payment.status in (Status.PAID, Status.PARTLY_REFUNDED):
        return 3, payment.id
    if payment.is_open:
        return 2, payment.id
    return (1 if payment.is_paid else 0), payment.id
