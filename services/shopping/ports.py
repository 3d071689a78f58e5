"""What the shop needs of payments, and of the people who sell."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from services.businesses import About, Business, FactFor, Member, Right
from services.ground.money import Money
from services.payments import Payment, Proof, Refund, Request, Seller
from services.payments.methods import Provided


class Asked(Protocol):
    """A payment that was asked for."""

    @property
    def id(self) -> int: ...


class PaymentsPort(Protocol):
    """The payments service, as far as an order needs it."""

    async def request(
        self,
        user_id: int,
        amount: Money,
        service_type: str,
        service_id: int,
        description: str,
        expires_at: datetime | None = None,
        method: str = "stripe",
        *,
        sellers: Sequence[Seller] = (),
        payer: str | None = None,
    ) -> Asked:
        """Ask for money; asking again for the same thing gives the same payment."""

    def offered(self, currency: str) -> tuple[Provided, ...]:
        """How what is priced in a currency can be paid, beside by cash."""

    def can_charge(self, method: str, amount: Money) -> bool:
        """Whether a method of those can take an amount to the unit."""

    async def payment(self, payment_id: int) -> Payment: ...

    async def lock(self, payment_id: int) -> None:
        """Let nobody else move it until the transaction ends: before anything else is locked."""

    async def ask_again(self, payment_id: int, expires_at: datetime | None = None) -> Asked:
        """A fresh link for a payment that lapsed or failed."""

    async def cancel(self, payment_id: int) -> object:
        """Want the money no more. Raises services.payments' NotAllowed once it came."""

    async def cash_received(self, payment_id: int) -> object: ...

    async def require_wallet(self, user_id: int, amount: Money) -> None:
        """Raises services.ledger's NotEnough."""

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
        """Give all of it back, or of a seller's part, or less; the same key is the same refund."""

    async def refundable(self, payment_id: int, seller: int | None = None) -> Money:
        """What of it, or of a seller's part, could go back now."""

    async def is_all_back(self, payment_id: int, seller: int) -> bool:
        """Whether all of a seller's part has gone back."""

    async def ask_refund(
        self, payment_id: int, by: int, amount: Money, reason: str, seller: int | None = None
    ) -> Request:
        """Have a second person approve it."""

    async def decide_refund(
        self, request_id: int, by: int, *, approve: bool, why: str | None = None
    ) -> Request: ...

    async def prove(self, payment_id: int, file_key: str) -> Proof: ...

    async def proof(self, proof_id: int) -> Proof: ...

    async def waiting_proofs(self, payment_ids: Collection[int]) -> int: ...

    async def waiting_proof(self, payment_id: int) -> Proof | None: ...

    async def confirm_proof(self, proof_id: int, by: int) -> Payment: ...

    async def decline_proof(self, proof_id: int, by: int, why: str | None) -> Payment: ...

    async def refund_request(self, request_id: int) -> Request: ...


class BusinessesPort(Protocol):
    """The businesses service, as far as the shop needs it."""

    async def get(self, business_id: int) -> Business: ...

    async def member(self, user_id: int, business_id: int) -> Member | None: ...

    async def require_member(
        self, user_id: int, business_id: int, right: Right = "orders"
    ) -> Member: ...

    async def business_of(self, user_id: int) -> list[Business]: ...

    async def members(self, business_id: int) -> list[Member]: ...

    async def members_to_tell(self, business_id: int, about: About) -> list[int]: ...

    async def tell(self, business_id: int, about: About, fact_for: FactFor) -> None:
        """Announce a fact to every member who wants to hear of it."""

    async def tell_until_answered(
        self, business_id: int, about: About, fact_for: FactFor, again: FactFor
    ) -> None:
        """The same, and `again` a little later, to the next members too."""
