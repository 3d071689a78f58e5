"""A provider may know a file of ours by a whole address; what people sent is erased one day."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _states(names: str) -> None:
    op.drop_constraint(op.f("ck_attachments_state"), "attachments")
    op.create_check_constraint(op.f("ck_attachments_state"), "attachments", f"state IN ({names})")


def upgrade() -> None:
    op.alter_column("uploads", "media_id", type_=sa.Text(), existing_type=sa.String(160))
    _states("'wanted', 'stored', 'failed', 'erased'")
    op.create_index(
        "ix_attachments_stored",
        "attachments",
        ["done_at"],
        postgresql_where=sa.text("state = 'stored'"),
    )


def downgrade() -> None:
    op.drop_index("ix_attachments_stored", "attachments")
    op.execute("DELETE FROM attachments WHERE state = 'erased'")
    _states("'wanted', 'stored', 'failed'")
    op.execute("DELETE FROM uploads WHERE length(media_id) > 160")  # uploaded again when needed
    op.alter_column("uploads", "media_id", type_=sa.String(160), existing_type=sa.Text())
