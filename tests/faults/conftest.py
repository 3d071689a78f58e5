"""A small house with a number, and the world outside it, for what is killed in them."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.database.connections import Database
from bot.observe import logs
from bot.wakeups import Wakeups
from tests.engine.house import House, build, check_the_books
from tests.engine.outside import Outside, outside_of
from tests.faults.kills import Process


@pytest.fixture(autouse=True, scope="session")
def plain_logs() -> None:
    """Without the complaints of those who lose their database on purpose."""
    logs.configure("CRITICAL", readable=False)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    house = await build(database)
    yield house
    await check_the_books(house)


@pytest.fixture
async def outside(house: House) -> AsyncIterator[Outside]:
    async with outside_of(house) as outside:
        yield outside


def over(house: House, process: Process) -> House:
    """The same house, as `process` sees it."""
    return replace(house, database=process.database, wakeups=Wakeups(process.database))
