"""Tables of what is there and what is held of it."""

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Created, Id, Ref, run_each
from services.shopping.tables.ddl import AFTER_RESERVATIONS


class StockRow(Base):
    """What lies on the shelf, and how much of it is promised to orders not yet sent."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint("allocated BETWEEN 0 AND quantity", name="allocated"),
    )

    variant_id: Mapped[Ref] = mapped_column(
        ForeignKey("product_variants.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    quantity: Mapped[int] = mapped_column(Integer, server_default="0")
    allocated: Mapped[int] = mapped_column(Integer, server_default="0")
    updated_at: Mapped[Created]


class ReservationRow(Base):
    """Held for one person until a moment; afterwards it counts for nothing, swept or not.

    With an order: while its payment is awaited. Without: held for the person
    who waited for it to come back.
    """

    __tablename__ = "stock_reservations"
    __table_args__ = (
        UniqueConstraint("order_id", "variant_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index("ix_stock_reservations_held", "variant_id", "reserved_until"),
        Index("ix_stock_reservations_user_id", "user_id"),
    )

    id: Mapped[Id]
    variant_id: Mapped[Ref] = mapped_column(ForeignKey("stock.variant_id", ondelete="CASCADE"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    order_id: Mapped[Ref | None] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    quantity: Mapped[int] = mapped_column(Integer)
    reserved_at: Mapped[At]
    reserved_until: Mapped[At]


class WaitRow(Base):
    """A person waits for it to come back. Who has the lowest `id` is told first, and is gone."""

    __tablename__ = "stock_waits"
    __table_args__ = (
        UniqueConstraint("variant_id", "user_id"),
        Index("ix_stock_waits_user_id", "user_id"),
    )

    id: Mapped[Id]
    variant_id: Mapped[Ref] = mapped_column(ForeignKey("stock.variant_id", ondelete="CASCADE"))
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[At]


event.listen(ReservationRow.__table__, "after_create", run_each(AFTER_RESERVATIONS))
