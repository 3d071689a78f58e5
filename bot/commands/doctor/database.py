"""What the doctor asks the database."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from bot.commands.doctor.finding import Finding, Level, note, ok, wrong
from bot.commands.running import explained
from bot.database import migrations
from bot.database.address import database_address
from bot.database.connections import arguments
from bot.database.embedded import EmbeddedServerError
from bot.observe import held
from bot.settings import Settings

OLDEST_VERSION = 15
CLOCK_APART = 5.0  # seconds the database's clock and ours may differ
LONG_WAIT = 60.0  # seconds


async def look(settings: Settings) -> list[Finding]:
    try:
        async with database_address(settings) as url:
            db: Any = await asyncpg.connect(timeout=10, **arguments(make_url(url)))
            try:
                return [finding async for finding in _asked(db)]
            finally:
                await db.close()
    except EmbeddedServerError as error:
        return [wrong("database", "the embedded PostgreSQL does not start", str(error))]
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        why = explained(error, settings) or type(error).__name__
        return [wrong("database", "cannot be reached", why)]


async def _asked(db: Any) -> AsyncIterator[Finding]:
    said = f"PostgreSQL {await db.fetchval('SHOW server_version')} answers"
    if db.get_server_version().major < OLDEST_VERSION:
        yield wrong("database", said, f"Use PostgreSQL {OLDEST_VERSION} or later.")
    else:
        yield ok("database", said)
    yield await _clock(db)
    yield (migrated := await _migrated(db))
    if migrated.level is Level.OK:
        for finding in _work(await db.fetchrow(_WORK)):
            yield finding
        for number in await held.look(db):
            for finding in _number(number):
                yield finding


async def _clock(db: Any) -> Finding:
    apart = await db.fetchval(
        "SELECT extract(epoch FROM clock_timestamp() - $1::timestamptz)::float8", datetime.now(UTC)
    )
    if abs(apart) > CLOCK_APART:
        return wrong(
            "clock",
            f"the database's clock is {apart:+.0f} s from ours",
            "Set both by NTP: windows, links and signatures go by the clock.",
        )
    return ok("clock", f"the database's agrees with ours ({abs(apart) * 1000:.0f} ms)")


async def _migrated(db: Any) -> Finding:
    head = migrations.head()
    advice = "Run: python -m bot migrate"
    if await db.fetchval("SELECT to_regclass('alembic_version')") is None:
        return wrong("migrations", "the database is empty", advice)
    revision = await db.fetchval("SELECT version_num FROM alembic_version")
    if revision != head:
        return wrong("migrations", f"the database is at {revision}, this release at {head}", advice)
    return ok("migrations", f"at {head}, the newest")


_WORK = """
SELECT (SELECT count(*) FROM inbox WHERE state = 'parked') AS parked,
       (SELECT count(*) FROM outbox WHERE state = 'unknown') AS unknown,
       coalesce((SELECT extract(epoch FROM now() - min(due_at)) FROM inbox
                 WHERE state = 'waiting'), 0)::float8 AS inbox,
       coalesce((SELECT extract(epoch FROM now() - min(created_at)) FROM outbox
                 WHERE state = 'waiting'), 0)::float8 AS outbox
"""


def _work(row: Any) -> Iterator[Finding]:
    if row["parked"]:
        advice = "See: python -m bot parked list"
        yield note("inbox", f"{row['parked']} messages failed and are parked", advice)
    if row["inbox"] > LONG_WAIT:
        advice = "Is a worker running? Start one: python -m bot worker"
        yield note("inbox", f"a message waits for {row['inbox']:.0f} s", advice)
    if row["outbox"] > LONG_WAIT:
        advice = "Is a sender running, and does the token work?"
        yield note("outbox", f"a bubble waits for {row['outbox']:.0f} s", advice)
    if row["unknown"]:
        yield note("outbox", f"{row['unknown']} bubbles may or may not have arrived")


def _number(number: held.Held) -> Iterator[Finding]:
    """What errors of the provider hold back."""
    name = f"{number.kind} {number.address}"
    again = f"python -m bot numbers resume {number.channel_id}"
    if number.stopped_at is not None:
        yield wrong(
            "number",
            f"{name} is stopped since {number.stopped_at:%Y-%m-%d %H:%M} UTC,"
            f" {number.stopped_by}; {number.waiting} bubbles wait",
            f"Mend the token, the account or its payment; then it goes on by itself, or: {again}",
        )
    elif number.paused_until is not None:
        yield note("number", f"{name} is paused until {number.paused_until:%H:%M} UTC")
    if number.bulk_paused_until is not None:
        advice = "Too many people block or report it: look at what it sends to whom."
        until = f"{number.bulk_paused_until:%Y-%m-%d %H:%M} UTC"
        yield note("number", f"{name} sends no bulk until {until}", advice)
    if number.templates:
        advice = f"Look at them in WhatsApp Manager; then: {again}"
        yield wrong("templates", f"refused and held: {', '.join(number.templates)}", advice)
