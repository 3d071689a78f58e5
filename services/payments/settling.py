"""Believing the provider: its word, checked against what we asked for, moves money once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, cast

from sqlalchemy import select

from services.ground.facts import Facts
from services.ground.transaction import Transaction
from services.payments import disputes, refunds
from services.payments.books import Books
from services.payments.facts import PaymentExpired, PaymentFact, PaymentFailed, PaymentHeld, about
from services.payments.finding import Found, find, other_open, other_paid
from services.payments.moves import ask_soon, close_others, locked, move, set_attempt, wake
from services.payments.payment import Payment, refund_of
from services.payments.payment import refunds as refund_rows
from services.payments.provider import (
    Came,
    Disputed,
    Hint,
    Lapsed,
    Nothing,
    RefundHint,
    RefundSaid,
    Refused,
    Waiting,
    WentBack,
    Word,
    Working,
)
from services.payments.shares import shares_of
from services.payments.states import STILL_OPEN, RefundStatus, Status
from services.payments.tables import RefundRow

BANK_TAKES = timedelta(hours=1)
"""How long after *the bank is working* the provider is asked again."""


class Settled(Protocol):
    """What was paid for hears of it, in the transaction that settles the payment."""

    async def paid(self, tx: Transaction, payment: Payment) -> bool:
        """Money came in. False: it cannot be fulfilled any more, and goes back at once."""

    async def failed(self, tx: Transaction, payment: Payment) -> None: ...

    async def expired(self, tx: Transaction, payment: Payment) -> None: ...

    async def refunded(self, tx: Transaction, payment: Payment) -> None:
        """All of it has gone back, or of one of several sellers' parts maybe, the provider says.
        (Cash back is the asker's own doing.)"""

    async def sellers(self, tx: Transaction, payment: Payment) -> Sequence[int]:
        """User ids of those who sold it and hear of disputes."""


Kind = Literal["settled", "repeated", "ignored", "held", "waiting"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a provider's word. "waiting": not now; it is tried again later."""

    kind: Kind
    reason: str | None = None
    payment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Settler:
    """One transaction's view: `settle` does what a word says, completely or not at all."""

    tx: Transaction
    now: datetime
    facts: Facts
    settled: Settled

    async def settle(self, word: Word) -> Outcome:
        if isinstance(word, Nothing):
            return Outcome("ignored", word.why)
        if isinstance(word, RefundSaid):
            return await self._refund_said(word)
        if isinstance(word, RefundHint):
            return await self._refund_hinted(word)
        found = await find(self.tx, word.mark)
        if found is None:
            return Outcome("waiting", "no payment of ours is known by this reference")
        if found.differs:
            return await self._hold(found, found.differs)
        act = cast(Callable[[Settler, Any, Found], Awaitable[Outcome]], ACTS[type(word)])
        return await act(self, word, found)

    # -- money in ----------------------------------------------------------------

    async def came(self, word: Came, found: Found) -> Outcome:
        payment = found.payment
        if found.received:
            await self._set(found)  # a repetition may know an id we did not
            return self._as("repeated", found)
        if word.amount is not None and word.amount != payment.amount:
            told = f"{word.amount.amount} {word.amount.currency}"
            return await self._hold(found, f"the provider says {told}")
        if payment.status is Status.HELD:
            return self._as("held", found, "waits for an operator")
        received = {"received": payment.amount.amount, "fee_due_at": self.now}
        await self._set(found, status=Status.PAID, close_at=None, **received)
        if payment.is_paid or await other_paid(self.tx, payment):
            return await self._paid_twice(found)
        return await self._paid(found)

    async def _paid(self, found: Found) -> Outcome:
        payment = await move(
            self.tx, found.payment, Status.PAID, self.now,
            paid_at=self.now, attempt=found.number,
            provider_session=found.session, provider_intent=found.intent,
            provider_charge=found.charge,
        )  # fmt: skip
        await close_others(self.tx, payment, self.now)
        kept = await self.settled.paid(self.tx, payment)
        await Books(self.tx, self.now).captured(payment, found.number, kept=kept)
        if kept:
            return self._as("settled", found)
        payment = await locked(self.tx, payment.id)
        await refunds.promise(
            self.tx, self.now, self.facts, payment, reason="cannot_fulfil", key="cannot_fulfil"
        )
        return self._as("settled", found, "cannot be fulfilled: money goes back")

    async def _paid_twice(self, found: Found) -> Outcome:
        """Two links, or two payments, of one thing were paid: this one goes back."""
        payment = found.payment
        if not payment.is_paid:
            payment = await move(
                self.tx, payment, Status.PAID, self.now, paid_at=self.now, attempt=found.number
            )
        await Books(self.tx, self.now).captured(payment, found.number, kept=False)
        await refunds.promise(
            self.tx, self.now, self.facts, payment,
            reason="paid_twice", key=f"paid_twice-{found.number}", attempt=found.number,
        )  # fmt: skip
        return self._as("settled", found, "paid twice: money goes back")

    # -- no money ----------------------------------------------------------------

    async def working(self, word: Working, found: Found) -> Outcome:
        """The link is used up and cannot lapse; the bank decides in hours or days."""
        payment = found.payment
        if not self._counts(found):
            return self._as("repeated", found)
        await self._set(found)
        again = {"url": None, "expires_at": None, "due_at": self.now + BANK_TAKES}
        await move(self.tx, payment, Status.PENDING, self.now, reason="bank", **again)
        return self._as("settled", found, "the bank is working")

    async def waiting(self, word: Waiting, found: Found) -> Outcome:
        return self._as("ignored", found, "the person can still pay")

    async def lapsed(self, word: Lapsed, found: Found) -> Outcome:
        ended = await self._ended(found, Status.EXPIRED, PaymentExpired)
        if ended is None:
            return self._as("repeated", found)
        await self.settled.expired(self.tx, ended)
        return self._as("settled", found)

    async def refused(self, word: Refused, found: Found) -> Outcome:
        values = {"failed_at": self.now, "reason": word.why}
        ended = await self._ended(found, Status.FAILED, PaymentFailed, **values)
        if ended is None:
            return self._as("repeated", found)
        await self.settled.failed(self.tx, ended)
        return self._as("settled", found)

    async def _ended(
        self, found: Found, to: Status, kind: type[PaymentFact], **values: object
    ) -> Payment | None:
        """The payment, ended; None when this attempt was not what it waited for."""
        if not found.received:
            await self._set(found, status=to, close_at=None)
        if not self._counts(found):
            return None
        ended = await move(self.tx, found.payment, to, self.now, **values)
        await self.facts.announce(self.tx, kind(**about(ended)))
        return ended

    # -- money back --------------------------------------------------------------

    async def went_back(self, word: WentBack, found: Found) -> Outcome:
        if not found.received:
            return self._as("waiting", found, "given back before we heard it was paid")
        if word.total.currency != found.payment.amount.currency:
            return self._as("held", found, "given back in another currency")
        if word.total.amount > found.received:
            return self._as("held", found, "more was given back than came in")
        new = await refunds.total_went_back(
            self.tx, self.now, self.facts, found.payment, found.number, word.total
        )
        await self.all_went_back(found.payment)
        return self._as("settled" if new else "repeated", found)

    async def _refund_said(self, word: RefundSaid) -> Outcome:
        mine = select(RefundRow.payment_id).where(RefundRow.uuid == word.key)
        payment_id = await self.tx.scalar(mine)
        if payment_id is None:
            return Outcome("waiting", "no refund of ours is known by this reference")
        payment = await locked(self.tx, payment_id)
        refund = refund_of((await self.tx.rows(refund_rows().where(RefundRow.uuid == word.key)))[0])
        if word.done is None:
            return Outcome("ignored", "the provider is working on it", payment_id)
        if word.done:
            if refund.status is RefundStatus.SUCCEEDED:
                return Outcome("repeated", None, payment_id)
            await refunds.gave_back(self.tx, self.now, self.facts, payment, refund)
            await self.all_went_back(payment)
            return Outcome("settled", None, payment_id)
        if refund.status is RefundStatus.SUCCEEDED:
            return Outcome("held", "a refund that was done has failed", payment_id)
        await refunds.refused(self.tx, self.now, self.facts, payment, refund, "refused")
        return Outcome("settled", "the refund was refused", payment_id)

    async def all_went_back(self, before: Payment) -> None:
        """If the last of it went back since `before`, or something of what several sold: what was
        paid for hears of it."""
        payment = await locked(self.tx, before.id)
        if payment.refunded == before.refunded:
            return
        if payment.status is Status.REFUNDED or len(await shares_of(self.tx, payment.id)) > 1:
            await self.settled.refunded(self.tx, payment)

    # -- disputes ----------------------------------------------------------------

    async def disputed(self, word: Disputed, found: Found) -> Outcome:
        if not found.received:
            return self._as("waiting", found, "disputed before we heard it was paid")
        if word.amount.currency != found.payment.amount.currency or word.amount.amount <= 0:
            return self._as("held", found, "another sum is disputed")
        if not await disputes.record(self.tx, self.now, word, found):
            return self._as("repeated", found)
        dispute = await disputes.known(self.tx, word, found)
        books = Books(self.tx, self.now)
        if word.moved == "withdrawn" and dispute.is_withdrawn:
            await books.withdrawn(found.payment, found.number, dispute.id, dispute.amount)
        if word.moved == "reinstated":
            await books.reinstated(dispute.id)
        sellers = await self.settled.sellers(self.tx, found.payment)
        await disputes.tell(self.tx, self.facts, self.now, dispute, sellers)
        return self._as("settled", found)

    # -- only hints ---------------------------------------------------------------

    async def hinted(self, word: Hint, found: Found) -> Outcome:
        """Ask at once: about a payment that waits, or whether a link that was given up was paid."""
        if found.received:
            return self._as("repeated", found)
        if found.payment.status is Status.PENDING and self._counts(found):
            await ask_soon(self.tx, found.payment, self.now)
        else:
            await self._set(found, close_at=self.now)
            await wake(self.tx, "close")
        return self._as("ignored", found, "only a hint: the provider is asked")

    async def _refund_hinted(self, word: RefundHint) -> Outcome:
        payment_id = await refunds.ask_soon(self.tx, word.key, self.now)
        if payment_id is None:
            return Outcome("ignored", "no refund of ours that is under way")
        return Outcome("ignored", "only a hint: the provider is asked", payment_id)

    # -- small things ------------------------------------------------------------

    async def _hold(self, found: Found, why: str) -> Outcome:
        """A difference is never paid; an operator decides. The event is kept with its reason."""
        payment = found.payment
        free = payment.is_open or not await other_open(self.tx, payment)
        if payment.status is not Status.HELD and not payment.is_paid and free:
            held = await move(self.tx, payment, Status.HELD, self.now, reason=why)
            await self.facts.announce(self.tx, PaymentHeld(**about(held)))
        return self._as("held", found, why)

    def _counts(self, found: Found) -> bool:
        """Whether the payment still waits, and for this very attempt."""
        payment = found.payment
        return payment.status in STILL_OPEN and found.number == payment.attempt

    async def _set(self, found: Found, **values: object) -> None:
        ids = {"session": found.session, "intent": found.intent, "charge": found.charge}
        await set_attempt(self.tx, found.payment.id, found.number, **ids, **values)

    def _as(self, kind: Kind, found: Found, reason: str | None = None) -> Outcome:
        return Outcome(kind, reason, found.payment.id)


ACTS: dict[type[Word], object] = {
    Came: Settler.came,
    Working: Settler.working,
    Waiting: Settler.waiting,
    Lapsed: Settler.lapsed,
    Refused: Settler.refused,
    WentBack: Settler.went_back,
    Disputed: Settler.disputed,
    Hint: Settler.hinted,
}
