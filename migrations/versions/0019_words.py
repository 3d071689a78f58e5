"""The words of products, to mend slips of the pen among; files of products that members sent."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

LEARN = """
CREATE OR REPLACE FUNCTION shopping_learn_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO product_words (word)
  SELECT DISTINCT w FROM fresh, regexp_split_to_table(fresh.folded, '[^[:alnum:]]+') AS w
   WHERE w ~ '^[[:alpha:]]{3,32}$' AND NOT EXISTS (SELECT FROM product_words k WHERE k.word = w)
   ORDER BY w
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER learn_words_{name} AFTER {when} ON products
REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION shopping_learn_words()
"""
LEARNED = """
INSERT INTO product_words (word)
SELECT DISTINCT w FROM products, regexp_split_to_table(folded, '[^[:alnum:]]+') AS w
 WHERE w ~ '^[[:alpha:]]{3,32}$'
"""


def upgrade() -> None:
    op.create_table(
        "product_words",
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_product_words")),
    )
    execute = op.get_bind().exec_driver_sql
    execute(LEARNED)
    op.create_index(
        "ix_product_words_alike",
        "product_words",
        ["word"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": False},
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    execute(LEARN)
    for when in ("INSERT", "UPDATE"):
        execute(TRIGGER.format(name=when.lower(), when=when))
    op.drop_index("ix_products_folded", "products")
    op.create_table(
        "product_imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("business_id", sa.BigInteger(), nullable=True),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("file_key", sa.String(80), nullable=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_product_imports_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_product_imports_business_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_imports")),
        sa.UniqueConstraint("file_id", name=op.f("uq_product_imports_file_id")),
    )
    op.create_index(
        "ix_product_imports_due",
        "product_imports",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("product_imports")
    op.create_index(
        "ix_products_folded",
        "products",
        ["folded"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": False},
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    execute = op.get_bind().exec_driver_sql
    for when in ("insert", "update"):
        execute(f"DROP TRIGGER learn_words_{when} ON products")
    execute("DROP FUNCTION shopping_learn_words()")
    op.drop_table("product_words")
