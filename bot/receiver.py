"""Storing webhooks: on disk before the 200, many requests sharing one commit.

One flusher writes for all requests and flushes whenever it is idle (no timer: the
next batch is what arrived while the last one was being written).
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from bot import webhooks
from bot.database.connections import AWAY, Database
from bot.observe.metrics import FLUSHED, STORED

log = structlog.get_logger()

MOST_AT_ONCE = 500_000  # bytes a flush writes; past that a statement gets no cheaper
MOST_WAITING = 64_000_000  # bytes of all the requests that wait


class NotStored(Exception):
    """The database could not take it; nothing was kept, the provider should send it again."""


class _Post(NamedTuple):
    """One webhook POST waiting to be stored."""

    source: str
    body: bytes
    correlation_id: str
    stored: asyncio.Future[None]


class Receiver:
    """Stores webhooks, many per commit. `most_waiting` is in bytes."""

    def __init__(self, database: Database, *, most_waiting: int = MOST_WAITING) -> None:
        self._pool = database.pool
        self._most_waiting = most_waiting
        self._waiting: list[_Post] = []
        self._size = 0
        self._arrived = asyncio.Event()
        self._writing = asyncio.Lock()  # so that leaving waits for a flush under way
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="webhooks")

    async def stop(self) -> None:
        """Write what waits, then leave."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._flush_all()

    async def store(self, source: str, body: bytes, correlation_id: str) -> None:
        """Returns when it is on disk. Raises NotStored."""
        if self._waiting and self._size + len(body) > self._most_waiting:
            raise NotStored("too much is waiting to be written")
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append(_Post(source, body, correlation_id, stored))
        self._size += len(body)
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

    def _next_batch(self) -> list[_Post]:
        count = size = 0
        while count < len(self._waiting) and size < MOST_AT_ONCE:
            size += len(self._waiting[count].body)
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        self._size -= size
        return batch

    async def _flush(self, batch: Sequence[_Post]) -> None:
        try:
            await webhooks.store(self._pool, [one[:3] for one in batch])
        except Exception as error:  # whatever it is, everyone who waits is told
            if isinstance(error, AWAY):
                log.warning("webhooks.database", error=type(error).__name__)
            else:
                log.error("webhooks.not_stored", exc_info=error)
            for one in batch:
                if not one.stored.done():
                    one.stored.set_exception(NotStored(type(error).__name__))
        else:
            FLUSHED.observe(len(batch))
            STORED.inc(len(batch))
            for one in batch:
                if not one.stored.done():
                    one.stored.set_result(None)
