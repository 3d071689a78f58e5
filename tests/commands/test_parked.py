"""Parked messages: seen, tried again, given up; never by accident."""

import orjson
import pytest

from bot import inbox, webhooks
from bot.commands import parked
from bot.database.connections import Database
from tests.commands import rows
from tests.commands.rows import WORDS


@pytest.fixture
async def two(database: Database) -> list[int]:
    ids = [await rows.message(database, f"wamid.{n}", f"c{n}") for n in range(3)]
    async with database.pool.acquire() as db:
        for id_ in ids[:2]:
            await inbox.park(db, id_, f"KeyError: '{WORDS}'")
    return ids


async def test_they_are_listed_oldest_first_without_words(
    database: Database, two: list[int]
) -> None:
    async with database.pool.acquire() as db:
        found = await parked.find(db, 50, with_words=False)
        assert [one.id for one in found] == two[:2]
        assert [one.reason for one in found] == ["KeyError: …"] * 2
        assert WORDS not in parked.as_text(found) + parked.as_json(found)
        [first] = await parked.find(db, 1, with_words=True)
        assert WORDS in first.reason


async def test_retry_puts_back_what_is_parked_and_names_the_rest(
    database: Database, two: list[int]
) -> None:
    async with database.pool.acquire() as db, db.transaction():
        moved = await parked.retry(db, [two[0], two[2], 999])
    assert (moved.moved, moved.not_parked) == ((two[0],), (two[2], 999))
    row = "SELECT state || attempts FROM inbox WHERE id = $1"
    assert await rows.value(database, row, two[0]) == "waiting0"
    assert await rows.value(database, row, two[1]) == "parked1"


async def test_drop_keeps_the_reason(database: Database, two: list[int]) -> None:
    async with database.pool.acquire() as db, db.transaction():
        moved = await parked.drop(db, two, "spam")
    assert moved.moved == tuple(two[:2])
    row = "SELECT state || ' ' || reason FROM inbox WHERE id = $1"
    assert await rows.value(database, row, two[0]) == "ignored dropped, spam"
    assert await rows.value(database, "SELECT state FROM inbox WHERE id = $1", two[2]) == "waiting"


async def test_webhooks_are_listed_and_given_up_one_by_one(database: Database) -> None:
    async with database.pool.acquire() as db:
        await webhooks.store(db, [("cloud", b"{}", f"c{n}") for n in range(3)])
        for id_ in (1, 2):
            await webhooks.set_aside(db, id_, "KeyError")
        found = await webhooks.set_aside_rows(db)
        assert [one["id"] for one in orjson.loads(parked.webhooks_json(found))] == [1, 2]
        assert parked.webhooks_text(found).count("KeyError") == 2
        assert await webhooks.drop(db, [1, 3, 99]) == [1]  # 3 is not set aside: it is waiting
        assert await db.fetchval("SELECT array_agg(id ORDER BY id) FROM webhooks") == [2, 3]
