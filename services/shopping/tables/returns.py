"""Table of what buyers want to give back."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Cents, Id, Ref


class ReturnRow(Base):
    """So many of one order line, to be given back for their money or for another variant.

    What of a line comes back is counted in `order_items` as well, where a check bounds it.
    """

    __tablename__ = "returns"
    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        CheckConstraint(
            "status IN ('asked', 'accepted', 'declined', 'cancelled', 'received', 'refunded',"
            " 'exchanged')",
            name="status",
        ),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("(status = 'declined') = (why IS NOT NULL)", name="declined_has_why"),
        CheckConstraint("reason <> 'damaged' OR photo IS NOT NULL", name="damage_is_shown"),
        CheckConstraint("status <> 'refunded' OR title IS NULL", name="refunded"),
        CheckConstraint("status <> 'exchanged' OR title IS NOT NULL", name="exchanged"),
        CheckConstraint(
            "(amount IS NOT NULL) = (title IS NULL AND status IN ('received', 'refunded'))",
            name="amount_is_reckoned",
        ),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("decided_by <> user_id", name="not_ones_own"),
        # One question about a line at a time: asked twice it is the same.
        Index(
            "uq_returns_asked",
            "order_item_id",
            unique=True,
            postgresql_where=text("status = 'asked'"),
        ),
        Index("ix_returns_order_item_id", "order_item_id"),
        # What is promised to those who give another one back.
        Index(
            "ix_returns_promised",
            "variant_id",
            postgresql_where=text("status IN ('accepted', 'received')"),
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[Ref] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)  # of the order's, from 1
    order_item_id: Mapped[Ref] = mapped_column(ForeignKey("order_items.id", ondelete="CASCADE"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    # What it is exchanged for; the title stays when the variant is gone. No title: for money.
    variant_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("product_variants.id", ondelete="SET NULL")
    )
    title: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    photo: Mapped[str | None] = mapped_column(String(80))  # a key of the files port
    status: Mapped[str] = mapped_column(String(16), server_default="asked")
    why: Mapped[str | None] = mapped_column(Text)  # it was declined
    decided_by: Mapped[Ref | None] = mapped_column(ForeignKey("users.id"))
    amount: Mapped[Cents | None]  # what goes back for it, in the order's currency
    request_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)  # of the payments
    asked_at: Mapped[At]
    decided_at: Mapped[At | None]
    received_at: Mapped[At | None]
    ended_at: Mapped[At | None]
