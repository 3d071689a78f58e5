"""The house of the engine's tests, over a database of this test's own."""

from collections.abc import AsyncIterator

import pytest

from bot.database.connections import Database
from bot.observe import logs
from tests.engine.house import House, build


@pytest.fixture(autouse=True, scope="session")
def plain_logs() -> None:
    """What is made for people to read takes a second an error."""
    logs.configure("CRITICAL", readable=False)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    yield await build(database)
