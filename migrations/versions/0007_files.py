"""A provider may know a file of ours by a whole address."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.alter_column("uploads", "media_id", type_=sa.Text(), existing_type=sa.String(160))


def downgrade() -> None:
    op.execute("DELETE FROM uploads WHERE length(media_id) > 160")  # uploaded again when needed
    op.alter_column("uploads", "media_id", type_=sa.String(160), existing_type=sa.Text())
