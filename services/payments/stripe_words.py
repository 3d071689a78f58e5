"""What Stripe's objects and events mean. Read defensively: shapes differ between API versions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.ground.money import Money
from services.payments.charged import from_stripe
from services.payments.provider import (
    Came,
    Disputed,
    Lapsed,
    Mark,
    Nothing,
    Raw,
    RefundSaid,
    Refused,
    Waiting,
    WentBack,
    Word,
    Working,
)
from services.payments.states import DisputeStatus

LATEST = 253_402_300_799  # 9999-12-31, the last second a datetime can hold


def _id_of(value: object) -> object:
    """Stripe gives an id, or the whole object when it was asked to expand it."""
    return value.get("id") if isinstance(value, dict) else value


def _ours(value: object) -> UUID | None:
    """Our payment's uuid; anything else in that place is not a reference of ours."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _number(value: object) -> int | None:
    ours = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10
    return int(str(value)) if ours else None


Reference = Annotated[UUID | None, BeforeValidator(_ours)]
Number = Annotated[int | None, BeforeValidator(_number)]
Currency = Annotated[str, Field(max_length=8)]
Id = Annotated[str, Field(max_length=255)]
IdOrObject = Annotated[Id | None, BeforeValidator(_id_of)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Metadata(_Shape):
    """What we put on every session, payment intent and refund."""

    payment: Reference = None
    attempt: Number = None
    refund: Reference = None


class Session(_Shape):
    id: Id
    mode: str = "payment"
    status: str | None = None
    payment_status: str
    amount_total: int | None = None
    currency: Currency | None = None
    client_reference_id: Reference = None
    metadata: Metadata | None = None
    payment_intent: IdOrObject = None


class Intent(_Shape):
    id: Id
    amount_received: int = 0
    currency: Currency
    latest_charge: IdOrObject = None
    metadata: Metadata | None = None


class Charge(_Shape):
    id: Id
    amount_refunded: int
    currency: Currency
    payment_intent: IdOrObject = None
    metadata: Metadata | None = None


class Refund(_Shape):
    id: Id
    status: str | None = None
    metadata: Metadata | None = None


class Kept(_Shape):
    """A balance transaction: what Stripe kept of a charge."""

    fee: Annotated[int, Field(ge=0)]
    currency: Currency


class Evidence(_Shape):
    due_by: Annotated[int, Field(ge=0, le=LATEST)] | None = None  # seconds since 1970


class Dispute(_Shape):
    id: Id
    amount: int
    currency: Currency
    charge: IdOrObject = None
    payment_intent: IdOrObject = None
    reason: Annotated[str, Field(max_length=64)] = ""
    status: str
    evidence_details: Evidence | None = None


class Opened(_Shape):
    """A Checkout Session just made; `expires_at` in seconds since 1970."""

    id: Id
    url: str | None = None
    expires_at: Annotated[int, Field(ge=0, le=LATEST)]


UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What comes of reading an object that is not as Stripe's are; ValidationError is a ValueError."""
REFUND_ENDS = {"succeeded": True, "failed": False, "canceled": False}


def session_word(raw: Raw) -> Word:
    """How a Checkout Session stands. Completed is not paid: `payment_status` says it."""
    session = Session.model_validate(raw)
    if session.mode != "payment":
        return Nothing(f"a session of mode {session.mode} takes no payment of ours")
    mark = _mark_of(session)
    if session.payment_status != "unpaid":
        return Came(mark, _money(session))
    if session.status == "expired":
        return Lapsed(mark)
    if session.status == "complete":
        return Refused(mark) if _bank_refused(raw) else Working(mark)
    return Waiting(mark)


def fee_of(raw: Raw) -> Money | None:
    """Stripe's fee in a session expanded down to its balance transaction, in whatever currency
    the account is kept; None while there is no transaction.

    Source: docs.stripe.com/api/balance_transactions/object.
    """
    found: Any = raw
    for name in ("payment_intent", "latest_charge", "balance_transaction"):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        return None
    kept = Kept.model_validate(found)
    return from_stripe(kept.fee, kept.currency)


def refund_word(raw: Raw) -> RefundSaid | Nothing:
    refund = Refund.model_validate(raw)
    ours = refund.metadata.refund if refund.metadata else None
    if ours is None:
        return Nothing("a refund not asked for here; charge.refunded counts it")
    return RefundSaid(refund.id, ours, REFUND_ENDS.get(refund.status or ""))


def event_word(raw: Raw) -> Word:
    """What a stored event means; whatever cannot be read is said to be so, never raised."""
    kind = raw.get("type")
    reader = READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        return Nothing("a kind of event not acted on")
    try:
        return reader(raw["data"]["object"])
    except UNREADABLE as error:
        return Nothing(f"cannot be read: {type(error).__name__}")


def _mark_of(session: Session) -> Mark:
    ours = session.metadata or Metadata()
    return Mark(
        payment=ours.payment or session.client_reference_id,
        attempt=ours.attempt,
        session=session.id,
        intent=session.payment_intent,
    )


def _money(session: Session) -> Money:
    return from_stripe(session.amount_total or 0, session.currency or "")


def _bank_refused(raw: Raw) -> bool:
    """A complete session whose delayed method failed: only its payment intent tells."""
    intent = raw.get("payment_intent")
    status = intent.get("status") if isinstance(intent, dict) else None
    return status in {"requires_payment_method", "canceled"}


def _completed(raw: Raw) -> Word:
    return session_word({"status": "complete"} | {k: v for k, v in raw.items() if v is not None})


def _async_failed(raw: Raw) -> Word:
    return Refused(_mark_of(Session.model_validate(raw)))


def _intent_succeeded(raw: Raw) -> Word:
    intent = Intent.model_validate(raw)
    ours = intent.metadata or Metadata()
    if ours.payment is None:
        return Nothing("a payment intent not asked for here")
    mark = Mark(ours.payment, ours.attempt, intent=intent.id, charge=intent.latest_charge)
    return Came(mark, from_stripe(intent.amount_received, intent.currency))


def _charge_refunded(raw: Raw) -> Word:
    charge = Charge.model_validate(raw)
    ours = charge.metadata or Metadata()
    if ours.payment is None and charge.payment_intent is None:
        return Nothing("a charge not asked for here")
    mark = Mark(ours.payment, ours.attempt, intent=charge.payment_intent, charge=charge.id)
    return WentBack(mark, from_stripe(charge.amount_refunded, charge.currency))


def _not_final(raw: Raw) -> Word:
    return Nothing("not final: the session may still succeed")


def _dispute(raw: Raw, moved: Literal["withdrawn", "reinstated"] | None = None) -> Word:
    dispute = Dispute.model_validate(raw)
    if dispute.charge is None and dispute.payment_intent is None:
        return Nothing("a dispute of no charge")
    if dispute.status not in DISPUTES:
        return Nothing("a dispute in a state not acted on")
    due = dispute.evidence_details and dispute.evidence_details.due_by
    status, answered = DISPUTES[dispute.status]
    return Disputed(
        mark=Mark(intent=dispute.payment_intent, charge=dispute.charge),
        dispute=dispute.id,
        amount=from_stripe(dispute.amount, dispute.currency),
        reason=dispute.reason,
        status=status,
        evidence_due_at=datetime.fromtimestamp(due, UTC) if due else None,
        answered=answered,
        moved=moved,
    )


def _withdrawn(raw: Raw) -> Word:
    return _dispute(raw, "withdrawn")


def _reinstated(raw: Raw) -> Word:
    return _dispute(raw, "reinstated")


DISPUTES: dict[str, tuple[DisputeStatus, bool]] = {
    "warning_needs_response": (DisputeStatus.INQUIRY, False),
    "warning_under_review": (DisputeStatus.INQUIRY, True),
    "warning_closed": (DisputeStatus.CLOSED, True),
    "needs_response": (DisputeStatus.OPEN, False),
    "under_review": (DisputeStatus.OPEN, True),
    "won": (DisputeStatus.WON, True),
    "lost": (DisputeStatus.LOST, False),
}
"""Stripe's states, and whether evidence was sent in. (docs.stripe.com/api/disputes/object)"""


READERS: dict[str, Callable[[dict[str, Any]], Word]] = {
    "checkout.session.completed": _completed,
    "checkout.session.async_payment_succeeded": _completed,
    "checkout.session.async_payment_failed": _async_failed,
    "checkout.session.expired": session_word,
    "payment_intent.succeeded": _intent_succeeded,
    "payment_intent.payment_failed": _not_final,
    "charge.refunded": _charge_refunded,
    "charge.refund.updated": refund_word,
    "refund.created": refund_word,
    "refund.updated": refund_word,
    "refund.failed": refund_word,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
    "charge.dispute.funds_withdrawn": _withdrawn,
    "charge.dispute.funds_reinstated": _reinstated,
}
