"""The house of the engine's tests, whose books are checked after every test."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.channels.channel import GreenChannel
from bot.channels.green_client import GreenClient
from bot.database.connections import Database
from bot.observe import logs
from tests.engine.house import GREEN_TOKEN, INSTANCE, Blackout, House, build, check_the_books
from tests.engine.outside import Outside, outside_of


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


@pytest.fixture
async def outside(house: House) -> AsyncIterator[Outside]:
    async with outside_of(house) as outside:
        yield outside


@pytest.fixture
async def green() -> AsyncIterator[tuple[GreenChannel, list[str]]]:
    """Another provider: what was sent to it is kept."""
    came: list[str] = []

    async def take(request: web.Request) -> web.Response:
        body = await request.json()
        if "message" in body:
            came.append(body["message"])
        return web.json_response({"idMessage": f"G{len(came)}"})

    app = web.Application()
    app.router.add_post("/{instance}/{method}/{token}", take)
    server = TestServer(app)
    await server.start_server()
    async with ClientSession() as http:
        url = str(server.make_url("")).rstrip("/")
        yield GreenChannel(GreenClient(http, url, INSTANCE, GREEN_TOKEN)), came
    await server.close()
