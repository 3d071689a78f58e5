"""Proofs of what is paid past any provider: a photo of a transfer, which a member confirms.

One photo at a time waits for a decision; confirming it is the money's coming in, once.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, insert, select, update

from services.ground.facts import Facts
from services.ground.transaction import Transaction
from services.payments.errors import AlreadyDecided, NoSuchPayment, NotAllowed, SamePerson
from services.payments.facts import ProofDecided
from services.payments.moves import locked
from services.payments.payment import Payment, Proof, proof_of, proofs
from services.payments.states import ProofStatus
from services.payments.tables import ProofRow

MANUAL = "manual"
"""The method of a payment that its payer proves."""


class Proofs:
    """Proving and deciding. Who may decide is the caller's to know."""

    _tx: Transaction
    _now: datetime
    _facts: Facts

    async def prove(self, payment_id: int, file_key: str) -> Proof:
        """Keep a photo for a decision; a newer one takes the place of one that waits.

        Raises NoSuchPayment, NotAllowed (not to be proved, or not awaited any more).
        """
        payment = await locked(self._tx, payment_id)
        if payment.method != MANUAL or not payment.is_open:
            raise NotAllowed(payment.status)
        await self._tx.execute(
            update(ProofRow)
            .where(ProofRow.payment_id == payment_id, ProofRow.status == ProofStatus.SENT)
            .values(status=ProofStatus.REPLACED, decided_at=self._now)
        )
        made = await self._tx.scalar(
            insert(ProofRow)
            .values(
                payment_id=payment_id,
                user_id=payment.user_id,
                file_key=file_key,
                status=ProofStatus.SENT,
                sent_at=self._now,
            )
            .returning(ProofRow.id)
        )
        return await self.proof(made)

    async def proof(self, proof_id: int) -> Proof:
        """Raises NoSuchPayment. Whose it is, is for the caller to check."""
        row = await self._tx.row(proofs().where(ProofRow.id == proof_id))
        if row is None:
            raise NoSuchPayment
        return proof_of(row)

    async def newest_proof(self, payment_id: int) -> Proof | None:
        """The photo that counts, whatever has become of it."""
        sent = proofs().where(ProofRow.payment_id == payment_id)
        row = await self._tx.row(sent.order_by(ProofRow.id.desc()).limit(1))
        return None if row is None else proof_of(row)

    async def waiting_proof(self, payment_id: int) -> Proof | None:
        """The photo that waits for a decision."""
        newest = await self.newest_proof(payment_id)
        return newest if newest is not None and newest.status is ProofStatus.SENT else None

    async def waiting_proofs(self, payment_ids: Collection[int]) -> int:
        """How many of these payments have a photo that waits for a decision."""
        waiting = select(func.count()).where(
            ProofRow.payment_id.in_(payment_ids), ProofRow.status == ProofStatus.SENT
        )
        return int(await self._tx.scalar(waiting) or 0)

    async def decline_proof(self, proof_id: int, by: int, why: str | None) -> Payment:
        """It is not there: the payer is told, and may send another photo.

        Raises NoSuchPayment, SamePerson (the payer), AlreadyDecided.
        """
        payment = await self._decide_proof(proof_id, by, ProofStatus.DECLINED, why)
        fact = ProofDecided(user_id=payment.user_id, proof_id=proof_id)
        await self._facts.announce(self._tx, fact)
        return payment

    async def _decide_proof(
        self, proof_id: int, by: int, to: ProofStatus, why: str | None
    ) -> Payment:
        payment = await locked(self._tx, (await self.proof(proof_id)).payment_id)
        if payment.user_id == by:
            raise SamePerson
        decided = await self._tx.scalar(
            update(ProofRow)
            .where(ProofRow.id == proof_id, ProofRow.status == ProofStatus.SENT)
            .values(status=to, decided_by=by, decided_at=self._now, why=why)
            .returning(ProofRow.id)
        )
        if decided is None:
            raise AlreadyDecided
        return payment
