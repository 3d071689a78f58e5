"""The house of the engine's tests, whose books are checked after every test."""

from collections.abc import AsyncIterator

import pytest

from bot.database.connections import Database
from bot.observe import logs
from tests.engine.house import Blackout, House, build, check_the_books


@pytest.fixture(autouse=True, scope="session")
def plain_logs() -> None:
    """As in production: what is made for people to read takes a second an error."""
    logs.configure("ERROR", readable=False)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    house = await build(database)
    yield house
    await check_the_books(house)


@pytest.fixture
def blackout(postgres: str, database: Database) -> Blackout:
    return Blackout(postgres, database)
