"""Refunds over a limit: one member asks, another decides. The database sees to it that they
are two, and that each seller's part of a payment has one such question at a time.
"""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from services.ground.facts import Facts
from services.ground.money import Money
from services.ground.transaction import Transaction
from services.payments import refunds
from services.payments.errors import AlreadyDecided, NoSuchPayment, NotAllowed, SamePerson, TooMuch
from services.payments.facts import RefundDecided
from services.payments.moves import locked
from services.payments.payment import Payment, Request, request_of, requests
from services.payments.states import RequestStatus
from services.payments.tables import RequestRow

NOT_POSSIBLE = "not_possible"
"""Why a request is declined whose money has gone elsewhere since it was asked for."""


class Requests:
    """Asking a second person, and their word. Who may ask and decide is the caller's to know."""

    _tx: Transaction
    _now: datetime
    _facts: Facts

    async def refundable(self, payment_id: int, seller: int | None = None) -> Money:
        """What of a payment, or of a seller's part, could go back now; nothing of one whose bank
        has taken it."""
        payment = await locked(self._tx, payment_id)
        if not payment.is_paid or payment.is_contested:
            return Money(0, payment.amount.currency)
        return await refunds.left(self._tx, payment, seller)

    async def ask_refund(
        self, payment_id: int, by: int, amount: Money, reason: str, seller: int | None = None
    ) -> Request:
        """Ask a second person to approve. While a question about the payment, or the seller's
        part of it, is open, it is that one, whatever its amount. Raises TooMuch, NotAllowed."""
        payment = await locked(self._tx, payment_id)
        left = await refunds.left(self._tx, payment, seller)
        if payment.is_contested:
            raise NotAllowed("the payer's bank has taken it")
        if amount.currency != left.currency or not 0 < amount.amount <= left.amount:
            raise TooMuch
        await self._tx.execute(
            insert(RequestRow)
            .values(
                payment_id=payment.id,
                user_id=payment.user_id,
                amount=amount.amount,
                currency=amount.currency,
                reason=reason,
                status=RequestStatus.ASKED,
                business_id=seller,
                asked_by=by,
                asked_at=self._now,
            )
            .on_conflict_do_nothing()
        )
        return await self._asked(payment, seller)

    async def refund_request(self, request_id: int) -> Request:
        """Raises NoSuchPayment. Whose it is, is for the caller to check."""
        row = await self._tx.row(requests().where(RequestRow.id == request_id))
        if row is None:
            raise NoSuchPayment
        return request_of(row)

    async def decide_refund(
        self, request_id: int, by: int, *, approve: bool, why: str | None = None
    ) -> Request:
        """Approve, and the money goes back; or decline for a reason. Once.

        What cannot go back any more is declined as NOT_POSSIBLE. The asker is told.
        Raises NoSuchPayment, SamePerson, AlreadyDecided.
        """
        asked = await self.refund_request(request_id)
        payment = await locked(self._tx, asked.payment_id)
        if asked.asked_by == by:
            raise SamePerson
        left = await self.refundable(payment.id, asked.business_id)
        if approve and asked.amount.amount > left.amount:
            approve, why = False, NOT_POSSIBLE
        await self._decide(request_id, by, approve, why)
        if approve:
            await refunds.promise(
                self._tx, self._now, self._facts, payment,
                reason=asked.reason, key=f"request-{request_id}", amount=asked.amount,
                seller=asked.business_id,
            )  # fmt: skip
        fact = RefundDecided(user_id=asked.asked_by, request_id=request_id)
        await self._facts.announce(self._tx, fact)
        return await self.refund_request(request_id)

    async def _decide(self, request_id: int, by: int, approve: bool, why: str | None) -> None:
        to = RequestStatus.APPROVED if approve else RequestStatus.DECLINED
        decided = await self._tx.scalar(
            update(RequestRow)
            .where(RequestRow.id == request_id, RequestRow.status == RequestStatus.ASKED)
            .values(status=to, decided_by=by, decided_at=self._now, why=why)
            .returning(RequestRow.id)
        )
        if decided is None:
            raise AlreadyDecided

    async def _asked(self, payment: Payment, seller: int | None) -> Request:
        r = RequestRow
        open_ = requests().where(
            r.payment_id == payment.id,
            r.business_id.is_not_distinct_from(seller),
            r.status == RequestStatus.ASKED,
        )
        return request_of((await self._tx.rows(open_))[0])
