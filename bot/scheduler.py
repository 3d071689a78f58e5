"""What happens by the clock: one process at a time holds the lock and ticks for all.

Every job is a repeatable "find what is due and claim it", so that two at once would do
no harm; the lock only saves work. APScheduler keeps its jobs in memory: the timers
themselves are rows.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.database.connections import FAILED, Database, arguments

log = structlog.get_logger()

LOCK = 0x_5C4ED  # the advisory lock of whoever ticks
TAKE_OVER = 1.0  # seconds between tries to get it


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so many seconds."""

    name: str
    seconds: float
    run: Callable[[], Awaitable[object]]


class Scheduler:
    def __init__(self, database: Database, jobs: list[Job]) -> None:
        self._arguments = arguments(database.url)
        self._jobs = jobs
        self._running: set[asyncio.Task[Any]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Wait for the lock, tick while we hold it, until told to stop."""
        while not stop.is_set():
            try:
                await self._lead(stop)
            except FAILED as error:
                log.warning("scheduler.database", error=type(error).__name__)
            await _pause(stop, TAKE_OVER)

    async def _lead(self, stop: asyncio.Event) -> None:
        # A connection of its own: the lock lives and dies with it.
        db: Any = await asyncpg.connect(**self._arguments)
        lost = asyncio.Event()
        db.add_termination_listener(lambda _: lost.set())
        try:
            while not await db.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                await _pause(stop, TAKE_OVER)
                if stop.is_set():
                    return
            await self._tick(stop, lost)
        finally:
            with contextlib.suppress(Exception):
                await db.close(timeout=2)

    async def _tick(self, stop: asyncio.Event, lost: asyncio.Event) -> None:
        scheduler = AsyncIOScheduler(timezone="UTC")
        for job in self._jobs:
            scheduler.add_job(
                self._guarded,
                "interval",
                seconds=job.seconds,
                args=[job],
                id=job.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        scheduler.start()
        try:
            waits = [asyncio.create_task(event.wait()) for event in (stop, lost)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        finally:
            scheduler.remove_all_jobs()
            if self._running:  # shutting down would cut them off
                await asyncio.wait(self._running)
            scheduler.shutdown(wait=False)

    async def _guarded(self, job: Job) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            await job.run()
        except Exception as error:  # a job that fails must not end the ticking; it runs again
            log.error("scheduler.job", job=job.name, exc_info=error)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
