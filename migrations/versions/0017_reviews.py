"""Buyers review what they were sent; the business moderates, others find it helpful."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

AT = sa.DateTime(timezone=True)


def _belongs(table: str, column: str, to: str, gone: str = "CASCADE") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=gone)


def upgrade() -> None:
    op.create_table(
        "product_reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("order_item_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("business_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("photo", sa.String(80), nullable=True),
        sa.Column("edition", sa.Integer(), server_default="1", nullable=False),
        sa.Column("status", sa.String(16), server_default="pending", nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", AT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("written_at", AT, nullable=False),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_product_reviews_rating")),
        sa.CheckConstraint(
            "status IN ('pending', 'approved', 'refused')", name=op.f("ck_product_reviews_status")
        ),
        sa.CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)",
            name=op.f("ck_product_reviews_decided_has_time"),
        ),
        sa.CheckConstraint(
            "(status = 'refused') = (reason IS NOT NULL)",
            name=op.f("ck_product_reviews_refused_has_reason"),
        ),
        sa.CheckConstraint("decided_by <> user_id", name=op.f("ck_product_reviews_not_ones_own")),
        _belongs("product_reviews", "order_item_id", "order_items"),
        _belongs("product_reviews", "product_id", "products"),
        _belongs("product_reviews", "business_id", "businesses"),
        _belongs("product_reviews", "user_id", "users"),
        _belongs("product_reviews", "decided_by", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_reviews")),
        sa.UniqueConstraint("order_item_id", name=op.f("uq_product_reviews_order_item_id")),
    )
    op.create_index(
        "ix_product_reviews_shown",
        "product_reviews",
        ["product_id", "status", "written_at", "id"],
    )
    op.create_index(
        "ix_product_reviews_pending",
        "product_reviews",
        ["business_id", "written_at"],
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index("ix_product_reviews_user_id", "product_reviews", ["user_id"])
    op.create_table(
        "review_votes",
        sa.Column("review_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        _belongs("review_votes", "review_id", "product_reviews"),
        _belongs("review_votes", "user_id", "users"),
        sa.PrimaryKeyConstraint("review_id", "user_id", name=op.f("pk_review_votes")),
    )
    _ratings_were_brought()
    op.execute(
        "UPDATE business_members SET wants = array_append(wants, 'reviews')"
        " WHERE 'tickets' = ANY(wants)"
    )


def _ratings_were_brought() -> None:
    """Until now there were no reviews here: what products have came from elsewhere."""
    op.add_column(
        "products",
        sa.Column("brought_rating", sa.Numeric(3, 2), server_default="0", nullable=False),
    )
    op.add_column(
        "products", sa.Column("brought_reviews", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_products_brought_rating"), "products", "brought_rating BETWEEN 0 AND 5"
    )
    op.create_check_constraint(
        op.f("ck_products_brought_reviews"), "products", "brought_reviews >= 0"
    )
    op.execute("UPDATE products SET brought_rating = rating, brought_reviews = reviews_count")


def downgrade() -> None:
    op.execute("UPDATE business_members SET wants = array_remove(wants, 'reviews')")
    op.execute("UPDATE products SET rating = brought_rating, reviews_count = brought_reviews")
    op.drop_constraint(op.f("ck_products_brought_reviews"), "products")
    op.drop_constraint(op.f("ck_products_brought_rating"), "products")
    op.drop_column("products", "brought_reviews")
    op.drop_column("products", "brought_rating")
    op.drop_table("review_votes")
    op.drop_table("product_reviews")
