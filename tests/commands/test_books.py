"""The ledger from the command line: the trial balance, and what businesses are to get."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import insert

from bot.app import payouts
from bot.commands import books
from bot.database.connections import Database
from services.businesses.tables import BusinessRow
from services.ground.people import User
from services.ledger import Journal, Ledger
from services.ledger import account as accounts
from services.ledger.audit import differences, trial_balance
from tests.commands.program import command

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
async def business(database: Database) -> int:
    values = {"slug": "basket", "name": "Basket", "country": "KE", "currency": "KES"}
    async with database.transaction() as tx:
        made = insert(BusinessRow).values(time_zone="UTC", **values).returning(BusinessRow.id)
        return int(await tx.scalar(made))


async def sale(database: Database, business: int, at: datetime, **parts: int) -> None:
    """A sale of `sold` of which `fee` is kept; `in_cash`, or with the provider; or its refund."""
    sold, fee = parts["sold"], parts.get("fee", 0)
    kind = "captured" if sold > 0 else "refunded"
    holder = accounts.clearing("stripe", "KES")
    if parts.get("in_cash"):
        holder = accounts.cash(business, "KES")
    entries = {
        holder: -sold,
        accounts.payable(business, "KES"): sold - fee,
        accounts.fees(business, "KES"): fee,
    }
    async with database.transaction() as tx:
        await Ledger(tx=tx, now=at).post(Journal(f"{at} {parts}", kind, entries))


async def a_month(database: Database, business: int) -> None:
    await sale(database, business, NOW - timedelta(days=40), sold=900_00)
    await sale(database, business, NOW, sold=1_000_00, fee=50_00)
    await sale(database, business, NOW, sold=200_00, fee=10_00, in_cash=1)
    await sale(database, business, NOW, sold=-100_00, fee=-5_00)


async def test_a_payout_report_tells_each_business(
    database: Database, database_url: str, business: int
) -> None:
    await a_month(database, business)
    found = await payouts(database_url, NOW + timedelta(days=1), NOW - timedelta(days=30))
    [told] = orjson.loads(books.payouts_json(found))
    assert told == {
        "business": "basket",
        "business_id": business,
        "currency": "KES",
        "sold": 1_200_00,
        "refunded": 100_00,
        "fees": 55_00,
        "in_cash": 200_00,
        "owed": 900_00 + 950_00 - 10_00 - 95_00,
    }
    assert "basket" in books.payouts_text(found)
    assert "1,745.00" in books.payouts_text(found)


async def test_nothing_sold_is_said(database_url: str) -> None:
    told = books.payouts_text(await payouts(database_url))
    assert told == "No business has sold anything yet."


async def test_the_commands_end_with_what_they_found(
    tmp_path: Path, database_url: str, database: Database, business: int
) -> None:
    await a_month(database, business)
    settings = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path)}
    well = await command(tmp_path, settings, "trial-balance")
    assert (well.code, well.err) == (0, "")
    assert well.out.splitlines()[-1] == "The books are in balance."
    async with database.pool.acquire() as db:
        await db.execute("ALTER TABLE ledger_accounts DISABLE TRIGGER USER")
        await db.execute("UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'payable'")
    wrong = await command(tmp_path, settings, "trial-balance", "--json")
    assert wrong.code == 1
    assert len(orjson.loads(wrong.out)["differences"]) == 1
    paid = await command(tmp_path, settings, "payouts", "--since", "2026-03-01", "--json")
    assert paid.code == 0
    assert orjson.loads(paid.out)[0]["sold"] == 1_200_00


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (-1_234, "JPY", "-1,234"),
        (5, "KES", "0.05"),
        (1_234_567, "KWD", "1,234.567"),
        (0, "USD", "0.00"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(
    minor: int, currency: str, written: str
) -> None:
    assert books.amount(minor, currency) == written


async def test_the_trial_balance_is_written_by_currency(database: Database) -> None:
    async with database.transaction() as tx:
        person = await tx.scalar(insert(User).values(name="Somebody").returning(User.id))
        ledger = Ledger(tx=tx, now=NOW)
        for currency in ("KES", "JPY"):
            held, has = accounts.clearing("stripe", currency), accounts.wallet(person, currency)
            await ledger.post(Journal(currency, "captured", {held: -1_234, has: 1_234}))
        trials, wrong = await trial_balance(tx), await differences(tx)
    assert books.trial_text(trials, wrong).splitlines() == [
        "JPY",
        "  clearing                      -1,234",
        "  wallet                         1,234",
        "  total                              0",
        "KES",
        "  clearing                      -12.34",
        "  wallet                         12.34",
        "  total                           0.00",
        "The books are in balance.",
    ]
