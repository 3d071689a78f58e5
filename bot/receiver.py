"""Storing webhooks: on disk before the 200, many requests sharing one commit.

One flusher writes for all requests and flushes whenever it is idle (no timer: the
next batch is what arrived while the last one was being written).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg
import structlog

from bot import arrivals
from bot.arrivals import Arrived, Reasons
from bot.channels.updates import Parsed
from bot.database.connections import AWAY, Database, Raw
from bot.fence import Fence
from bot.numbers import Number
from bot.observe.metrics import FLUSHED

log = structlog.get_logger()

MOST_AT_ONCE = 500  # rows a flush writes; past that a statement gets no cheaper
TRIES = 5  # of a flush that raced another process for a new person
_RACED = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError)


class NotStored(Exception):
    """The database could not take it; nothing was kept, the provider should send it again."""


@dataclass(slots=True)
class _Delivery:
    """One webhook POST waiting to be stored."""

    arrived: Arrived
    stored: asyncio.Future[None]


class Receiver:
    """Stores deliveries, many per commit. `most_waiting` is in updates and statuses."""

    def __init__(self, database: Database, *, most_waiting: int = 20_000) -> None:
        self._pool = database.relaxed
        self._fence = Fence(database.pool)
        self._landing: set[asyncio.Task[None]] = set()  # committed, not yet on disk
        self._most_waiting = most_waiting
        self._waiting: list[_Delivery] = []
        self._size = 0
        self._arrived = asyncio.Event()
        self._writing = asyncio.Lock()  # so that leaving waits for a flush under way
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._fence.start()
        self._task = asyncio.create_task(self._run(), name="inbox")

    async def stop(self) -> None:
        """Write what waits, then leave."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._flush_all()
        if self._landing:
            await asyncio.wait(self._landing)
        await self._fence.stop()

    async def store(
        self, numbers: Mapping[str, Number], parsed: Parsed, correlation_id: str
    ) -> None:
        """Returns when everything in it is on disk. Raises NotStored."""
        arrived = Arrived(numbers, parsed, correlation_id)
        if self._waiting and self._size + arrived.size > self._most_waiting:
            raise NotStored("too much is waiting to be written")
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append(_Delivery(arrived, stored))
        self._size += arrived.size
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
            size += self._waiting[count].arrived.size
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        self._size -= size
        return batch

    async def _flush(self, batch: Sequence[_Delivery]) -> None:
        """Store them together; where something in them cannot be, each by itself."""
        try:
            await self._write(lambda db: arrivals.write(db, [one.arrived for one in batch]))
        except AWAY as error:
            _refuse(batch, error)
        except Exception as error:  # one of them is to blame: the others must not pay for it
            log.error("inbox.apart", error=type(error).__name__, deliveries=len(batch))
            for delivery in batch:
                await self._flush_apart(delivery)
        else:
            FLUSHED.observe(len(batch))
            self._land(batch)

    async def _flush_apart(self, delivery: _Delivery) -> None:
        try:
            await self._write(lambda db: arrivals.write_apart(db, delivery.arrived))
        except Exception as error:  # whatever it is, whoever waits for this one is told
            _refuse([delivery], error)
        else:
            self._land([delivery])

    def _land(self, batch: Sequence[_Delivery]) -> None:
        """Answer them when they are on disk; the next batch need not wait for that."""
        task = asyncio.create_task(self._confirm(batch))
        self._landing.add(task)
        task.add_done_callback(self._landing.discard)

    async def _confirm(self, batch: Sequence[_Delivery]) -> None:
        try:
            await self._fence.passed()
        except Exception as error:  # sent again, it is known already, or it is stored then
            _refuse(batch, error)
        else:
            _confirm(batch)

    async def _write(self, write: Callable[[Raw], Awaitable[Reasons]]) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                async with self._pool.acquire() as db, db.transaction():
                    reasons = await write(db)
                arrivals.count(reasons)
                return
            except _RACED:
                if attempt == TRIES:
                    raise


def _confirm(batch: Sequence[_Delivery]) -> None:
    for delivery in batch:
        if not delivery.stored.done():
            delivery.stored.set_result(None)


def _refuse(batch: Sequence[_Delivery], error: Exception) -> None:
    log.warning("inbox.not_stored", error=type(error).__name__, deliveries=len(batch))
    for delivery in batch:
        if not delivery.stored.done():
            delivery.stored.set_exception(NotStored(type(error).__name__))
