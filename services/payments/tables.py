"""The tables of payments: payments, their attempts, the provider's events, refunds and what
was asked of a second person before one, disputes, receipts, proofs of what was paid by hand.

`due_at` is when a job should look at the row next; a job claims a row by
pushing `due_at` ahead (its lease), so a job that dies gives it back by itself.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Cents, Created, Id, Json, Ref
from services.payments.states import (
    OPEN,
    DisputeStatus,
    ProofStatus,
    RefundStatus,
    RequestStatus,
    Status,
)

NEW_UUID = text("gen_random_uuid()")
METHODS = ("stripe", "phonepe", "mpesa", "cash", "wallet", "manual")


def _one_of(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in sorted(values))
    return f"{column} IN ({listed})"


OPEN_SERVICE = _one_of("status", OPEN)
"""Which payments are open: at most one of them for one thing."""


class PaymentRow(Base):
    """One amount asked of one person for one thing, by whatever method."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        CheckConstraint("refunded BETWEEN 0 AND amount", name="refunded_at_most_paid"),
        CheckConstraint(_one_of("status", Status), name="status_known"),
        CheckConstraint(_one_of("method", METHODS), name="method_known"),
        CheckConstraint(_one_of("dispute", DisputeStatus), name="dispute_known"),
        CheckConstraint(
            "(status IN ('paid', 'partly_refunded', 'refunded')) <= (paid_at IS NOT NULL)",
            name="paid_has_time",
        ),
        Index(
            "uq_payments_open_service",
            "service_type",
            "service_id",
            unique=True,
            postgresql_where=text(OPEN_SERVICE),
        ),
        Index("ix_payments_user", "user_id", "id"),
        Index("ix_payments_service", "service_type", "service_id"),
        Index("ix_payments_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[Id]
    uuid: Mapped[UUID] = mapped_column(server_default=NEW_UUID, unique=True)
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    service_type: Mapped[str] = mapped_column(String(50))
    service_id: Mapped[Ref]
    amount: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    method: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)  # why failed or held; for operators
    attempt: Mapped[int] = mapped_column(server_default="1")  # number of the current attempt
    provider_session: Mapped[str | None] = mapped_column(String(255))
    provider_intent: Mapped[str | None] = mapped_column(String(255))
    provider_charge: Mapped[str | None] = mapped_column(String(255))
    url: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    shares: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")  # of sellers
    details: Mapped[Json] = mapped_column("metadata", server_default="{}")
    refunded: Mapped[Cents] = mapped_column(server_default="0")
    dispute: Mapped[str | None] = mapped_column(String(20))  # the gravest of its disputes
    expires_at: Mapped[At | None]
    paid_at: Mapped[At | None]
    failed_at: Mapped[At | None]
    refunded_at: Mapped[At | None]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    due_at: Mapped[At | None]
    asked: Mapped[int] = mapped_column(server_default="0")  # times asked about since the last move


