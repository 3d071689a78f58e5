"""Tables of what a person means to buy, and where it should go."""

from sqlalchemy import (
    CheckConstraint,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Cents, Created, Id, Ref


class CartRow(Base):
    """A person's one cart. Every change of what is in it counts `version` up by one."""

    __tablename__ = "carts"
    __table_args__ = (UniqueConstraint("id", "currency"),)  # for the items to point at

    id: Mapped[Id]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    version: Mapped[int] = mapped_column(Integer, server_default="0")
    currency: Mapped[str | None] = mapped_column(String(3))  # of all that is in it
    reminded_at: Mapped[At | None]  # since it was last empty, or ordered from
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class CartItemRow(Base):
    """So many of one variant. `price_shown` is what the person was last told it costs."""

    __tablename__ = "cart_items"
    __table_args__ = (
        UniqueConstraint("cart_id", "variant_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        # Several sellers, one currency.
        ForeignKeyConstraint(
            ["cart_id", "currency"], ["carts.id", "carts.currency"], ondelete="CASCADE"
        ),
        Index("ix_cart_items_variant_id", "variant_id"),
        Index("ix_cart_items_business_id", "business_id"),
    )

    id: Mapped[Id]
    cart_id: Mapped[Ref]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    variant_id: Mapped[Ref] = mapped_column(ForeignKey("product_variants.id", ondelete="CASCADE"))
    currency: Mapped[str] = mapped_column(String(3))
    quantity: Mapped[int] = mapped_column(Integer)
    price_shown: Mapped[Cents]
    created_at: Mapped[Created]


class CartVoucherRow(Base):
    """The voucher of what one business has in a cart."""

    __tablename__ = "cart_vouchers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["voucher_id", "business_id"],
            ["vouchers.id", "vouchers.business_id"],
            ondelete="CASCADE",
        ),
    )

    cart_id: Mapped[Ref] = mapped_column(
        ForeignKey("carts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    business_id: Mapped[Ref] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    voucher_id: Mapped[Ref]


class AddressRow(Base):
    """Where a person receives things: words, a shared location, or both."""

    __tablename__ = "addresses"
    __table_args__ = (
        CheckConstraint("line IS NOT NULL OR latitude IS NOT NULL", name="somewhere"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point"),
        Index("ix_addresses_user_id", "user_id", "used_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    label: Mapped[str | None] = mapped_column(String(64))  # "Home"
    recipient: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(32))  # E.164, of who receives
    line: Mapped[str | None] = mapped_column(String(500))
    city: Mapped[str | None] = mapped_column(String(128))
    latitude: Mapped[float | None] = mapped_column(Double)
    longitude: Mapped[float | None] = mapped_column(Double)
    directions: Mapped[str | None] = mapped_column(Text)
    used_at: Mapped[At]
    created_at: Mapped[Created]
