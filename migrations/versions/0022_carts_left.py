"""A business counts the carts its goods lie in."""

from collections.abc import Sequence

from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_cart_items_business_id", "cart_items", ["business_id"])


def downgrade() -> None:
    op.drop_index("ix_cart_items_business_id", "cart_items")
