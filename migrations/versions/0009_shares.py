"""What of a payment is each seller's, what the platform's, and what the provider kept."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "businesses",
        sa.Column("fee_basis_points", sa.Integer(), server_default="0", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_businesses_fee"), "businesses", "fee_basis_points BETWEEN 0 AND 10000"
    )
    op.add_column(
        "payments",
        sa.Column("shares", JSONB(), server_default=sa.text("'[]'"), nullable=False),
    )
    op.add_column("payment_attempts", sa.Column("fee_due_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_payment_attempts_fee",
        "payment_attempts",
        ["fee_due_at"],
        postgresql_where=sa.text("fee_due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_column("payment_attempts", "fee_due_at")
    op.drop_column("payments", "shares")
    op.drop_column("businesses", "fee_basis_points")
