"""The ledger: accounts, journals and entries, held by triggers to double entry, only added to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_AT = sa.DateTime(timezone=True)
_NOW = sa.func.now()

FUNCTIONS = (
    """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: the ledger is only added to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$
""",
    """
CREATE OR REPLACE FUNCTION ledger_journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM ledger_entries WHERE journal_id = NEW.journal_id
             GROUP BY currency HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'journal % does not sum to zero', NEW.journal_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_entries_balances';
  END IF;
  RETURN NULL;
END $$
""",
    """
CREATE OR REPLACE FUNCTION ledger_journal_has_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_entries WHERE journal_id = NEW.id) THEN
    RAISE EXCEPTION 'journal % has no entries', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_journals_has_entries';
  END IF;
  RETURN NULL;
END $$
""",
    """
CREATE OR REPLACE FUNCTION ledger_keep_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM ledger_accounts WHERE id IN (SELECT account_id FROM posted)
    ORDER BY id FOR NO KEY UPDATE;
  UPDATE ledger_accounts a SET balance = a.balance + p.amount
    FROM (SELECT account_id, sum(amount) AS amount FROM posted GROUP BY account_id) p
    WHERE a.id = p.account_id;
  RETURN NULL;
END $$
""",
)
TRIGGERS = (
    """
CREATE TRIGGER kept_by_entries BEFORE UPDATE OR DELETE ON ledger_accounts
FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ledger_refuse()
""",
    """
CREATE CONSTRAINT TRIGGER balances AFTER INSERT ON ledger_entries
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_journal_balances()
""",
    """
CREATE CONSTRAINT TRIGGER has_entries AFTER INSERT ON ledger_journals
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_journal_has_entries()
""",
    """
CREATE TRIGGER keep_balances AFTER INSERT ON ledger_entries
REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_keep_balances()
""",
    """
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON ledger_journals
FOR EACH ROW EXECUTE FUNCTION ledger_refuse()
""",
    """
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_journals
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()
""",
    """
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON ledger_entries
FOR EACH ROW EXECUTE FUNCTION ledger_refuse()
""",
    """
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_entries
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()
""",
)


def upgrade() -> None:
    _accounts()
    _entries()
    op.create_table(
        "ledger_audits",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("audited_at", _AT, nullable=False),
        sa.Column("differences", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_ledger_audits"),
    )
    for statement in (*FUNCTIONS, *TRIGGERS):
        op.get_bind().exec_driver_sql(statement)


def _accounts() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity()),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("business_id", sa.BigInteger()),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("provider", sa.String(20)),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("balance", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("floor", sa.BigInteger()),
        sa.Column("created_at", _AT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_accounts"),
        sa.UniqueConstraint("name", name="uq_ledger_accounts_name"),
        sa.UniqueConstraint("id", "currency", name="uq_ledger_accounts_id_currency"),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_ledger_accounts_business_id"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_ledger_accounts_user_id"),
        sa.CheckConstraint("balance >= floor", name=op.f("ck_ledger_accounts_floor")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_ledger_accounts_currency")),
        sa.CheckConstraint(
            "num_nonnulls(business_id, user_id, provider) <= 1",
            name=op.f("ck_ledger_accounts_one_owner"),
        ),
    )
    op.create_index("ix_ledger_accounts_business_id", "ledger_accounts", ["business_id"])
    op.create_index("ix_ledger_accounts_user_id", "ledger_accounts", ["user_id"])


def _entries() -> None:
    op.create_table(
        "ledger_journals",
        sa.Column("id", sa.BigInteger(), sa.Identity()),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64)),
        sa.Column("created_at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_journals"),
        sa.UniqueConstraint("key", name="uq_ledger_journals_key"),
    )
    op.create_index("ix_ledger_journals_subject", "ledger_journals", ["subject"])
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity()),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
        sa.UniqueConstraint(
            "journal_id", "account_id", name="uq_ledger_entries_journal_id_account_id"
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["ledger_journals.id"], name="fk_ledger_entries_journal_id"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "currency"],
            ["ledger_accounts.id", "ledger_accounts.currency"],
            name="fk_ledger_entries_account_id_currency",
        ),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_ledger_entries_amount")),
    )
    op.create_index("ix_ledger_entries_account_id", "ledger_entries", ["account_id", "id"])


def downgrade() -> None:
    for table in ("ledger_audits", "ledger_entries", "ledger_journals", "ledger_accounts"):
        op.drop_table(table)
    for function in ("journal_balances", "journal_has_entries", "keep_balances", "refuse"):
        op.execute(f"DROP FUNCTION ledger_{function}()")
