"""A worker takes turns on numbers that only other processes can send on."""

from datetime import datetime

import pytest

from bot.database.connections import Database
from bot.timers import InboxFacts
from bot.wakeups import Wakeups
from bot.worker import Worker
from handlers.chat import dialog
from handlers.chat.sentences import apology
from services import Services, open_services
from services.ground.people import Person
from services.ground.transaction import Transaction
from tests.commands import rows


def serve(tx: Transaction, person: Person, now: datetime) -> Services:
    return open_services(tx, now, InboxFacts(), person)


@pytest.mark.parametrize("kind", ["cloud", "terminal"])
async def test_it_learns_the_number_and_answers(database: Database, kind: str) -> None:
    message = await rows.message(database, "wamid.1", "abc123")
    async with database.pool.acquire() as db:
        await db.execute("UPDATE channels SET kind = $1", kind)
    worker = Worker(database, dialog, {}, serve, Wakeups(database), apology=apology)
    assert await worker.take_turns()
    state = "SELECT state || ' ' || step_after FROM inbox WHERE id = $1"
    assert await rows.value(database, state, message) == "answered home.menu"
    carried = "SELECT DISTINCT correlation_id FROM outbox WHERE inbox_id = $1"
    assert await rows.value(database, carried, message) == "abc123"
