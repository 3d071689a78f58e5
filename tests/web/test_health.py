"""Signs of life: alive, ready, the database, the providers, and the figures."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import REGISTRY

from bot import inbox
from bot.database.connections import Database
from bot.desk import Desk
from bot.dialog.reply import Reply
from bot.observe.figures import Figures
from bot.outbox import Mark, State
from bot.web.health import Health
from bot.web.server import application
from services.ground.transaction import Transaction
from tests.commands import rows

Client = TestClient[web.Request, web.Application]


async def three_paid(_: Transaction) -> Mapping[str, int]:
    return {"paid": 3}


@pytest.fixture
async def client(database: Database) -> AsyncIterator[Client]:
    health = Health(database, Figures(database, {"payments": three_paid}))
    async with TestClient(TestServer(application(health.routes()))) as client:
        yield client


async def figures(client: Client) -> dict[str, float]:
    lines = (await (await client.get("/metrics")).text()).splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(number) for name, _, number in pairs}


async def test_a_well_program_is_alive_and_ready(client: Client) -> None:
    for path in ("/health", "/health/ready", "/health/db", "/health/providers"):
        answer = await client.get(path)
        assert answer.status == 200, path
        assert (await answer.json())["status"] == "ok"


async def test_a_program_far_behind_is_not_ready(client: Client, database: Database) -> None:
    await rows.message(database, "wamid.1", "a")
    assert (await client.get("/health/ready")).status == 200
    async with database.pool.acquire() as db:
        await db.execute("UPDATE inbox SET due_at = now() - interval '2 minutes'")
    answer = await client.get("/health/ready")
    assert answer.status == 503
    assert (await answer.json())["oldest_waiting_seconds"] >= 120
    assert (await client.get("/health")).status == 200  # alive all the same


async def test_a_database_of_another_release_is_not_ready(
    client: Client, database: Database
) -> None:
    async with database.pool.acquire() as db:
        await db.execute("UPDATE alembic_version SET version_num = 'another'")
    answer = await client.get("/health/ready")
    assert (answer.status, (await answer.json())["migrated"]) == (503, False)


async def test_without_a_database_it_says_so_and_still_tells_its_own(
    client: Client, database: Database
) -> None:
    await database.pool.close()
    assert (await client.get("/health")).status == 200
    for path in ("/health/ready", "/health/db", "/health/providers"):
        assert (await client.get(path)).status == 503, path
    assert (await figures(client))["database_up"] == 0


async def test_the_figures_add_up_and_know_the_backlog(client: Client, database: Database) -> None:
    ids = [await rows.message(database, f"wamid.{n}", "a") for n in range(4)]
    async with database.pool.acquire() as db:
        await Desk(closed=[inbox.Closed(ids[0], None, None, "home.menu")]).write(db)
        await Desk(closed=[inbox.Closed(ids[1], "sticker", None, "home.menu")]).write(db)
        await inbox.park(db, ids[2], "ValueError: x")
    await rows.bubble(database, ids[0], Reply("hi").json(), "a")
    found = await figures(client)
    states = ("answered", "ignored", "parked", "waiting")
    assert [found[f'inbox_messages{{state="{state}"}}'] for state in states] == [1, 1, 1, 1]
    assert found["inbox_messages_stored"] == 4
    assert found['backlog{state="waiting",table="outbox"}'] == 1
    assert found['backlog{state="parked",table="inbox"}'] == 1
    assert found['backlog_oldest_seconds{state="waiting",table="outbox"}'] >= 0
    assert found['service_rows{state="paid",subject="payments"}'] == 3
    assert found["database_up"] == 1


async def test_requests_are_counted_by_route_not_by_address() -> None:
    async def thing(_: web.Request) -> web.Response:
        raise web.HTTPNotFound

    app = application([web.get("/things/{id}", thing)])
    async with TestClient(TestServer(app)) as client:
        for n in range(3):
            assert (await client.get(f"/things/{n}")).status == 404
    counted = {"route": "/things/{id}", "status": "404"}
    assert REGISTRY.get_sample_value("http_request_seconds_count", counted) == 3


async def test_a_failing_provider_is_named_with_its_code(
    client: Client, database: Database
) -> None:
    message = await rows.message(database, "wamid.1", "a")
    first = await rows.bubble(database, message, Reply("one").json(), "a")
    second = await rows.bubble(database, message, Reply("two").json(), "a")
    await rows.sent(database, first, "wamid.out")
    assert (await provider(client))["state"] == "ok"
    failed = Mark(second, State.FAILED, reason="the token is over", error_code=190)
    await rows.mark(database, failed)
    told = await provider(client)
    assert (told["state"], told["last_code"]) == ("failing", 190)
    assert datetime.fromisoformat(str(told["last_sent_at"])) <= datetime.now(UTC)


async def provider(client: Client) -> dict[str, object]:
    [only] = (await (await client.get("/health/providers")).json())["providers"]
    return dict(only)
