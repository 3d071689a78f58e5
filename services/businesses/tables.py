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

from services.ground.tables import At, Base, Cents, Created, Id, Ref

TYPES = ("shop", "clinic", "salon", "school", "studio", "restaurant", "other")
ROLES = ("owner", "manager", "agent")
NOTICES = ("orders", "bookings", "tickets", "stock", "disputes", "reviews")
VERIFICATIONS = ("unverified", "pending", "approved", "refused")
STATUSES = ("active", "paused", "closed")


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
    """A person of a business. Asked (`joined_at` empty) until they accept; gone once `left_at`."""

    __tablename__ = "business_members"
    __table_args__ = (
        UniqueConstraint("business_id", "user_id"),
        CheckConstraint(one_of("role", ROLES), name="role"),
        Index("ix_business_members_user_id", "user_id"),
    )

    id: Mapped[Id]
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(16))
    wants: Mapped[list[str]] = mapped_column(ARRAY(String(32)))  # of NOTICES
    invited_by: Mapped[Ref | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
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
