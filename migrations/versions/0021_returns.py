"""Orders are sent in parcels; what was delivered may come back, for money or another variant."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

PIECES = ("called_off", "delivered", "coming_back", "returned", "exchanged")
SHIPPED = "shipped >= 0 AND called_off >= 0 AND shipped + called_off <= quantity"
RETURNED = (
    "coming_back >= 0 AND returned >= 0 AND exchanged >= 0"
    " AND coming_back + returned + exchanged <= delivered"
)
STATUSES = "'asked', 'accepted', 'declined', 'cancelled', 'received', 'refunded', 'exchanged'"
ARRIVED = """
UPDATE order_items SET delivered = shipped FROM orders
 WHERE orders.id = order_id AND delivered_at IS NOT NULL
"""


def upgrade() -> None:
    op.add_column(
        "shops", sa.Column("return_days", sa.Integer(), server_default="14", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_shops_return_days"), "shops", "return_days BETWEEN 0 AND 365"
    )
    op.add_column(
        "orders", sa.Column("called_off", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_orders_called_off"), "orders", "called_off BETWEEN 0 AND total"
    )
    for name in PIECES:
        op.add_column(
            "order_items", sa.Column(name, sa.Integer(), server_default="0", nullable=False)
        )
    op.execute(ARRIVED)
    op.drop_constraint(op.f("ck_order_items_shipped"), "order_items", type_="check")
    op.create_check_constraint(op.f("ck_order_items_shipped"), "order_items", SHIPPED)
    op.create_check_constraint(
        op.f("ck_order_items_delivered"), "order_items", "delivered BETWEEN 0 AND shipped"
    )
    op.create_check_constraint(op.f("ck_order_items_returned"), "order_items", RETURNED)
    _returns()
    for table, ondelete in (("order_events", None), ("fulfilments", "CASCADE")):
        op.add_column(table, sa.Column("return_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_{table}_return_id"),
            table,
            "returns",
            ["return_id"],
            ["id"],
            ondelete=ondelete,
        )
    op.create_unique_constraint(op.f("uq_fulfilments_return_id"), "fulfilments", ["return_id"])


def _returns() -> None:
    op.create_table(
        "returns",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("order_item_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.String(64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("photo", sa.String(80), nullable=True),
        sa.Column("status", sa.String(16), server_default="asked", nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_returns_status")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_returns_quantity")),
        sa.CheckConstraint(
            "(status = 'declined') = (why IS NOT NULL)", name=op.f("ck_returns_declined_has_why")
        ),
        sa.CheckConstraint(
            "reason <> 'damaged' OR photo IS NOT NULL", name=op.f("ck_returns_damage_is_shown")
        ),
        sa.CheckConstraint(
            "status <> 'refunded' OR title IS NULL", name=op.f("ck_returns_refunded")
        ),
        sa.CheckConstraint(
            "status <> 'exchanged' OR title IS NOT NULL", name=op.f("ck_returns_exchanged")
        ),
        sa.CheckConstraint(
            "(amount IS NOT NULL) = (title IS NULL AND status IN ('received', 'refunded'))",
            name=op.f("ck_returns_amount_is_reckoned"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_returns_amount")),
        sa.CheckConstraint("decided_by <> user_id", name=op.f("ck_returns_not_ones_own")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_returns_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["order_item_id"],
            ["order_items.id"],
            name=op.f("fk_returns_order_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_returns_user_id")),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["product_variants.id"],
            name=op.f("fk_returns_variant_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_returns_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_returns_order_id_number")),
        sa.UniqueConstraint("request_id", name=op.f("uq_returns_request_id")),
    )
    op.create_index(
        "uq_returns_asked",
        "returns",
        ["order_item_id"],
        unique=True,
        postgresql_where=sa.text("status = 'asked'"),
    )
    op.create_index("ix_returns_order_item_id", "returns", ["order_item_id"])
    op.create_index(
        "ix_returns_promised",
        "returns",
        ["variant_id"],
        postgresql_where=sa.text("status IN ('accepted', 'received')"),
    )


def downgrade() -> None:
    for table in ("order_events", "fulfilments"):
        op.drop_column(table, "return_id")
    op.drop_table("returns")
    for name in ("shipped", "delivered", "returned"):
        op.drop_constraint(op.f(f"ck_order_items_{name}"), "order_items", type_="check")
    for name in PIECES:
        op.drop_column("order_items", name)
    op.create_check_constraint(
        op.f("ck_order_items_shipped"), "order_items", "shipped BETWEEN 0 AND quantity"
    )
    op.drop_constraint(op.f("ck_orders_called_off"), "orders", type_="check")
    op.drop_column("orders", "called_off")
    op.drop_constraint(op.f("ck_shops_return_days"), "shops", type_="check")
    op.drop_column("shops", "return_days")
