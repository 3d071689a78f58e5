"""Refunds above a business's limit are asked for by one member and decided by another."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _person(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], ["users.id"], name=op.f(f"fk_refund_requests_{name}"))


def upgrade() -> None:
    op.create_table(
        "refund_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_requests_amount_positive")),
        sa.CheckConstraint(
            "status IN ('approved', 'asked', 'declined')",
            name=op.f("ck_refund_requests_status_known"),
        ),
        sa.CheckConstraint("decided_by <> asked_by", name=op.f("ck_refund_requests_two_people")),
        sa.CheckConstraint(
            "(status = 'asked') = (decided_at IS NULL)",
            name=op.f("ck_refund_requests_decided_has_time"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_refund_requests_payment_id")
        ),
        *map(_person, ("user_id", "asked_by", "decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_requests")),
    )
    op.create_index(
        "uq_refund_requests_asked",
        "refund_requests",
        ["payment_id"],
        unique=True,
        postgresql_where=sa.text("status = 'asked'"),
    )
    op.add_column("businesses", sa.Column("refund_limit", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_businesses_refund_limit"), "businesses", "refund_limit >= 0"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_businesses_refund_limit"), "businesses")
    op.drop_column("businesses", "refund_limit")
    op.drop_table("refund_requests")
