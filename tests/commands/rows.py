"""Rows as the program leaves them, for commands that read them back."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from bot import arrivals, lanes, numbers, outbox
from bot.arrivals import Arrived
from bot.channels.updates import Parsed, Status, Update, Who
from bot.database.connections import Database
from bot.lanes import Opening
from bot.outbox import REPLY, Draft, Mark, State

ADDRESS = "106000000000001"
PHONE = "+12025550142"
NAME = "Zawadi Mlimani"
WORDS = "my secret garden"


async def number(database: Database) -> numbers.Number:
    async with database.pool.acquire() as db:
        return await numbers.ensure(db, "cloud", ADDRESS, "portfolio", 80)


async def message(database: Database, wamid: str, correlation_id: str) -> int:
    """A message comes in by the real way; answers its inbox id."""
    ours = await number(database)
    payload = {"id": wamid, "type": "text", "text": {"body": WORDS}}
    who = Who(phone=PHONE, name=NAME)
    update = Update(ADDRESS, wamid, "text", payload, who, datetime(2026, 11, 21, 9, tzinfo=UTC))
    arrived = Arrived({ADDRESS: ours}, Parsed([update]), correlation_id, datetime.now(UTC))
    async with database.pool.acquire() as db, db.transaction():
        await arrivals.write(db, [arrived])
    return int(await value(database, "SELECT id FROM inbox WHERE provider_id = $1", wamid))


async def bubble(database: Database, inbox_id: int, text: bytes, correlation_id: str) -> int:
    """What a turn says; answers its outbox id."""
    ours = await number(database)
    person = await value(database, "SELECT user_id FROM inbox WHERE id = $1", inbox_id)
    draft = Draft(ours.id, person, inbox_id, REPLY, text.decode(), "en", correlation_id)
    async with database.pool.acquire() as db:
        await outbox.add(db, [draft])
    return int(await value(database, "SELECT max(id) FROM outbox"))


async def sent(database: Database, id_: int, wamid: str) -> None:
    await mark(database, Mark(id_, State.SENT, wamid))


async def mark(database: Database, mark: Mark) -> None:
    """What the provider said of a bubble, written down as the sender writes it."""
    async with database.pool.acquire() as db:
        await lanes.write_down(db, 1, [Opening(0, 0.0, datetime.now(UTC), str(uuid4()), [mark])])


def status(wamid: str, name: Any, at: datetime, ours: int | None = None) -> Status:
    return Status(ADDRESS, wamid, name, at, ours)


async def value(database: Database, statement: str, *values: Any) -> Any:
    async with database.pool.acquire() as db:
        return await db.fetchval(statement, *values)
