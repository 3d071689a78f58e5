"""What payments tell other rooms: frozen pictures of a payment, its lines, refunds, disputes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from services.ground.money import Money
from services.payments.states import (
    CONTESTED,
    LAPSED,
    OPEN,
    SETTLED,
    UNDECIDED,
    DisputeStatus,
    ProofStatus,
    RefundStatus,
    RequestStatus,
    Status,
)
from services.payments.tables import DisputeRow, PaymentRow, ProofRow, RefundRow, RequestRow


@dataclass(frozen=True, slots=True)
class Line:
    """One line the payment page shows: `each` is the price of one piece."""

    name: str
    each: int  # minor units of the payment's currency
    quantity: int


@dataclass(frozen=True, slots=True)
class Payment:
    """One amount asked of one person for one thing."""

    id: int
    uuid: UUID
    user_id: int
    service_type: str
    service_id: int
    amount: Money
    refunded: Money
    method: str
    status: Status
    dispute: DisputeStatus | None
    attempt: int
    url: str | None
    description: str
    reason: str | None
    expires_at: datetime | None
    paid_at: datetime | None
    refunded_at: datetime | None
    created_at: datetime

    @property
    def is_open(self) -> bool:
        """Money may still come in."""
        return self.status in OPEN

    @property
    def is_paid(self) -> bool:
        """Money came in (it may have gone back since: see `refunded`)."""
        return self.status in SETTLED

    @property
    def is_contested(self) -> bool:
        """The payer's bank has taken the money, for now or for good."""
        return self.dispute in CONTESTED

    @property
    def may_ask_again(self) -> bool:
        return self.status in LAPSED


@dataclass(frozen=True, slots=True)
class Refund:
    id: int
    payment_id: int
    amount: Money
    reason: str
    to_wallet: bool  # not to where it came from
    status: RefundStatus
    created_at: datetime
    business_id: int | None  # the seller whose part it is of; None: everybody's

    @property
    def is_done(self) -> bool:
        return self.status is RefundStatus.SUCCEEDED


@dataclass(frozen=True, slots=True)
class Dispute:
    """A payer's objection at their bank. `reason` is the provider's word."""

    id: int
    payment_id: int
    amount: Money
    reason: str
    status: DisputeStatus
    evidence_due_at: datetime | None
    answered_at: datetime | None
    is_withdrawn: bool  # the money is with the bank

    @property
    def needs_evidence(self) -> bool:
        return self.status in UNDECIDED and self.answered_at is None


@dataclass(frozen=True, slots=True)
class Request:
    """A refund asked for by one member, decided by another. `why` it was declined."""

    id: int
    payment_id: int
    amount: Money
    reason: str
    status: RequestStatus
    asked_by: int
    decided_by: int | None
    why: str | None
    business_id: int | None  # the seller whose part it is of


@dataclass(frozen=True, slots=True)
class Proof:
    """A payer's photo of a payment. `why` it was declined."""

    id: int
    payment_id: int
    file_key: str  # in the files port
    status: ProofStatus
    why: str | None


_t = PaymentRow
_FIELDS = (
    _t.id, _t.uuid, _t.user_id, _t.service_type, _t.service_id, _t.amount, _t.currency,
    _t.refunded, _t.method, _t.status, _t.dispute, _t.attempt, _t.url, _t.description, _t.reason,
    _t.expires_at, _t.paid_at, _t.refunded_at, _t.created_at,
)  # fmt: skip


def payments() -> Select[*tuple[Any, ...]]:
    """The columns `payment_of` reads, to be narrowed by the caller."""
    return select(*_FIELDS)


def payment_of(row: Row[Any]) -> Payment:
    fields = dict(row._mapping)
    currency = fields.pop("currency")
    fields["amount"] = Money(fields["amount"], currency)
    fields["refunded"] = Money(fields["refunded"], currency)
    fields["status"] = Status(fields["status"])
    fields["dispute"] = fields["dispute"] and DisputeStatus(fields["dispute"])
    return Payment(**fields)


def refunds() -> Select[*tuple[Any, ...]]:
    r = RefundRow
    return select(
        r.id, r.payment_id, r.amount, r.currency, r.reason, r.to_wallet, r.status, r.created_at,
        r.business_id,
    )  # fmt: skip


def refund_of(row: Row[Any]) -> Refund:
    return Refund(
        id=row.id,
        payment_id=row.payment_id,
        amount=Money(row.amount, row.currency),
        reason=row.reason,
        to_wallet=row.to_wallet,
        status=RefundStatus(row.status),
        created_at=row.created_at,
        business_id=row.business_id,
    )


def disputes() -> Select[*tuple[Any, ...]]:
    d = DisputeRow
    return select(
        d.id, d.payment_id, d.amount, d.currency, d.reason, d.status, d.evidence_due_at,
        d.answered_at, d.withdrawn_at, d.reinstated_at,
    )  # fmt: skip


def dispute_of(row: Row[Any]) -> Dispute:
    return Dispute(
        id=row.id,
        payment_id=row.payment_id,
        amount=Money(row.amount, row.currency),
        reason=row.reason,
        status=DisputeStatus(row.status),
        evidence_due_at=row.evidence_due_at,
        answered_at=row.answered_at,
        is_withdrawn=row.withdrawn_at is not None and row.reinstated_at is None,
    )


def requests() -> Select[*tuple[Any, ...]]:
    r = RequestRow
    return select(
        r.id, r.payment_id, r.amount, r.currency, r.reason, r.status, r.asked_by, r.decided_by,
        r.why, r.business_id,
    )  # fmt: skip


def request_of(row: Row[Any]) -> Request:
    return Request(
        id=row.id,
        payment_id=row.payment_id,
        amount=Money(row.amount, row.currency),
        reason=row.reason,
        status=RequestStatus(row.status),
        asked_by=row.asked_by,
        decided_by=row.decided_by,
        why=row.why,
        business_id=row.business_id,
    )


def proofs() -> Select[*tuple[Any, ...]]:
    r = ProofRow
    return select(r.id, r.payment_id, r.file_key, r.status, r.why)


def proof_of(row: Row[Any]) -> Proof:
    return Proof(row.id, row.payment_id, row.file_key, ProofStatus(row.status), row.why)
