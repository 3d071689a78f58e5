"""Some people's turns are recorded, to be taken again on later code."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("inbox_id", sa.BigInteger(), autoincrement=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column("step_before", sa.String(64)),
        sa.Column("step_after", sa.String(64)),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("inbox_id", name="pk_recordings"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_recordings_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_recordings_user_id", "recordings", ["user_id"])


def downgrade() -> None:
    op.drop_table("recordings")
