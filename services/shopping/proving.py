"""Orders paid by transfer: the buyer sends a photo, a member of the business looks."""

from datetime import timedelta

from services.ground.errors import NotFound
from services.payments import Proof
from services.payments.facts import ProofSent, ProofWaits
from services.shopping import stock
from services.shopping.moves import OrderStatus
from services.shopping.order import CannotFulfil, Order
from services.shopping.promising import TRANSFER_TAKES
from services.shopping.settling import Settling

LOOKING_TAKES = timedelta(days=30)
"""How long goods are held while a photo waits for a decision: a shop that does not look for so
long has closed."""

PATIENCE = timedelta(hours=2)
"""A photo that nobody has decided about for so long is shown once more."""


class Proving(Settling):
    """Sending proof, and deciding about it."""

    async def prove(self, order_id: int, user_id: int, file_key: str) -> Proof:
        """The buyer's photo goes to the people of the business; what is held stays held until
        they have looked. Raises NotFound, and services.payments' NotAllowed when it is not
        awaited any more."""
        order = await self._order(order_id)
        if order.user_id != user_id or order.payment_id is None:
            raise NotFound("order")
        proof = await self._payments.prove(order.payment_id, file_key)
        await self._hold(order.id, LOOKING_TAKES)
        for member in await self._deciders(order):
            await self._facts.announce(self._tx, ProofSent(user_id=member, proof_id=proof.id))
            again = ProofWaits(user_id=member, proof_id=proof.id)
            await self._facts.schedule(self._tx, again, self._now + PATIENCE)
        return proof

    async def order_of_proof(self, proof_id: int, by: int) -> Order:
        """The order of a proof that a member may decide. Raises NotFound, NoSuchPayment."""
        proof = await self._payments.proof(proof_id)
        payment = await self._payments.payment(proof.payment_id)
        order = await self._order(payment.service_id)
        if await self._businesses.member(by, order.business_id) is None:
            raise NotFound("order")
        return order

    async def confirm_transfer(self, proof_id: int, by: int) -> Order | CannotFulfil:
        """The money is there. CannotFulfil: the goods are gone meanwhile, or the order was called
        off; the business gives it back by hand, and the buyer has been told so.

        Raises as `order_of_proof`, and services.payments' AlreadyDecided, SamePerson.
        """
        order = await self.order_of_proof(proof_id, by)
        payment = await self._payments.confirm_proof(proof_id, by)
        [paid] = await self.mark_paid(order.id)  # a transfer is of one order
        if isinstance(paid, CannotFulfil):
            why = "cannot_fulfil" if paid.missing else "order_cancelled"
            await self._payments.refund(payment.id, why, why)
            await self.mark_refunded(order.id)
        return paid

    async def decline_transfer(self, proof_id: int, by: int, why: str | None) -> Order:
        """It is not there; the buyer has a day to send another photo. Raises as
        `confirm_transfer`."""
        order = await self.order_of_proof(proof_id, by)
        await self._payments.decline_proof(proof_id, by, why)
        await self._hold(order.id, TRANSFER_TAKES)
        return order

    async def _hold(self, order_id: int, so_long: timedelta) -> None:
        """What is held for the order is held from now for so long; what lapsed stays lapsed."""
        order = await self._lock_order(order_id)
        if order.status is OrderStatus.PENDING and self._is_held(order):
            until = self._now + so_long
            await stock.hold(self._tx, until, order.id)
            await self._set(order.id, reserved_until=until)
