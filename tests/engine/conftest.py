"""The house of the engine's tests, whose books are checked after every test."""

from collections.abc import AsyncIterator

import pytest

from bot.database.connections import Database
from tests.engine.house import Blackout, House, build, check_the_books


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    house = await build(database)
    yield house
    await check_the_books(house)


@pytest.fixture
def blackout(postgres: str, database: Database) -> Blackout:
    return Blackout(postgres, database)
