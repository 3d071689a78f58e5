"""A business counts the carts its goods lie in; a forgotten address is gone."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_cart_items_business_id", "cart_items", ["business_id"])
    op.execute("DELETE FROM addresses WHERE is_hidden")
    op.drop_column("addresses", "is_hidden")


def downgrade() -> None:
    op.add_column(
        "addresses",
        sa.Column("is_hidden", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.drop_index("ix_cart_items_business_id", "cart_items")
