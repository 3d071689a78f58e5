"""What the database knows of all processes together, measured when somebody asks.

The promise kept in view: received = answered + ignored + parked + waiting.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError

from bot.database.connections import Database
from bot.observe import held
from bot.observe.metrics import POOL
from bot.observe.tally import InboxTally
from services.ground.transaction import Transaction

Count = Callable[[Transaction], Awaitable[Mapping[str, int]]]

AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError)
FRESH = 5.0  # seconds a measurement is good for, however often we are asked
PATIENCE = 10.0  # seconds it may take

INBOX = Gauge("inbox_messages", "Messages and facts ever stored, by what became of them", ["state"])
INBOX_STORED = Gauge(
    "inbox_messages_stored", "Messages and facts ever stored: the sum of the states"
)
BACKLOG = Gauge("backlog", "Rows that wait, by table and state", ["table", "state"])
OLDEST = Gauge("backlog_oldest_seconds", "Age of the oldest row that waits", ["table", "state"])
TIMERS = Gauge("timers_scheduled", "Timers set for later")
LEASED = Gauge("outbox_lanes_leased", "People a sender is sending to")
HELD = Gauge("number_held", "1 where errors hold a number of ours back", ["number", "what"])
EVENTS = Gauge("service_rows", "What services count, by subject and state", ["subject", "state"])
DATABASE_UP = Gauge("database_up", "Whether the database answered when last asked")

_BACKLOG = """
SELECT 'webhooks' AS subject, 'waiting' AS state, count(*), min(received_at) AS oldest
FROM webhooks WHERE failed IS NULL
UNION ALL
SELECT 'webhooks', 'failed', count(*), min(received_at) FROM webhooks WHERE failed IS NOT NULL
UNION ALL
SELECT 'inbox' AS subject, 'waiting' AS state, count(*), min(received_at) AS oldest
FROM inbox WHERE state = 'waiting'
UNION ALL
SELECT 'inbox', 'parked', count(*), min(received_at) FROM inbox WHERE state = 'parked'
UNION ALL
SELECT 'outbox', s.state::text, count(o.id), min(o.created_at)
FROM unnest(ARRAY['waiting', 'sending', 'unknown']::outbox_state[]) AS s(state)
LEFT JOIN outbox o ON o.state = s.state AND o.state IN ('waiting', 'sending', 'unknown')
GROUP BY s.state
UNION ALL
SELECT 'timers', 'due', count(*), min(due_at) FROM timers WHERE due_at <= now()
UNION ALL
SELECT 'parked_statuses', 'waiting', count(*), min(received_at) FROM parked_statuses
"""


class Figures:
    """Brings the gauges up to date. `counts` are the services' own, by subject."""

    def __init__(self, database: Database, counts: Mapping[str, Count]) -> None:
        self._database = database
        self._counts = counts
        self._tally = InboxTally()
        self._measured = -FRESH
        self._measuring = asyncio.Lock()

    async def measure(self) -> bool:
        """Measure anew if the last time is too long ago; answers whether the database did."""
        async with self._measuring:
            if time.monotonic() - self._measured < FRESH:
                return True
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._ask()
            except AWAY:
                DATABASE_UP.set(0)
                return False
            self._measured = time.monotonic()
            DATABASE_UP.set(1)
            return True

    async def _ask(self) -> None:
        self._pools()
        async with self._database.pool.acquire() as db:
            await self._backlog(db)
            self._held(await held.look(db))
            states = await self._tally.count(db)
        for state, number in states.items():
            INBOX.labels(state).set(number)
        INBOX_STORED.set(sum(states.values()))
        async with self._database.transaction() as tx:
            for subject, count in self._counts.items():
                for state, number in (await count(tx)).items():
                    EVENTS.labels(subject, state).set(number)

    async def _backlog(self, db: Any) -> None:
        for row in await db.fetch(f"SELECT *, now() - oldest AS age FROM ({_BACKLOG}) AS b"):
            BACKLOG.labels(row["subject"], row["state"]).set(row["count"])
            age = row["age"].total_seconds() if row["age"] else 0.0
            OLDEST.labels(row["subject"], row["state"]).set(age)
        TIMERS.set(await db.fetchval("SELECT count(*) FROM timers"))
        LEASED.set(await db.fetchval("SELECT count(*) FROM recipients WHERE lease IS NOT NULL"))

    def _held(self, numbers: list[held.Held]) -> None:
        for number in numbers:
            for what in held.HOLDS:
                HELD.labels(number.channel_id, what).set(what in number.holds)

    def _pools(self) -> None:
        pool, services = self._database.pool, self._database.engine.pool
        idle = pool.get_idle_size()
        POOL.labels("messages", "idle").set(idle)
        POOL.labels("messages", "busy").set(pool.get_size() - idle)
        POOL.labels("messages", "most").set(pool.get_max_size())
        for state in ("checkedin", "checkedout"):  # QueuePool has them, the type Pool does not
            POOL.labels("services", state).set(getattr(services, state)())
