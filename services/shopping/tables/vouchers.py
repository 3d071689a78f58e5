"""Tables of vouchers and of who used them for which order."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Cents, Created, Id, Ref

TERMS = (
    "CASE kind"
    " WHEN 'fixed' THEN coalesce(amount > 0, false) AND basis_points IS NULL AND most IS NULL"
    " WHEN 'percent' THEN coalesce(basis_points BETWEEN 1 AND 10000, false) AND amount IS NULL"
    " ELSE amount IS NULL AND basis_points IS NULL AND most IS NULL END"
)


class VoucherRow(Base):
    """What a code takes off an order of one business. Its terms never change once it is made.

    `uses` counts the rows of voucher_uses; the check keeps the last use from being sold twice.
    """

    __tablename__ = "vouchers"
    __table_args__ = (
        UniqueConstraint("business_id", "code"),
        UniqueConstraint("id", "business_id"),  # for carts and orders to point at
        # As it is compared: capitals, no spaces.
        CheckConstraint("code ~ '^[A-Z0-9-]{3,24}$'", name="code"),
        CheckConstraint("kind IN ('fixed', 'percent', 'delivery')", name="kind"),
        CheckConstraint(TERMS, name="terms"),
        CheckConstraint("most > 0", name="most"),
        CheckConstraint("minimum >= 0", name="minimum"),
        CheckConstraint("ends_at > starts_at", name="dates"),
        CheckConstraint("max_uses > 0 AND max_per_person > 0", name="limits"),
        CheckConstraint("uses BETWEEN 0 AND coalesce(max_uses, uses)", name="uses"),
    )

    id: Mapped[Id]
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(24))
    kind: Mapped[str] = mapped_column(String(16))
    amount: Mapped[Cents | None]  # of a fixed one
    basis_points: Mapped[int | None] = mapped_column(Integer)  # of a percentage: 1000 is 10 %
    most: Mapped[Cents | None]  # a percentage takes off no more than this
    minimum: Mapped[Cents] = mapped_column(server_default="0")  # subtotal from which it works
    starts_at: Mapped[At | None]
    ends_at: Mapped[At | None]  # the moment it no longer works
    max_uses: Mapped[int | None] = mapped_column(Integer)
    max_per_person: Mapped[int | None] = mapped_column(Integer)
    uses: Mapped[int] = mapped_column(Integer, server_default="0")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[Created]


class VoucherUseRow(Base):
    """One use, for one order. Given back, the row is gone."""

    __tablename__ = "voucher_uses"
    __table_args__ = (
        UniqueConstraint("order_id"),
        Index("ix_voucher_uses_person", "voucher_id", "user_id"),
    )

    id: Mapped[Id]
    voucher_id: Mapped[Ref] = mapped_column(ForeignKey("vouchers.id", ondelete="CASCADE"))
    order_id: Mapped[Ref] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    taken_at: Mapped[At]
