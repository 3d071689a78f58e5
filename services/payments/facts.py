"""What payments announce: to the person who pays, and of disputes to those who sold.

Amounts are minor units of `currency`.
"""

from datetime import datetime
from typing import Any, ClassVar

from services.ground.facts import Fact
from services.payments.payment import Payment


class PaymentFact(Fact):
    """What every fact about a payment carries: which one, and what it is for."""

    payment_id: int
    service_type: str
    service_id: int
    attempt: int  # a link asked for again is told again


class PaymentReady(PaymentFact):
    """The link is there: the person can pay `amount` at `url` until `expires_at`; without a
    `url` they are being asked on their phone."""

    tag: ClassVar[str] = "payment-ready"
    url: str | None
    amount: int
    currency: str
    expires_at: datetime


class PaymentFailed(PaymentFact):
    """No money moved, and no link or try is open any more; it may be asked for again."""

    tag: ClassVar[str] = "payment-failed"


class PaymentExpired(PaymentFact):
    """The link lapsed unpaid; `Payments.ask_again` offers a fresh one."""

    tag: ClassVar[str] = "payment-expired"


class PaymentHeld(PaymentFact):
    """Something about the money differs; a person at the platform looks at it."""

    tag: ClassVar[str] = "payment-held"


class RefundFact(PaymentFact):
    """What every fact about a refund carries. `why`: `cannot_fulfil`, `paid_twice`, or the
    reason its asker gave."""

    refund_id: int
    amount: int
    currency: str
    why: str
    to_wallet: bool = False  # into the payer's wallet, not to where it came from
    business_id: int | None = None  # the seller whose part it is of; None: everybody's


class RefundStarted(RefundFact):
    """`amount` is on its way back."""

    tag: ClassVar[str] = "refund-started"


class PaymentRefunded(RefundFact):
    """The provider has given `amount` back, or it is in the wallet."""

    tag: ClassVar[str] = "payment-refunded"


class RefundFailed(RefundFact):
    """The provider would not give `amount` back; a person at the platform looks at it."""

    tag: ClassVar[str] = "refund-failed"


class DisputeFact(Fact):
    """Told to a member of the business that sold what is disputed."""

    dispute_id: int


class DisputeMoved(DisputeFact):
    """A dispute was opened, or has become something else: `status` is a DisputeStatus."""

    tag: ClassVar[str] = "dispute-moved"
    status: str


class DisputeAnswered(DisputeFact):
    """The bank has the evidence, and decides."""

    tag: ClassVar[str] = "dispute-answered"


class DisputeDue(DisputeFact):
    """Evidence is due in `days`, unless the bank has it or has decided meanwhile."""

    tag: ClassVar[str] = "dispute-due"
    days: int


class RefundRequest(Fact):
    """Told to a member: another one asks to give back more than one may alone."""

    tag: ClassVar[str] = "refund-request"
    request_id: int


class RefundDecided(Fact):
    """Told to the member who asked: another one has approved, or declined."""

    tag: ClassVar[str] = "refund-decided"
    request_id: int


class ReceiptReady(Fact):
    """A receipt that was asked for is in the files port."""

    tag: ClassVar[str] = "receipt-ready"
    receipt_id: int
    file_key: str
    number: str


class ProofSent(Fact):
    """Told to a member: a payer has sent a photo that shows their transfer."""

    tag: ClassVar[str] = "proof-sent"
    proof_id: int


class ProofWaits(Fact):
    """Told to a member, once: perhaps nobody has looked at a payer's photo yet."""

    tag: ClassVar[str] = "proof-waits"
    proof_id: int


class ProofDecided(Fact):
    """Told to the payer: the money they showed was not found."""

    tag: ClassVar[str] = "proof-decided"
    proof_id: int


FACTS: tuple[type[Fact], ...] = (
    PaymentReady,
    PaymentFailed,
    PaymentExpired,
    PaymentHeld,
    RefundStarted,
    PaymentRefunded,
    RefundFailed,
    DisputeMoved,
    DisputeAnswered,
    DisputeDue,
    RefundRequest,
    RefundDecided,
    ReceiptReady,
    ProofSent,
    ProofWaits,
    ProofDecided,
)


def about(payment: Payment) -> dict[str, Any]:
    """The fields of PaymentFact, for `Kind(**about(payment), …)`."""
    return {
        "user_id": payment.user_id,
        "payment_id": payment.id,
        "service_type": payment.service_type,
        "service_id": payment.service_id,
        "attempt": payment.attempt,
    }
