"""The table of what was put into wallets; what is in them is in the ledger."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Cents, Id, Ref


class TopUpRow(Base):
    """One time a person fills their wallet; its payment has the service type `wallet`."""

    __tablename__ = "wallet_top_ups"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_wallet_top_ups_user_id", "user_id"),
    )

    id: Mapped[Id]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    amount: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[At]
