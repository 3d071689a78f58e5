"""Starts the jobs of the payments where there is something to do: one look serves them all."""

import asyncio
from collections.abc import Mapping

from bot import jobs
from bot.wakeups import Bell
from services.payments.due import Begin, Clock, Desk
from services.payments.jobs import JOBS, drain, due


class Dispatcher:
    """Runs each job, with each provider, by itself: a slow provider holds up nothing else."""

    def __init__(self, begin: Begin, desks: Mapping[str, Desk], bell: Bell, clock: Clock) -> None:
        """`desks` by the name of their provider; the bell is rung when something is due."""
        self._begin = begin
        self._desks = desks
        self._bell = bell
        self._clock = clock
        self._at_work: set[tuple[str, str]] = set()
        self._missed: set[tuple[str, str]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                await jobs.outlive("payments", self._look(group))
                await self._bell.wait()

    async def _look(self, group: asyncio.TaskGroup) -> None:
        async with self._begin() as tx:
            found = await due(tx, self._clock())
        for key in found:
            if key in self._at_work:
                self._missed.add(key)
            elif key[1] in self._desks:
                self._at_work.add(key)
                group.create_task(self._work(*key))

    async def _work(self, job: str, provider: str) -> None:
        name = f"payments {job} {provider}"
        await jobs.outlive(name, drain(JOBS[job].step, self._desks[provider]))
        self._at_work.remove((job, provider))
        if (job, provider) in self._missed:  # perhaps it came after the last round had looked
            self._missed.remove((job, provider))
            self._bell.ring()
