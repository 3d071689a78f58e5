"""Carts of several sellers: a voucher each, orders that are paid together, money back by part."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# Until now a cart was of one business, and a payment of one order.
CARTS_HAVE_A_CURRENCY = """
UPDATE carts c SET currency = s.currency
  FROM cart_items i JOIN shops s ON s.business_id = i.business_id WHERE i.cart_id = c.id
"""
ITEMS_HAVE_IT_TOO = """
UPDATE cart_items i SET currency = s.currency FROM shops s WHERE s.business_id = i.business_id
"""
VOUCHERS_ARE_OF_PARTS = """
INSERT INTO cart_vouchers (cart_id, business_id, user_id, voucher_id)
SELECT c.id, v.business_id, c.user_id, v.id FROM carts c JOIN vouchers v ON v.id = c.voucher_id
 WHERE EXISTS (SELECT FROM cart_items i WHERE i.cart_id = c.id AND i.business_id = v.business_id)
"""
WHOSE_PART_IT_IS = """
UPDATE {table} r SET business_id = o.business_id
  FROM payments p JOIN orders o ON o.id = p.service_id AND p.service_type = 'order'
 WHERE p.id = r.payment_id
"""
OF_PARTS = ("refunds", "refund_requests", "receipts")
VOUCHERS_ARE_OF_CARTS = """
UPDATE carts c SET voucher_id = (SELECT min(v.voucher_id) FROM cart_vouchers v
                                  WHERE v.cart_id = c.id)
"""


def upgrade() -> None:
    _carts()
    _orders()
    for table in OF_PARTS:
        op.add_column(table, sa.Column("business_id", sa.BigInteger(), nullable=True))
        op.execute(WHOSE_PART_IT_IS.format(table=table))
    _one_question_at_a_time("payment_id", "business_id", postgresql_nulls_not_distinct=True)


def _carts() -> None:
    op.add_column("carts", sa.Column("currency", sa.String(3), nullable=True))
    op.add_column("cart_items", sa.Column("currency", sa.String(3), nullable=True))
    op.execute(CARTS_HAVE_A_CURRENCY)
    op.execute(ITEMS_HAVE_IT_TOO)
    op.alter_column("cart_items", "currency", nullable=False)
    op.create_unique_constraint(op.f("uq_carts_id_currency"), "carts", ["id", "currency"])
    op.drop_constraint(op.f("fk_cart_items_cart_id"), "cart_items")
    op.create_foreign_key(
        op.f("fk_cart_items_cart_id_currency"),
        "cart_items",
        "carts",
        ["cart_id", "currency"],
        ["id", "currency"],
        ondelete="CASCADE",
    )
    op.create_unique_constraint(
        op.f("uq_vouchers_id_business_id"), "vouchers", ["id", "business_id"]
    )
    op.create_table(
        "cart_vouchers",
        sa.Column("cart_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("voucher_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cart_id"], ["carts.id"], name=op.f("fk_cart_vouchers_cart_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_cart_vouchers_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id", "business_id"],
            ["vouchers.id", "vouchers.business_id"],
            name=op.f("fk_cart_vouchers_voucher_id_business_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("cart_id", "business_id", name=op.f("pk_cart_vouchers")),
    )
    op.execute(VOUCHERS_ARE_OF_PARTS)
    op.drop_constraint(op.f("fk_carts_voucher_id"), "carts")
    op.drop_column("carts", "voucher_id")


def _orders() -> None:
    op.add_column("orders", sa.Column("paid_with", sa.BigInteger(), nullable=True))
    op.alter_column("orders", "checkout_key", type_=sa.Text())
    op.drop_constraint(op.f("uq_orders_checkout_key"), "orders")
    for columns in UNIQUE:
        name = op.f(f"uq_orders_{'_'.join(columns)}")
        op.create_unique_constraint(name, "orders", list(columns))
    op.create_foreign_key(
        op.f("fk_orders_paid_with_user_id_currency"),
        "orders",
        "orders",
        ["paid_with", "user_id", "currency"],
        ["id", "user_id", "currency"],
    )
    op.create_check_constraint(op.f("ck_orders_paid_with_earlier"), "orders", "paid_with < id")
    op.drop_constraint(op.f("fk_orders_voucher_id"), "orders")
    op.create_foreign_key(
        op.f("fk_orders_voucher_id_business_id"),
        "orders",
        "vouchers",
        ["voucher_id", "business_id"],
        ["id", "business_id"],
    )


UNIQUE = (
    ("checkout_key", "business_id"),
    ("id", "user_id", "currency"),
    ("paid_with", "business_id"),
    ("payment_id", "business_id"),
)


def _one_question_at_a_time(*columns: str, **more: bool) -> None:
    op.drop_index("uq_refund_requests_asked", "refund_requests")
    op.create_index(
        "uq_refund_requests_asked",
        "refund_requests",
        list(columns),
        unique=True,
        postgresql_where=sa.text("status = 'asked'"),
        **more,
    )


def downgrade() -> None:
    _one_question_at_a_time("payment_id")
    for table in OF_PARTS:
        op.drop_column(table, "business_id")
    op.drop_constraint(op.f("fk_orders_voucher_id_business_id"), "orders")
    op.create_foreign_key(
        op.f("fk_orders_voucher_id"), "orders", "vouchers", ["voucher_id"], ["id"]
    )
    op.drop_constraint(op.f("ck_orders_paid_with_earlier"), "orders")
    op.drop_constraint(op.f("fk_orders_paid_with_user_id_currency"), "orders")
    for columns in UNIQUE:
        op.drop_constraint(op.f(f"uq_orders_{'_'.join(columns)}"), "orders")
    op.create_unique_constraint(op.f("uq_orders_checkout_key"), "orders", ["checkout_key"])
    op.alter_column("orders", "checkout_key", type_=sa.String(128))
    op.drop_column("orders", "paid_with")
    op.add_column("carts", sa.Column("voucher_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_carts_voucher_id"), "carts", "vouchers", ["voucher_id"], ["id"],
        ondelete="SET NULL",
    )  # fmt: skip
    op.execute(VOUCHERS_ARE_OF_CARTS)
    op.drop_table("cart_vouchers")
    op.drop_constraint(op.f("uq_vouchers_id_business_id"), "vouchers")
    op.drop_constraint(op.f("fk_cart_items_cart_id_currency"), "cart_items")
    op.create_foreign_key(
        op.f("fk_cart_items_cart_id"), "cart_items", "carts", ["cart_id"], ["id"],
        ondelete="CASCADE",
    )  # fmt: skip
    op.drop_constraint(op.f("uq_carts_id_currency"), "carts")
    op.drop_column("cart_items", "currency")
    op.drop_column("carts", "currency")
