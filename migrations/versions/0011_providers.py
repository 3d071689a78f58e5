"""PhonePe and M-Pesa are ways to pay."""

from collections.abc import Sequence

from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    _known("'cash', 'mpesa', 'phonepe', 'stripe', 'wallet'")


def downgrade() -> None:
    _known("'cash', 'stripe', 'wallet'")


def _known(methods: str) -> None:
    op.execute("ALTER TABLE payments DROP CONSTRAINT ck_payments_method_known")
    op.execute(
        "ALTER TABLE payments ADD CONSTRAINT ck_payments_method_known"
        f" CHECK (method IN ({methods}))"
    )
