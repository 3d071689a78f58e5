"""Tables of what buyers say of what they bought, and of who found it helpful."""

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Created, Id, Ref


class ReviewRow(Base):
    """One person's word on one line they were sent. Every change of it is another `edition`."""

    __tablename__ = "product_reviews"
    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("status IN ('pending', 'approved', 'refused')", name="status"),
        CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name="decided_has_time"),
        CheckConstraint("(status = 'refused') = (reason IS NOT NULL)", name="refused_has_reason"),
        CheckConstraint("decided_by <> user_id", name="not_ones_own"),
        Index("ix_product_reviews_shown", "product_id", "status", "written_at", "id"),
        Index(
            "ix_product_reviews_pending",
            "business_id",
            "written_at",
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_product_reviews_user_id", "user_id"),
    )

    id: Mapped[Id]
    # What was bought: nobody reviews what they were not sent, nor twice.
    order_item_id: Mapped[Ref] = mapped_column(
        ForeignKey("order_items.id", ondelete="CASCADE"), unique=True
    )
    product_id: Mapped[Ref] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    rating: Mapped[int] = mapped_column(Integer)
    content: Mapped[str | None] = mapped_column(Text)
    photo: Mapped[str | None] = mapped_column(String(80))  # a key of the files port
    edition: Mapped[int] = mapped_column(Integer, server_default="1")
    status: Mapped[str] = mapped_column(String(16), server_default="pending")
    decided_by: Mapped[Ref | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL")  # None as well where the platform decided
    )
    decided_at: Mapped[At | None]
    reason: Mapped[str | None] = mapped_column(Text)  # of a refusal, told to the author
    written_at: Mapped[At]  # the present edition
    created_at: Mapped[Created]


class HelpfulRow(Base):
    """One person found one review helpful."""

    __tablename__ = "review_votes"

    review_id: Mapped[Ref] = mapped_column(
        ForeignKey("product_reviews.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[Ref] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    created_at: Mapped[Created]
