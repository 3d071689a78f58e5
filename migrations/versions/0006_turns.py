"""A bubble remembers that the outcome of a try was never learned; who waits is found by the index
of all they said."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("outcome_lost_at", sa.DateTime(timezone=True)))
    op.drop_index("ix_inbox_waiting_user_id", "inbox")


def downgrade() -> None:
    op.create_index(
        "ix_inbox_waiting_user_id",
        "inbox",
        ["user_id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_column("outbox", "outcome_lost_at")
