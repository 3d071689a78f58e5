"""`migrate`, `seed`, `doctor`: commands before the program starts."""

import contextlib
from collections.abc import AsyncIterator

from bot import app
from bot.commands import doctor as checks
from bot.commands.operating import QUIET, Json, say
from bot.commands.running import Mendable, go
from bot.database.address import database_address
from bot.database.migrations import is_newest, upgrade
from bot.settings import Settings, SettingsError, read, simulated


def migrate() -> None:
    """Bring the database to the newest schema; again does no harm."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            say(f"The database is at {await upgrade(url)}.")

    go(program)


def seed() -> None:
    """Put the demo business into the database; again does no harm."""

    async def program(settings: Settings) -> None:
        async with migrated(settings) as url, app.parts(settings, url) as opened:
            if not opened.lines:
                raise Mendable("The demo needs a number: set a channel, or SIMULATOR=true.")
            await app.seed(opened)
        say("The demo business is in the database.")

    go(program)


def doctor(json: Json = False) -> None:
    """Check settings, database, providers and clock, and say what to do; 1 if one is wrong."""
    try:
        settings = read()
        settings = simulated(settings) if settings.simulator_on else settings
    except SettingsError as error:
        _tell(checks.of_settings(str(error)), json)

    async def program(settings: Settings) -> None:
        wanted = [checks.Wanted(one.name, one.language) for one in app.templates()]
        _tell(await checks.examine(settings, wanted), json)

    go(program, settings, log_level=QUIET)


def _tell(found: list[checks.Finding], json: bool) -> None:
    say(checks.as_json(found) if json else checks.as_text(found))
    raise SystemExit(0 if checks.is_well(found) else 1)


async def must_be_migrated(url: str) -> None:
    if not await is_newest(url):
        raise Mendable("The database is not migrated; run: python -m bot migrate")


@contextlib.asynccontextmanager
async def migrated(settings: Settings) -> AsyncIterator[str]:
    """A migrated database; only the embedded one, which is ours alone, is brought there here."""
    async with database_address(settings) as url:
        if settings.database_url is None:
            await upgrade(url)
        await must_be_migrated(url)
        yield url
