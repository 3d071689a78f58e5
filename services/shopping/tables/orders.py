"""Tables of what was ordered, what became of it, what was sent, and what came back."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Sequence,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Cents, Id, Json, Ref

ORDER_NUMBERS = Sequence("order_numbers", start=1042, metadata=Base.metadata)


class OrderRow(Base):
    """An order of one person from one business, with everything as it was sold."""

    __tablename__ = "orders"
    __table_args__ = (
        # Starting checkout twice gives the same orders: emptied when an order falls through.
        UniqueConstraint("checkout_key", "business_id"),
        # Orders that are paid together are one person's, in one currency, one of each seller.
        UniqueConstraint("id", "user_id", "currency"),
        ForeignKeyConstraint(
            ["paid_with", "user_id", "currency"],
            ["orders.id", "orders.user_id", "orders.currency"],
        ),
        UniqueConstraint("paid_with", "business_id"),
        UniqueConstraint("payment_id", "business_id"),
        CheckConstraint("paid_with < id", name="paid_with_earlier"),
        # Each with a voucher of its own seller.
        ForeignKeyConstraint(
            ["voucher_id", "business_id"], ["vouchers.id", "vouchers.business_id"]
        ),
        CheckConstraint(
            "total = subtotal - discount + shipping + CASE WHEN tax_included THEN 0 ELSE tax END",
            name="total",
        ),
        CheckConstraint(
            "subtotal >= 0 AND shipping >= 0 AND tax >= 0 AND discount >= 0 AND total >= 0",
            name="amounts",
        ),
        CheckConstraint("called_off BETWEEN 0 AND total", name="called_off"),
        CheckConstraint(
            "status IN ('pending', 'placed', 'paid', 'accepted', 'partly_shipped', 'shipped',"
            " 'delivered', 'completed', 'cancelled', 'expired', 'refunded', 'returned')",
            name="status",
        ),
        Index("ix_orders_user_id", "user_id", "id"),
        Index("ix_orders_business_id", "business_id", "id"),
        Index("ix_orders_cart_id", "cart_id", postgresql_where=text("status = 'pending'")),
        Index("ix_orders_unpaid", "reserved_until", postgresql_where=text("status = 'pending'")),
    )

    id: Mapped[Id]
    uuid: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"), unique=True)
    order_number: Mapped[int] = mapped_column(
        BigInteger, ORDER_NUMBERS, server_default=ORDER_NUMBERS.next_value(), unique=True
    )
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id"))
    cart_id: Mapped[Ref | None] = mapped_column(ForeignKey("carts.id", ondelete="SET NULL"))
    checkout_key: Mapped[str | None] = mapped_column(Text)
    paid_with: Mapped[Ref | None]  # the first order of its checkout, whose payment is this one's
    currency: Mapped[str] = mapped_column(String(3))
    subtotal: Mapped[Cents]
    shipping: Mapped[Cents]
    tax: Mapped[Cents]
    tax_included: Mapped[bool]
    discount: Mapped[Cents]
    voucher_id: Mapped[Ref | None]
    total: Mapped[Cents]
    called_off: Mapped[Cents] = mapped_column(server_default="0")  # of the total: never sent
    status: Mapped[str] = mapped_column(String(16))
    fulfilment_status: Mapped[str] = mapped_column(String(16), server_default="unfulfilled")
    payment_method: Mapped[str] = mapped_column(String(16))
    payment_status: Mapped[str] = mapped_column(String(16))
    payment_id: Mapped[int | None] = mapped_column(BigInteger)  # of the payments service
    reserved_until: Mapped[At | None]
    delivery: Mapped[str] = mapped_column(String(16))  # delivery, pickup
    delivery_zone: Mapped[str | None] = mapped_column(String(64))
    shipping_address: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    carrier: Mapped[str | None] = mapped_column(String(100))
    tracking_number: Mapped[str | None] = mapped_column(String(100))
    tracking_url: Mapped[str | None] = mapped_column(Text)
    notes: Mapped[str | None] = mapped_column(Text)  # the business's own
    customer_notes: Mapped[str | None] = mapped_column(Text)
    paid_at: Mapped[At | None]
    accepted_at: Mapped[At | None]
    shipped_at: Mapped[At | None]
    delivered_at: Mapped[At | None]
    completed_at: Mapped[At | None]
    cancelled_at: Mapped[At | None]
    created_at: Mapped[At]
    updated_at: Mapped[At]


class OrderItemRow(Base):
    """A line as sold: the product may be renamed, repriced or gone since."""

    __tablename__ = "order_items"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint(
            "shipped >= 0 AND called_off >= 0 AND shipped + called_off <= quantity",
            name="shipped",
        ),
        CheckConstraint("delivered BETWEEN 0 AND shipped", name="delivered"),
        CheckConstraint(
            "coming_back >= 0 AND returned >= 0 AND exchanged >= 0"
            " AND coming_back + returned + exchanged <= delivered",
            name="returned",
        ),
        CheckConstraint("total = price * quantity - discount", name="total"),
        Index("ix_order_items_order_id", "order_id"),
        Index("ix_order_items_variant_id", "variant_id"),
    )

    id: Mapped[Id]
    order_id: Mapped[Ref] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    product_id: Mapped[Ref | None] = mapped_column(ForeignKey("products.id", ondelete="SET NULL"))
    variant_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("product_variants.id", ondelete="SET NULL")
    )
    name: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(64))  # of the variant
    sku: Mapped[str] = mapped_column(String(100))
    price: Mapped[Cents]
    quantity: Mapped[int] = mapped_column(Integer)
    tax_basis_points: Mapped[int] = mapped_column(Integer)
    tax: Mapped[Cents]
    discount: Mapped[Cents]
    total: Mapped[Cents]
    # Pieces, of the quantity:
    shipped: Mapped[int] = mapped_column(Integer, server_default="0")
    called_off: Mapped[int] = mapped_column(Integer, server_default="0")  # never sent
    # of those shipped:
    delivered: Mapped[int] = mapped_column(Integer, server_default="0")
    # and of those delivered: asked back, come back for money, come back for others.
    coming_back: Mapped[int] = mapped_column(Integer, server_default="0")
    returned: Mapped[int] = mapped_column(Integer, server_default="0")
    exchanged: Mapped[int] = mapped_column(Integer, server_default="0")


class OrderEventRow(Base):
    """One move of an order: from where to where, who, why. Never changed afterwards."""

    __tablename__ = "order_events"
    __table_args__ = (
        CheckConstraint("who IN ('customer', 'business', 'platform')", name="who"),
        Index("ix_order_events_order_id", "order_id", "id"),
    )

    id: Mapped[Id]
    order_id: Mapped[Ref] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    move: Mapped[str] = mapped_column(String(32))
    from_status: Mapped[str | None] = mapped_column(String(16))
    to_status: Mapped[str] = mapped_column(String(16))
    who: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[Ref | None] = mapped_column(ForeignKey("users.id"))  # None: the platform
    reason: Mapped[str | None] = mapped_column(Text)
    return_id: Mapped[Ref | None] = mapped_column(ForeignKey("returns.id"))  # whose move it is
    created_at: Mapped[At]


class FulfilmentRow(Base):
    """A parcel on its way, or handed over; with a return it holds what that is exchanged for."""

    __tablename__ = "fulfilments"
    __table_args__ = (
        CheckConstraint("status IN ('shipped', 'delivered')", name="status"),
        Index("ix_fulfilments_order_id", "order_id"),
    )

    id: Mapped[Id]
    order_id: Mapped[Ref] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    return_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("returns.id", ondelete="CASCADE"), unique=True
    )
    status: Mapped[str] = mapped_column(String(16))
    carrier: Mapped[str | None] = mapped_column(String(100))
    tracking_number: Mapped[str | None] = mapped_column(String(100))
    tracking_url: Mapped[str | None] = mapped_column(Text)
    shipped_at: Mapped[At]
    delivered_at: Mapped[At | None]


class FulfilmentItemRow(Base):
    """So many of one order line in one parcel."""

    __tablename__ = "fulfilment_items"
    __table_args__ = (
        UniqueConstraint("fulfilment_id", "order_item_id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    id: Mapped[Id]
    fulfilment_id: Mapped[Ref] = mapped_column(ForeignKey("fulfilments.id", ondelete="CASCADE"))
    order_item_id: Mapped[Ref] = mapped_column(ForeignKey("order_items.id", ondelete="CASCADE"))
    quantity: Mapped[int] = mapped_column(Integer)
