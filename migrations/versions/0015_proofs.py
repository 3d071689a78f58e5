"""What is paid by transfer is shown by a photo, which a member of the business confirms."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _methods(names: str) -> None:
    op.drop_constraint(op.f("ck_payments_method_known"), "payments")
    op.create_check_constraint(op.f("ck_payments_method_known"), "payments", f"method IN ({names})")


def upgrade() -> None:
    _methods("'cash', 'manual', 'mpesa', 'phonepe', 'stripe', 'wallet'")
    op.add_column("shops", sa.Column("transfer_to", sa.Text(), nullable=True))
    op.create_table(
        "payment_proofs",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("file_key", sa.String(80), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('confirmed', 'declined', 'replaced', 'sent')",
            name=op.f("ck_payment_proofs_status_known"),
        ),
        sa.CheckConstraint("decided_by <> user_id", name=op.f("ck_payment_proofs_two_people")),
        sa.CheckConstraint(
            "(status = 'sent') = (decided_at IS NULL)",
            name=op.f("ck_payment_proofs_decided_has_time"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_payment_proofs_payment_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_payment_proofs_user_id")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_payment_proofs_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_proofs")),
    )
    op.create_index("ix_payment_proofs_payment_id", "payment_proofs", ["payment_id", "id"])
    op.create_index(
        "uq_payment_proofs_sent",
        "payment_proofs",
        ["payment_id"],
        unique=True,
        postgresql_where=sa.text("status = 'sent'"),
    )


def downgrade() -> None:
    op.drop_table("payment_proofs")
    op.drop_column("shops", "transfer_to")
    _methods("'cash', 'mpesa', 'phonepe', 'stripe', 'wallet'")
