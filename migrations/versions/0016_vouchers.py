"""Vouchers, their uses, and which one is on a cart or was on an order."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TERMS = (
    "CASE kind"
    " WHEN 'fixed' THEN coalesce(amount > 0, false) AND basis_points IS NULL AND most IS NULL"
    " WHEN 'percent' THEN coalesce(basis_points BETWEEN 1 AND 10000, false) AND amount IS NULL"
    " ELSE amount IS NULL AND basis_points IS NULL AND most IS NULL END"
)


def upgrade() -> None:
    _vouchers()
    _uses()
    for table in ("carts", "orders"):
        op.add_column(table, sa.Column("voucher_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_carts_voucher_id"),
        "carts",
        "vouchers",
        ["voucher_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_foreign_key(
        op.f("fk_orders_voucher_id"), "orders", "vouchers", ["voucher_id"], ["id"]
    )
    op.alter_column("orders", "checkout_key", type_=sa.String(128))


def downgrade() -> None:
    op.alter_column("orders", "checkout_key", type_=sa.String(64))
    for table in ("orders", "carts"):
        op.drop_constraint(op.f(f"fk_{table}_voucher_id"), table)
        op.drop_column(table, "voucher_id")
    op.drop_table("voucher_uses")
    op.drop_table("vouchers")


def _vouchers() -> None:
    op.create_table(
        "vouchers",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("business_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("basis_points", sa.Integer(), nullable=True),
        sa.Column("most", sa.BigInteger(), nullable=True),
        sa.Column("minimum", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("max_per_person", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.CheckConstraint("code ~ '^[A-Z0-9-]{3,24}$'", name=op.f("ck_vouchers_code")),
        sa.CheckConstraint(
            "kind IN ('fixed', 'percent', 'delivery')", name=op.f("ck_vouchers_kind")
        ),
        sa.CheckConstraint(TERMS, name=op.f("ck_vouchers_terms")),
        sa.CheckConstraint("most > 0", name=op.f("ck_vouchers_most")),
        sa.CheckConstraint("minimum >= 0", name=op.f("ck_vouchers_minimum")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_vouchers_dates")),
        sa.CheckConstraint("max_uses > 0 AND max_per_person > 0", name=op.f("ck_vouchers_limits")),
        sa.CheckConstraint(
            "uses BETWEEN 0 AND coalesce(max_uses, uses)", name=op.f("ck_vouchers_uses")
        ),
        sa.ForeignKeyConstraint(
            ["business_id"],
            ["businesses.id"],
            name=op.f("fk_vouchers_business_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["users.id"], name=op.f("fk_vouchers_made_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
        sa.UniqueConstraint("business_id", "code", name=op.f("uq_vouchers_business_id_code")),
    )


def _uses() -> None:
    op.create_table(
        "voucher_uses",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("voucher_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["voucher_id"],
            ["vouchers.id"],
            name=op.f("fk_voucher_uses_voucher_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_voucher_uses_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_voucher_uses_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_uses")),
        sa.UniqueConstraint("order_id", name=op.f("uq_voucher_uses_order_id")),
    )
    op.create_index("ix_voucher_uses_person", "voucher_uses", ["voucher_id", "user_id"])
