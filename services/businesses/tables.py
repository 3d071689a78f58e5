"""Tables of those who sell, teach, book and support through the number, and of their people."""

from sqlalchemy import (
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Cents, Created, Id, Json, Ref

TYPES = ("shop", "clinic", "salon", "school", "studio", "restaurant", "other")
ROLES = ("owner", "manager", "agent")
NOTICES = ("orders", "bookings", "tickets", "stock", "disputes", "reviews")
DAILY = "summary"  # wanted like a notice, by those who ask for it
VERIFICATIONS = ("unverified", "pending", "approved", "refused")
STATUSES = ("active", "paused", "closed")
EVENTS = (
    *("registered", "papers", "approved", "refused"),
    *("invited", "withdrawn", "joined", "declined", "role", "removed", "left"),
)


def one_of(column: str, values: tuple[str, ...]) -> str:
    """The text of a CHECK that a column holds one of a few words."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class BusinessRow(Base):
    """Who sells. Amounts of this business are minor units of its `currency`."""

    __tablename__ = "businesses"
    __table_args__ = (
        CheckConstraint(one_of("type", TYPES), name="type"),
        CheckConstraint(one_of("verification", VERIFICATIONS), name="verification"),
        CheckConstraint(one_of("status", STATUSES), name="status"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
        CheckConstraint("fee_basis_points BETWEEN 0 AND 10000", name="fee"),
        CheckConstraint("refund_limit >= 0", name="refund_limit"),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(32), server_default="shop")
    description: Mapped[str | None] = mapped_column(Text)
    contact_phone: Mapped[str | None] = mapped_column(String(32))  # E.164
    contact_email: Mapped[str | None] = mapped_column(String(255))
    address: Mapped[str | None] = mapped_column(Text)
    latitude: Mapped[float | None] = mapped_column(Double)
    longitude: Mapped[float | None] = mapped_column(Double)
    country: Mapped[str] = mapped_column(String(2))  # ISO 3166-1
    currency: Mapped[str] = mapped_column(String(3))  # ISO 4217
    time_zone: Mapped[str] = mapped_column(String(64))
    languages: Mapped[list[str]] = mapped_column(ARRAY(String(8)), server_default="{en}")
    logo: Mapped[str | None] = mapped_column(String(255))
    tax_id: Mapped[str | None] = mapped_column(String(64))
    fee_basis_points: Mapped[int] = mapped_column(server_default="0")  # the platform's of a sale
    refund_limit: Mapped[Cents | None]  # above it two members give back; None: the platform's
    verification: Mapped[str] = mapped_column(String(16), server_default="unverified")
    status: Mapped[str] = mapped_column(String(16), server_default="active")
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class MemberRow(Base):
    """A person of a business. Asked (`joined_at` empty) until they accept, which they may until
    `invited_until`; gone once `left_at`.

    In quiet hours, minutes of the day by the business's clock, nothing is told; from > until
    goes over midnight.
    """

    __tablename__ = "business_members"
    __table_args__ = (
        UniqueConstraint("business_id", "user_id"),
        CheckConstraint(one_of("role", ROLES), name="role"),
        CheckConstraint("joined_at IS NOT NULL OR invited_until IS NOT NULL", name="invited"),
        CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from <> quiet_until"
            " AND quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439",
            name="quiet",
        ),
        Index("ix_business_members_user_id", "user_id"),
    )

    id: Mapped[Id]
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(16))
    wants: Mapped[list[str]] = mapped_column(ARRAY(String(32)))  # of NOTICES, and DAILY
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    invited_by: Mapped[Ref | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    invited_until: Mapped[At | None]
    joined_at: Mapped[At | None]
    left_at: Mapped[At | None]
    created_at: Mapped[Created]


class MessageRow(Base):
    """What a person and the people of a business write to each other through us."""

    __tablename__ = "business_messages"
    __table_args__ = (Index("ix_business_messages_user_id", "user_id", "business_id", "id"),)

    id: Mapped[Id]
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    written_by: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    words: Mapped[str] = mapped_column(Text)
    files: Mapped[list[dict[str, str]]] = mapped_column(JSONB, server_default=text("'[]'"))
    created_at: Mapped[At]


class DraftRow(Base):
    """A shop that a person has begun to open: what they have said so far."""

    __tablename__ = "business_drafts"

    user_id: Mapped[Ref] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    answers: Mapped[Json]
    updated_at: Mapped[At]


class PaperRow(Base):
    """A paper that was handed in for verification; the file is kept with it."""

    __tablename__ = "business_papers"
    __table_args__ = (UniqueConstraint("business_id", "file_key"),)

    id: Mapped[Id]
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    file_key: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(255))  # what its sender calls it
    sent_by: Mapped[Ref | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[At]


class EventRow(Base):
    """Who did what to a business or its people, when, and why. Never changed afterwards."""

    __tablename__ = "business_events"
    __table_args__ = (
        CheckConstraint(one_of("what", EVENTS), name="what"),
        CheckConstraint("(user_id IS NULL) <> (operator IS NULL)", name="who"),
        Index("ix_business_events_business_id", "business_id", "id"),
    )

    id: Mapped[Id]
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[Ref | None] = mapped_column(ForeignKey("users.id"))  # the member who did it
    operator: Mapped[str | None] = mapped_column(String(64))  # or somebody of the platform
    about_id: Mapped[Ref | None] = mapped_column(ForeignKey("users.id"))  # whom it was done to
    detail: Mapped[str | None] = mapped_column(Text)  # the reason, or the role
    created_at: Mapped[At]
