"""What the doctor finds wrong, and what it says to do."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import HttpUrl

from bot import inbox, world
from bot.commands import doctor
from bot.commands.doctor import database as database_room
from bot.commands.doctor import machine
from bot.commands.doctor.finding import Finding, Level
from bot.commands.doctor.providers import Providers, Wanted
from bot.database.connections import Database
from bot.settings import Settings, simulated
from bot.simulator.config import TemplateSeed
from bot.simulator.simulator import Simulator
from tests.commands import rows
from tests.commands.program import free_port

TEMPLATE = TemplateSeed("order_new", "en", "New order {{1}}")
LONG = "a-long-enough-secret"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return simulated(Settings(data_dir=tmp_path / "data", stripe_secret_key="sk_test_" + LONG))


@pytest.fixture
async def outside(settings: Settings) -> AsyncIterator[Settings]:
    """The settings, with a simulator of them running."""
    simulator = Simulator(world.simulator_config(settings, (TEMPLATE,), "http://127.0.0.1:1", None))
    app = web.Application()
    simulator.add_routes(app)
    async with TestServer(app) as server:
        address = str(server.make_url("")).rstrip("/")
        yield changed(settings, **there(address))


def there(address: str) -> dict[str, HttpUrl]:
    """Every provider at one address."""
    return {
        "whatsapp_api_url": HttpUrl(address),
        "stripe_api_url": HttpUrl(address),
        "phonepe_auth_url": HttpUrl(f"{address}/phonepe/identity-manager"),
        "mpesa_api_url": HttpUrl(f"{address}/daraja"),
    }


def changed(settings: Settings, **values: Any) -> Settings:
    return settings.model_copy(update=values)


async def asked(settings: Settings, *wanted: Wanted) -> dict[str, Finding]:
    async with aiohttp.ClientSession() as http:
        return {f.subject: f for f in await Providers(settings, http, wanted).look()}


async def test_keys_and_templates_that_work(outside: Settings) -> None:
    found = await asked(outside, Wanted("order_new", "en"))
    subjects = ("whatsapp", "templates", "stripe", "phonepe", "m-pesa")
    assert [found[subject].level for subject in subjects] == [Level.OK] * 5


async def test_keys_that_do_not_work(outside: Settings) -> None:
    wrong = {"whatsapp_access_token": "x", "stripe_secret_key": "y", "phonepe_client_secret": "z"}
    real = changed(outside, **wrong, mpesa_consumer_secret="z")
    found = await asked(real, Wanted("order_new", "en"))
    assert found["whatsapp"].level is Level.WRONG
    assert "401" in found["whatsapp"].says
    assert "WHATSAPP_ACCESS_TOKEN" in found["whatsapp"].advice
    assert "STRIPE_SECRET_KEY" in found["stripe"].advice
    assert "PHONEPE_CLIENT_SECRET" in found["phonepe"].advice
    assert "MPESA_CONSUMER_SECRET" in found["m-pesa"].advice


async def test_templates_that_are_missing_are_named(outside: Settings) -> None:
    wanted = (Wanted("order_new", "en"), Wanted("order_new", "sw"), Wanted("other", "en"))
    templates = (await asked(outside, *wanted))["templates"]
    assert templates.level is Level.WRONG
    assert "2 of 3" in templates.says
    assert "order_new (sw): missing; other (en): missing" in templates.says


async def test_providers_that_are_silent(settings: Settings) -> None:
    nowhere = HttpUrl(f"http://127.0.0.1:{free_port()}")
    silent = changed(settings, **there(str(nowhere).rstrip("/")), public_url=nowhere)
    assert {f.level for f in (await asked(silent)).values()} == {Level.NOTE}  # nobody plays it now
    real = changed(silent, simulator=False)
    found = await asked(real)
    assert {f.level for f in found.values()} == {Level.WRONG}
    assert all(f.advice for f in found.values())


async def green(state: str, settings: Settings) -> Finding:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"stateInstance": state})

    app = web.Application()
    app.router.add_get("/waInstance7/getStateInstance/word", answer)
    async with TestServer(app) as server:
        only = changed(
            settings,
            whatsapp_access_token=None,
            stripe_secret_key=None,
            phonepe_client_id=None,
            mpesa_consumer_key=None,
            green_api_url=HttpUrl(str(server.make_url(""))),
            green_api_instance_id="7",
            green_api_token="word",
        )
        return (await asked(only))["green api"]


async def test_an_instance_that_lost_its_phone(settings: Settings) -> None:
    assert (await green("authorized", settings)).level is Level.OK
    lost = await green("notAuthorized", settings)
    assert (lost.level, "notAuthorized" in lost.says) == (Level.WRONG, True)


# -- this machine -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "level"),
    [
        ("https://bot.example.com", Level.OK),
        ("http://bot.example.com", Level.WRONG),
        ("https://localhost", Level.WRONG),
        ("https://192.168.1.4", Level.WRONG),
        ("https://bot.local", Level.WRONG),
        ("https://8.8.4.4", Level.OK),
    ],
)
def test_an_address_the_world_can_reach(settings: Settings, address: str, level: Level) -> None:
    real = changed(settings, simulator=False, public_url=HttpUrl(address))
    found = {finding.subject: finding for finding in machine.look(real)}
    assert found["public address"].level is level


def test_secrets_that_are_missing_are_named(settings: Settings) -> None:
    real = changed(settings, simulator=False, whatsapp_app_secret=None, stripe_webhook_secret=())
    real = changed(real, phonepe_webhook_credentials=(), mpesa_callback_secret=("short",))
    wrong = [f.says for f in machine.look(real) if f.level is Level.WRONG]
    assert "WHATSAPP_APP_SECRET is not set" in wrong
    assert "STRIPE_WEBHOOK_SECRET is not set" in wrong
    assert "PHONEPE_WEBHOOK_CREDENTIALS is not set" in wrong


def test_no_provider_at_all_is_noted(settings: Settings) -> None:
    none = {"stripe_secret_key": None, "phonepe_client_id": None, "mpesa_consumer_key": None}
    real = changed(settings, simulator=False, **none)
    noted = {f.subject for f in machine.look(real) if f.level is Level.NOTE}
    assert "payments" in noted


def test_a_data_folder_that_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = list(machine.look(changed(settings, data_dir=tmp_path / "file")))
    assert found[-1].level is Level.WRONG
    assert "DATA_DIR" in found[-1].advice


# -- the database -------------------------------------------------------------------------


async def test_a_well_database(settings: Settings, database_url: str) -> None:
    found = await database_room.look(changed(settings, database_url=database_url))
    assert [f.subject for f in found] == ["database", "clock", "migrations"]
    assert {f.level for f in found} == {Level.OK}


async def test_an_empty_database(settings: Settings, postgres: str) -> None:
    found = await database_room.look(changed(settings, database_url=postgres))
    assert found[-1].level is Level.WRONG
    assert found[-1].advice == "Run: python -m bot migrate"


async def test_a_database_that_is_away(settings: Settings) -> None:
    url = f"postgresql+asyncpg://bot:hunter2@127.0.0.1:{free_port()}/bot"
    [found] = await database_room.look(changed(settings, database_url=url))
    assert found.level is Level.WRONG
    assert "hunter2" not in found.advice


async def test_work_that_waits_is_noted(
    settings: Settings, database: Database, database_url: str
) -> None:
    ids = [await rows.message(database, f"wamid.{n}", "a") for n in range(2)]
    async with database.pool.acquire() as db:
        await inbox.park(db, ids[0], "ValueError: x")
        await db.execute("UPDATE inbox SET due_at = now() - interval '2 minutes'")
    found = await database_room.look(changed(settings, database_url=database_url))
    notes = [f for f in found if f.level is Level.NOTE]
    assert [f.says.split()[0:2] for f in notes] == [["1", "messages"], ["a", "message"]]
    assert doctor.is_well(found)
