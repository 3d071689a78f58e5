"""Killed while a link is made, while an event is stored, while it is settled: money moves once,
one link is made, the order is paid once and its stock promised once.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.database.connections import Database
from services.payments.events import settle_events, store
from services.payments.jobs import drain
from services.payments.links import create_links
from services.payments.provider import Told
from tests.engine.house import eventually
from tests.faults.kills import Process, lives
from tests.faults.market import Market, open_market


@pytest.fixture
async def market(database: Database) -> AsyncIterator[Market]:
    async with open_market(database) as market:
        yield market


async def make_links(market: Market, process: Process) -> None:
    desk, provider = market.desk_of(process.database)
    await process.run(drain(create_links, desk))
    await provider.aclose()


async def keep(database: Database, events: list[Told]) -> None:
    for told in events:
        async with database.transaction() as tx:
            await store(tx, told, datetime.now(UTC))


async def settle(market: Market, process: Process) -> None:
    desk, provider = market.desk_of(process.database)
    await process.run(drain(settle_events, desk))
    await provider.aclose()


async def test_one_link_is_made(market: Market, database_url: str) -> None:
    me = await market.somebody()
    async for process in lives(database_url):
        await market.order(me, 1 + process.dies_at % 2)  # in place of the one before

        await make_links(market, process)

        await linked(market)
        assert len(await market.sessions()) == process.dies_at
    assert process.suspensions >= 6
    ready = "SELECT count(*) FROM inbox WHERE payload->>'tag' = 'payment-ready'"
    assert await market.value(ready) == process.dies_at


async def test_an_event_is_kept_once(market: Market, database_url: str) -> None:
    async for process in lives(database_url):
        events = [
            Told("stripe", f"evt_{process.dies_at}_{n}", "charge.updated", {}) for n in range(2)
        ]

        await process.run(keep(process.database, events))

        await keep(market.database, events)  # nobody answered 200: they come again
        kept = await market.value("SELECT count(*) FROM payment_events")
        assert kept == 2 * process.dies_at
    assert process.suspensions >= 4


async def test_money_moves_once(market: Market, database_url: str) -> None:
    me = await market.somebody()
    async for process in lives(database_url):
        await market.order(me)
        await linked(market)
        await market.pay_newest()
        await keep(market.database, market.told[-3:])

        await settle(market, process)

        await all_settled(market)
        await the_books_are_right(market, process.dies_at)
    assert process.suspensions >= 10


async def linked(market: Market) -> None:
    """The dead one's lease runs out, and the others go on."""

    async def there() -> bool:
        await market.let_time_pass()
        await drain(create_links, market.desk)
        return not await market.value("SELECT count(*) FROM payments WHERE url IS NULL")

    await eventually(there)


async def all_settled(market: Market) -> None:
    async def there() -> bool:
        await drain(settle_events, market.desk)
        return not await market.value(
            "SELECT count(*) FROM payment_events WHERE settled_at IS NULL"
        )

    await eventually(there)


async def the_books_are_right(market: Market, bought: int) -> None:
    """`bought` orders of one bag, each paid by one link, and everybody told once."""
    assert len(await market.sessions()) == bought
    for query in (
        "SELECT count(*) FROM orders WHERE (status, payment_status) = ('paid', 'paid')",
        "SELECT count(*) FROM payment_attempts WHERE received = 18500",
        "SELECT count(*) FROM order_events WHERE move = 'pay'",
        "SELECT count(*) FROM inbox WHERE payload->>'tag' = 'order-paid'",
        "SELECT count(*) FROM inbox WHERE payload->>'tag' = 'payment-ready'",
        "SELECT sum(allocated) FROM stock",
        "SELECT count(*) / 3 FROM payment_events",
        "SELECT count(*) FROM ledger_journals WHERE kind = 'captured'",
        "SELECT balance / 18500 FROM ledger_accounts WHERE kind = 'payable'",
        "SELECT balance / -18500 FROM ledger_accounts WHERE kind = 'clearing'",
    ):
        assert await market.value(query) == bought, query
