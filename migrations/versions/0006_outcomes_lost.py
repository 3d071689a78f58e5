"""A bubble remembers that the outcome of a try was never learned."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("outcome_lost_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("outbox", "outcome_lost_at")
