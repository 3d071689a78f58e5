"""What PostgreSQL itself holds the ledger to. The migration repeats it."""

# At commit, and whoever wrote it. A row at a time, because only such triggers can be deferred.
JOURNAL_BALANCES = """
CREATE OR REPLACE FUNCTION ledger_journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM ledger_entries WHERE journal_id = NEW.journal_id
             GROUP BY currency HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'journal % does not sum to zero', NEW.journal_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_entries_balances';
  END IF;
  RETURN NULL;
END $$
"""
JOURNAL_HAS_ENTRIES = """
CREATE OR REPLACE FUNCTION ledger_journal_has_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_entries WHERE journal_id = NEW.id) THEN
    RAISE EXCEPTION 'journal % has no entries', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_journals_has_entries';
  END IF;
  RETURN NULL;
END $$
"""
# Locked by id first: two postings that share accounts wait for each other, never in a ring.
KEEP_BALANCES = """
CREATE OR REPLACE FUNCTION ledger_keep_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM ledger_accounts WHERE id IN (SELECT account_id FROM posted)
    ORDER BY id FOR NO KEY UPDATE;
  UPDATE ledger_accounts a SET balance = a.balance + p.amount
    FROM (SELECT account_id, sum(amount) AS amount FROM posted GROUP BY account_id) p
    WHERE a.id = p.account_id;
  RETURN NULL;
END $$
"""
REFUSE = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: the ledger is only added to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$
"""


def _only_added_to(table: str) -> tuple[str, str]:
    return (
        f"""
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION ledger_refuse()
""",
        f"""
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()
""",
    )


AFTER_ACCOUNTS = (
    REFUSE,
    # Only keep_balances, which is a trigger itself, may change a balance.
    """
CREATE TRIGGER kept_by_entries BEFORE UPDATE OR DELETE ON ledger_accounts
FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ledger_refuse()
""",
)
AFTER_ENTRIES = (
    JOURNAL_BALANCES,
    JOURNAL_HAS_ENTRIES,
    KEEP_BALANCES,
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
    *_only_added_to("ledger_journals"),
    *_only_added_to("ledger_entries"),
)
