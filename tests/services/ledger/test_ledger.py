"""Double entry: sums to zero, is only added to, and takes nothing that is not there."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.ground.money import Money
from services.ledger import Journal, Ledger, NotEnough, SameKeyOtherJournal, Unbalanced
from services.ledger import account as accounts
from services.ledger.audit import audit, audited, differences, trial_balance
from services.ledger.tables import AccountRow, AuditRow, EntryRow, JournalRow

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STRIPE = accounts.clearing("stripe", "KES")


def top_up(person: int, amount: int, key: str = "top-up", currency: str = "KES") -> Journal:
    taken = accounts.clearing("stripe", currency)
    given = accounts.wallet(person, currency)
    return Journal(key, "topped_up", {taken: -amount, given: amount}, subject=f"person:{person}")


def spend(person: int, amount: int, key: str = "spend") -> Journal:
    wallet, nobody = accounts.wallet(person, "KES"), accounts.suspense("KES")
    return Journal(key, "spent", {wallet: -amount, nobody: amount})


@pytest.fixture
def ledger(tx) -> Ledger:
    return Ledger(tx=tx, now=NOW)


async def count(tx, table) -> int:
    return int(await tx.scalar(select(func.count()).select_from(table)))


# -- posting -------------------------------------------------------------------------


async def test_what_is_posted_is_on_the_accounts(ledger, person) -> None:
    await ledger.post(top_up(person, 500_00))
    assert await ledger.balance(accounts.wallet(person, "KES")) == Money(500_00, "KES")
    assert await ledger.balance(STRIPE) == Money(-500_00, "KES")
    assert await ledger.balance(accounts.wallet(person, "USD")) == Money(0, "USD")


async def test_the_same_key_is_posted_once(tx, ledger, person) -> None:
    for _ in range(3):
        await ledger.post(top_up(person, 500_00))
    await ledger.post(top_up(person, 500_00), spend(person, 1), spend(person, 1))
    assert await ledger.balance(accounts.wallet(person, "KES")) == Money(499_99, "KES")
    assert await count(tx, JournalRow) == 2


async def test_the_same_key_for_something_else_is_refused(ledger, person) -> None:
    await ledger.post(top_up(person, 500_00))
    with pytest.raises(SameKeyOtherJournal):
        await ledger.post(top_up(person, 501_00))
    with pytest.raises(SameKeyOtherJournal):
        await ledger.post(spend(person, 1, "two"), spend(person, 2, "two"))


@pytest.mark.parametrize("entries", [{}, {STRIPE: 0}, {STRIPE: 5}])
def test_a_journal_that_does_not_sum_to_zero_cannot_be_made(entries) -> None:
    with pytest.raises(Unbalanced):
        Journal("key", "kind", entries)


def test_each_currency_sums_to_zero_by_itself() -> None:
    with pytest.raises(Unbalanced):
        Journal("key", "kind", {STRIPE: -5, accounts.suspense("USD"): 5})


async def test_a_wallet_never_overdraws_and_the_turn_goes_on(tx, ledger, person) -> None:
    await ledger.post(top_up(person, 500_00))
    with pytest.raises(NotEnough) as told:
        await ledger.post(spend(person, 500_01))
    assert told.value.left == Money(500_00, "KES")
    await ledger.post(spend(person, 500_00))  # the refused one has not used up its key
    await tx.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert await ledger.balance(accounts.wallet(person, "KES")) == Money(0, "KES")


async def test_journals_posted_together_are_seen_together(ledger, person) -> None:
    """One that puts in and one that takes out: what counts is what is there afterwards."""
    await ledger.post(spend(person, 5_00), top_up(person, 5_00))
    assert await ledger.balance(accounts.wallet(person, "KES")) == Money(0, "KES")


async def test_a_statement_is_newest_first_with_what_was_there_after(ledger, person) -> None:
    await ledger.post(top_up(person, 500))
    for number in range(3):
        await ledger.post(spend(person, 100 + number, f"spend {number}"))
    lines = await ledger.statement(accounts.wallet(person, "KES"), limit=3)
    assert [(line.kind, line.amount.amount, line.balance.amount) for line in lines] == [
        ("spent", -102, 197),
        ("spent", -101, 299),
        ("spent", -100, 400),
    ]
    assert await ledger.statement(accounts.wallet(person, "USD")) == []


async def test_what_all_journals_about_a_subject_come_to(ledger, person) -> None:
    await ledger.post(top_up(person, 500), top_up(person, 70, "again"))
    wallet = accounts.wallet(person, "KES")
    assert await ledger.about(f"person:{person}") == {STRIPE: -570, wallet: 570}
    assert await ledger.about("somebody else") == {}


# -- the database itself --------------------------------------------------------------


async def write(tx, person: int, *amounts: int, currency: str = "KES") -> None:
    """Entries on the accounts of a posted top-up, past the ledger."""
    journal = insert(JournalRow).values(key="raw", kind="raw", created_at=NOW)
    number = await tx.scalar(journal.returning(JournalRow.id))
    names = (STRIPE.name, accounts.wallet(person, "KES").name)
    for name, amount in zip(names, amounts, strict=False):
        account = await tx.scalar(select(AccountRow.id).where(AccountRow.name == name))
        row = {"journal_id": number, "account_id": account, "currency": currency}
        await tx.execute(insert(EntryRow).values(amount=amount, **row))


@pytest.mark.parametrize("amounts", [(), (5,), (5, -4)])
async def test_at_commit_the_database_refuses_what_does_not_sum_to_zero(
    connect, crowd, amounts
) -> None:
    async with connect() as tx:
        await Ledger(tx=tx, now=NOW).post(top_up(crowd[0], 500))
    with pytest.raises(DBAPIError, match=r"does not sum to zero|has no entries"):
        async with connect() as tx:
            await write(tx, crowd[0], *amounts)
    async with connect() as tx:
        assert await count(tx, JournalRow) == 1


async def test_the_database_refuses_to_overdraw(tx, ledger, person) -> None:
    await ledger.post(top_up(person, 500))
    with pytest.raises(IntegrityError, match="ck_ledger_accounts_floor"):
        await write(tx, person, 501, -501)


@pytest.mark.parametrize(
    ("amount", "currency", "rule"),
    [(0, "KES", "ck_ledger_entries_amount"), (5, "USD", "fk_ledger_entries_account_id_currency")],
)
async def test_the_database_refuses_an_entry(tx, ledger, person, amount, currency, rule) -> None:
    await ledger.post(top_up(person, 500))
    with pytest.raises(IntegrityError, match=rule):
        await write(tx, person, amount, currency=currency)


@pytest.mark.parametrize(
    "statement",
    [
        update(EntryRow).values(amount=1),
        update(JournalRow).values(kind="other"),
        delete(EntryRow),
        delete(JournalRow),
        update(AccountRow).values(balance=0),
        update(AccountRow).values(floor=-1_000),
        delete(AccountRow),
        text("TRUNCATE ledger_entries"),
        text("TRUNCATE ledger_journals CASCADE"),
    ],
    ids=str,
)
async def test_the_database_refuses_to_rewrite(tx, ledger, person, statement) -> None:
    await ledger.post(top_up(person, 500))
    await tx.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # nothing waits for the commit
    with pytest.raises(DBAPIError, match="the ledger is only added to"):
        await tx.execute(statement)


# -- going through the books ----------------------------------------------------------


async def test_the_trial_balance_is_zero_in_every_currency(tx, ledger, person) -> None:
    await ledger.post(
        top_up(person, 500), top_up(person, 3, "yen", "JPY"), top_up(person, 1_234, "dinar", "KWD")
    )
    trials = await trial_balance(tx)
    assert [(trial.currency, trial.total) for trial in trials] == [
        ("JPY", 0),
        ("KES", 0),
        ("KWD", 0),
    ]
    assert trials[1].kinds == {"clearing": -500, "wallet": 500}
    assert await differences(tx) == []


async def falsify(connect) -> None:
    """A balance that nobody entered, as a fault of ours or a hand in the table would leave it."""
    async with connect() as tx:
        await tx.execute(text("ALTER TABLE ledger_accounts DISABLE TRIGGER kept_by_entries"))
        wallets = update(AccountRow).where(AccountRow.kind == "wallet")
        await tx.execute(wallets.values(balance=AccountRow.balance + 1))
        await tx.execute(text("ALTER TABLE ledger_accounts ENABLE TRIGGER kept_by_entries"))


async def test_a_balance_that_drifted_is_found_and_kept(connect, crowd) -> None:
    async with connect() as tx:
        await Ledger(tx=tx, now=NOW).post(top_up(crowd[0], 500))
    await falsify(connect)
    assert await audit(connect, lambda: NOW) is True
    async with connect() as tx:
        name = accounts.wallet(crowd[0], "KES").name
        assert await tx.scalar(select(AuditRow.differences)) == [
            {"account": name, "balance": 501, "entered": 500}
        ]
        assert await audited(tx) == {"differs": 1}


async def test_the_books_are_gone_through_once_a_day(connect) -> None:
    async with connect() as tx:
        assert await audited(tx) == {"differs": 0}
    assert [await audit(connect, lambda: NOW) for _ in range(2)] == [True, False]
    assert await audit(connect, lambda: NOW.replace(day=3)) is True
