"""How much waits, and since when: gauges the scheduler brings up to date."""

from typing import Any

from bot.observe.metrics import BACKLOG, OLDEST

_QUERIES = {
    "inbox": "SELECT count(*), min(received_at) FROM inbox WHERE state = 'waiting'",
    "inbox_parked": "SELECT count(*), min(received_at) FROM inbox WHERE state = 'parked'",
    "outbox": "SELECT count(*), min(created_at) FROM outbox WHERE state = 'waiting'",
    "outbox_unknown": "SELECT count(*), min(created_at) FROM outbox WHERE state = 'unknown'",
    "timers_due": "SELECT count(*), min(due_at) FROM timers WHERE due_at <= now()",
}


async def measure_backlog(pool: Any) -> None:
    async with pool.acquire() as db:
        for table, query in _QUERIES.items():
            count, oldest = await db.fetchrow(query)
            age = 0.0
            if oldest is not None:
                age = float(await db.fetchval("SELECT extract(epoch FROM now() - $1)", oldest))
            BACKLOG.labels(table).set(count)
            OLDEST.labels(table).set(age)
