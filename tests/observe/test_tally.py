"""The tally of messages is always what counting them all would say."""

import random

import pytest

from bot.database.connections import Database
from bot.observe import tally
from bot.observe.tally import STATES, InboxTally

COUNT = "SELECT state, count(*) FROM inbox GROUP BY state"


@pytest.mark.parametrize("seed", range(3))
async def test_it_agrees_with_counting_whatever_happens(
    database: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "CHUNK", 7)
    chance, counted = random.Random(seed), InboxTally()
    async with database.pool.acquire() as db:
        for round_ in range(12):
            for n in range(chance.randrange(15)):
                await db.execute(
                    """INSERT INTO inbox (provider_id, kind, payload, state, received_at)
                       VALUES ($1, 'text', '{}', $2, now() - make_interval(mins => $3))""",
                    f"{round_}.{n}",
                    chance.choice(STATES),
                    chance.choice((0, 10)),
                )
            await db.execute(
                """UPDATE inbox SET state = (ARRAY['answered', 'parked', 'waiting'])[1 + $1::int]
                   WHERE state IN ('waiting', 'parked') AND id % 3 = $1::int""",
                chance.randrange(3),
            )
            whole = dict.fromkeys(STATES, 0)
            whole |= {row["state"]: row["count"] for row in await db.fetch(COUNT)}
            assert await counted.count(db) == whole


async def test_what_is_final_is_not_counted_again(database: Database) -> None:
    async with database.pool.acquire() as db:
        await db.execute(
            """INSERT INTO inbox (provider_id, kind, payload, state, received_at)
               SELECT n, 'text', '{}', 'answered', now() - interval '1 hour'
               FROM generate_series(1, 100) AS n"""
        )
        counted = InboxTally()
        assert (await counted.count(db))["answered"] == 100
        await db.execute("DELETE FROM inbox")  # kept no longer, but it was received
        assert (await counted.count(db))["answered"] == 100
