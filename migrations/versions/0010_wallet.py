"""Wallets: filled by payments, paid from, and given back to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "wallet_top_ups",
        sa.Column("id", sa.BigInteger(), sa.Identity()),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_wallet_top_ups"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_wallet_top_ups_user_id"),
        sa.CheckConstraint("amount > 0", name=op.f("ck_wallet_top_ups_amount")),
    )
    op.create_index("ix_wallet_top_ups_user_id", "wallet_top_ups", ["user_id"])
    op.add_column(
        "refunds",
        sa.Column("to_wallet", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    _methods("cash", "stripe", "wallet")


def _methods(*known: str) -> None:
    name = op.f("ck_payments_method_known")
    op.drop_constraint(name, "payments")
    listed = ", ".join(f"'{method}'" for method in known)
    op.create_check_constraint(name, "payments", f"method IN ({listed})")


def downgrade() -> None:
    _methods("cash", "stripe")
    op.drop_column("refunds", "to_wallet")
    op.drop_table("wallet_top_ups")