class AttemptRow(Base):
    """One link asked of a provider: one idempotency key, one session, its own end."""

    __tablename__ = "payment_attempts"
    __table_args__ = (
        UniqueConstraint("payment_id", "number"),
        UniqueConstraint("provider", "session"),
        CheckConstraint(_one_of("status", Status), name="status_known"),
        CheckConstraint("received >= 0", name="received_not_negative"),
        CheckConstraint("promised BETWEEN 0 AND received", name="promised_at_most_received"),
        CheckConstraint("refunded BETWEEN 0 AND received", name="refunded_at_most_received"),
        Index("ix_payment_attempts_intent", "intent"),
        Index(
            "ix_payment_attempts_close", "close_at", postgresql_where=text("close_at IS NOT NULL")
        ),
        Index(
            "ix_payment_attempts_fee", "fee_due_at", postgresql_where=text("fee_due_at IS NOT NULL")
        ),
    )

    id: Mapped[Id]
    payment_id: Mapped[Ref] = mapped_column(ForeignKey("payments.id"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    number: Mapped[int]
    provider: Mapped[str] = mapped_column(String(20))
    idempotency_key: Mapped[str] = mapped_column(String(255), unique=True)
    status: Mapped[str] = mapped_column(String(20))
    session: Mapped[str | None] = mapped_column(String(255))
    intent: Mapped[str | None] = mapped_column(String(255))
    charge: Mapped[str | None] = mapped_column(String(255))
    received: Mapped[Cents] = mapped_column(server_default="0")
    promised: Mapped[Cents] = mapped_column(server_default="0")  # refunds asked for and not failed
    refunded: Mapped[Cents] = mapped_column(server_default="0")  # given back, the provider says
    expires_at: Mapped[At | None]  # fixed once sent, or one key would mean two things
    fee_due_at: Mapped[At | None]  # what the provider kept of it must be asked; due then
    close_at: Mapped[At | None]  # the link must be closed at the provider; due then
    created_at: Mapped[Created]


class EventRow(Base):
    """What a provider told us, stored before it is believed or acted on."""

    __tablename__ = "payment_events"
    __table_args__ = (
        UniqueConstraint("provider", "event_id"),
        CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="outcome_when_settled"),
        CheckConstraint(
            _one_of("outcome", ("settled", "repeated", "ignored", "held", "unmatched")),
            name="outcome_known",
        ),
        Index("ix_payment_events_due", "due_at", postgresql_where=text("settled_at IS NULL")),
        Index("ix_payment_events_payment", "payment_id"),
    )

    id: Mapped[Id]
    provider: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(100))
    raw: Mapped[Json]
    signature_verified: Mapped[bool]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    received_at: Mapped[At]
    settled_at: Mapped[At | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[At]


class RefundRow(Base):
    """Money going back, whole or part, of one attempt."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("payment_id", "key"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint(_one_of("status", RefundStatus), name="status_known"),
        Index("ix_refunds_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_refunds_attempt", "attempt_id"),
    )

    id: Mapped[Id]
    uuid: Mapped[UUID] = mapped_column(server_default=NEW_UUID, unique=True)
    payment_id: Mapped[Ref] = mapped_column(ForeignKey("payments.id"))
    attempt_id: Mapped[Ref] = mapped_column(ForeignKey("payment_attempts.id"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))  # whose money it is
    key: Mapped[str] = mapped_column(String(255))  # asking twice with one key is one refund
    amount: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(Text)
    to_wallet: Mapped[bool] = mapped_column(server_default=text("false"))  # not whence it came
    business_id: Mapped[Ref | None]  # the seller whose part it is of; none: everybody's
    status: Mapped[str] = mapped_column(String(20))
    provider_refund: Mapped[str | None] = mapped_column(String(255), unique=True)
    failure: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Created]
    sent_at: Mapped[At | None]
    succeeded_at: Mapped[At | None]
    failed_at: Mapped[At | None]
    due_at: Mapped[At | None]
    tries: Mapped[int] = mapped_column(server_default="0")


class DisputeRow(Base):
    """A payer's objection at their bank, to one attempt: the provider's word of it."""

    __tablename__ = "disputes"
    __table_args__ = (
        UniqueConstraint("provider", "provider_dispute"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint(_one_of("status", DisputeStatus), name="status_known"),
        Index("ix_disputes_payment", "payment_id"),
    )

    id: Mapped[Id]
    payment_id: Mapped[Ref] = mapped_column(ForeignKey("payments.id"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))  # who paid
    attempt: Mapped[int]
    provider: Mapped[str] = mapped_column(String(20))
    provider_dispute: Mapped[str] = mapped_column(String(255))
    amount: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(64))  # the provider's word
    status: Mapped[str] = mapped_column(String(20))
    evidence_due_at: Mapped[At | None]
    answered_at: Mapped[At | None]  # the bank has the evidence
    withdrawn_at: Mapped[At | None]  # the money was taken from us
    reinstated_at: Mapped[At | None]  # and came back
    opened_at: Mapped[At]
    closed_at: Mapped[At | None]


class RequestRow(Base):
    """A refund that one member asked for and another decides. Told apart by the database."""

    __tablename__ = "refund_requests"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint(_one_of("status", RequestStatus), name="status_known"),
        CheckConstraint("decided_by <> asked_by", name="two_people"),
        CheckConstraint("(status = 'asked') = (decided_at IS NULL)", name="decided_has_time"),
        Index(
            "uq_refund_requests_asked",
            "payment_id",
            "business_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("status = 'asked'"),
        ),
    )

    id: Mapped[Id]
    payment_id: Mapped[Ref] = mapped_column(ForeignKey("payments.id"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))  # whose money it is
    amount: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    business_id: Mapped[Ref | None]  # the seller whose part it is of
    asked_by: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[At]
    decided_by: Mapped[Ref | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[At | None]
    why: Mapped[str | None] = mapped_column(Text)  # why it was declined


class ReceiptRow(Base):
    """A receipt that somebody asked for; `due_at` empty: made, or given up."""

    __tablename__ = "receipts"
    __table_args__ = (
        Index("ix_receipts_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_receipts_payment", "payment_id"),
    )

    id: Mapped[Id]
    payment_id: Mapped[Ref] = mapped_column(ForeignKey("payments.id"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))  # who asked
    business_id: Mapped[Ref | None]  # the seller whose part it is of; none: all of it
    language: Mapped[str] = mapped_column(String(8))
    time_zone: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[At]
    due_at: Mapped[At | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    done_at: Mapped[At | None]


class ProofRow(Base):
    """A payer's photo of what they paid past any provider; a member of the seller decides."""

    __tablename__ = "payment_proofs"
    __table_args__ = (
        CheckConstraint(_one_of("status", ProofStatus), name="status_known"),
        CheckConstraint("decided_by <> user_id", name="two_people"),
        CheckConstraint("(status = 'sent') = (decided_at IS NULL)", name="decided_has_time"),
        Index("ix_payment_proofs_payment_id", "payment_id", "id"),
        Index(
            "uq_payment_proofs_sent",
            "payment_id",
            unique=True,
            postgresql_where=text("status = 'sent'"),
        ),
    )

    id: Mapped[Id]
    payment_id: Mapped[Ref] = mapped_column(ForeignKey("payments.id"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))  # who paid
    file_key: Mapped[str] = mapped_column(String(80))  # in the files port
    status: Mapped[str] = mapped_column(String(20))
    sent_at: Mapped[At]
    decided_by: Mapped[Ref | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[At | None]
    why: Mapped[str | None] = mapped_column(Text)  # why it was declined
