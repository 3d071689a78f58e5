"""Storing webhooks: on disk before the 200, many requests sharing one commit.

One flusher writes for all requests and flushes whenever it is idle (no timer: the
next batch is what arrived while the last one was being written).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
import structlog

from bot import identities, statuses
from bot.channels.cloud_in import number_changed
from bot.channels.updates import Parsed, Update
from bot.database.connections import Raw
from bot.identities import Arrival
from bot.numbers import Number
from bot.observe.metrics import FLUSHED, RECEIVED, ignored

log = structlog.get_logger()

MOST_AT_ONCE = 500  # rows a flush writes; past that a statement gets no cheaper
TRIES = 5  # of a flush that raced another process for a new person


class NotStored(Exception):
    """The database could not take it; nothing was kept, the provider should send it again."""


@dataclass(slots=True)
class _Delivery:
    """One webhook POST waiting to be stored."""

    numbers: Mapping[str, Number]
    parsed: Parsed
    correlation_id: str
    stored: asyncio.Future[None]


class Receiver:
    """Stores deliveries, many per commit."""

    def __init__(self, pool: Any, *, most_waiting: int = 20_000) -> None:
        self._pool = pool
        self._most_waiting = most_waiting
        self._waiting: list[_Delivery] = []
        self._arrived = asyncio.Event()
        self._writing = asyncio.Lock()  # so that leaving waits for a flush under way
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="inbox")

    async def stop(self) -> None:
        """Write what waits, then leave."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._flush_all()

    async def store(
        self, numbers: Mapping[str, Number], parsed: Parsed, correlation_id: str
    ) -> None:
        """Returns when everything in it is on disk. Raises NotStored."""
        if len(self._waiting) >= self._most_waiting:
            raise NotStored("too much is waiting to be written")
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append(_Delivery(numbers, parsed, correlation_id, stored))
        self._arrived.set()
        await stored

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            await asyncio.shield(self._flush_all())

    async def _flush_all(self) -> None:
        async with self._writing:
            while self._waiting:
                await self._flush(self._next_batch())

    def _next_batch(self) -> list[_Delivery]:
        count = size = 0
        while count < len(self._waiting) and size < MOST_AT_ONCE:
            parsed = self._waiting[count].parsed
            size += len(parsed.updates) + len(parsed.statuses)
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _flush(self, batch: Sequence[_Delivery]) -> None:
        try:
            await self._write(batch)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            log.warning("inbox.not_stored", error=type(error).__name__, deliveries=len(batch))
            outcome: BaseException = NotStored(type(error).__name__)
            for delivery in batch:
                if not delivery.stored.done():
                    delivery.stored.set_exception(outcome)
            return
        FLUSHED.observe(len(batch))
        for delivery in batch:
            if not delivery.stored.done():
                delivery.stored.set_result(None)

    async def _write(self, batch: Sequence[_Delivery]) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                async with self._pool.acquire() as db, db.transaction():
                    await _write(db, batch)
                return
            except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
                if attempt == TRIES:
                    raise


async def _write(db: Raw, batch: Sequence[_Delivery]) -> None:
    items = [
        (delivery.numbers.get(update.address), update, delivery.correlation_id)
        for delivery in batch
        for update in delivery.parsed.updates
    ]
    if items:
        await _write_updates(db, items)
    news = [
        (number.id, status)
        for delivery in batch
        for status in delivery.parsed.statuses
        if (number := delivery.numbers.get(status.address))
    ]
    if news:
        await statuses.apply(db, news)


async def _write_updates(db: Raw, items: Sequence[tuple[Number | None, Update, str]]) -> None:
    people = await _people(db, items)
    rows = await db.fetch(
        """INSERT INTO inbox (channel_id, provider_id, user_id, kind, payload, state, reason,
                              sent_at, correlation_id)
           SELECT channel_id, provider_id, user_id, kind, payload::jsonb,
                  CASE WHEN reason IS NULL THEN 'waiting' ELSE 'ignored' END, reason,
                  sent_at, correlation_id
           FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[],
                       $6::text[], $7::timestamptz[], $8::text[])
                WITH ORDINALITY AS item(channel_id, provider_id, user_id, kind, payload,
                                        reason, sent_at, correlation_id, n)
           ORDER BY n
           ON CONFLICT (provider_id, channel_id) DO NOTHING
           RETURNING reason""",
        [number.id if number else None for number, _, _ in items],
        [update.provider_id[:512] for _, update, _ in items],
        people,
        [update.kind[:32] for _, update, _ in items],
        [orjson.dumps(update.payload).decode() for _, update, _ in items],
        [_ignored(number, update) for number, update, _ in items],
        [update.sent_at for _, update, _ in items],
        [correlation_id for _, _, correlation_id in items],
    )
    await db.execute("SELECT pg_notify('inbox', '')")
    RECEIVED.inc(len(rows))
    for row in rows:
        if row["reason"]:
            ignored(row["reason"]).inc()


def _ignored(number: Number | None, update: Update) -> str | None:
    """Why nobody's conversation is meant, or None."""
    if update.ignored is not None:
        return update.ignored
    if number is None:
        return "unknown number"
    if update.kind == "number_changed":
        return "number changed"
    return "nobody" if update.who is None else None


async def _people(db: Raw, items: Sequence[tuple[Number | None, Update, str]]) -> list[int | None]:
    writers: list[tuple[int, Arrival]] = []
    for n, (number, update, _) in enumerate(items):
        if number is None:
            continue
        if update.kind == "number_changed" and (change := number_changed(update.payload)):
            await identities.move_number(db, number, change.old, change.new)
        if update.who is not None and _ignored(number, update) is None:
            writers.append((n, Arrival(number, update.who)))
    known = await identities.recognise(db, [arrival for _, arrival in writers]) if writers else []
    people: list[int | None] = [None] * len(items)
    for (n, _), user_id in zip(writers, known, strict=True):
        people[n] = user_id
    return people
