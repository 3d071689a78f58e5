"""Waking a role when there is work: LISTEN/NOTIFY, with a look round now and then.

A lost notification costs a delay, never a message.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import structlog

from bot.database.connections import FAILED, Database, arguments

log = structlog.get_logger()
NAMES = ("webhooks", "inbox", "outbox", "payments", "attachments")
LOOK_ROUND = 1.0  # seconds between looks when nothing was heard
RECONNECT = 1.0


class Bell:
    """What a waiting loop hears: rung while it was busy, it does not wait at all. Of several
    that wait at one bell, a ring wakes one."""

    def __init__(self) -> None:
        self._rung = asyncio.Queue[None](maxsize=1)
        self.unanswered = True  # until somebody has looked

    def ring(self) -> None:
        self.unanswered = True
        if self._rung.empty():
            self._rung.put_nowait(None)

    def answer(self) -> None:
        """Whoever rang until now is about to be seen to."""
        self.unanswered = False
        if not self._rung.empty():
            self._rung.get_nowait()

    async def wait(self, longest: float = LOOK_ROUND) -> bool:
        """Until somebody says there is work, or it is time to look anyway; answers whether
        somebody said so."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(longest):
                await self._rung.get()
                return True
        return False


class Gate:
    """Where those who do the same work at one bell go through one by one: what they do together
    costs less. Who has waited for the others for `patience` seconds goes in beside them, as a
    slow one must not hold up everybody."""

    def __init__(self, patience: float = 0.1) -> None:
        self._patience = patience
        self._inside = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def through(self) -> AsyncIterator[bool]:
        """Answers whether nobody else is inside."""
        alone = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                alone = await self._inside.acquire()
        try:
            yield alone
        finally:
            if alone:
                self._inside.release()


class Wakeups:
    """One listening connection for the whole process."""

    def __init__(self, database: Database) -> None:
        self._arguments = arguments(database.url)
        self._bells: dict[str, list[Bell]] = {name: [] for name in NAMES}
        self._shared: dict[str, tuple[Bell, Gate]] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        listening = asyncio.Event()
        self._task = asyncio.create_task(self._run(listening), name="wakeups")
        await listening.wait()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def bell(self, name: str) -> Bell:
        """A bell of one's own for `name`."""
        bell = Bell()
        self._bells[name].append(bell)
        return bell

    def shared_bell(self, name: str) -> tuple[Bell, Gate]:
        """The bell and the gate of all who do the same work for `name` in this process."""
        if name not in self._shared:
            self._shared[name] = self.bell(name), Gate()
        return self._shared[name]

    def wake(self, name: str) -> None:
        for bell in self._bells[name]:
            bell.ring()

    def wake_all(self) -> None:
        for name in NAMES:
            self.wake(name)

    async def _run(self, listening: asyncio.Event) -> None:
        while True:
            try:
                await self._listen(listening)
            except FAILED as error:
                log.warning("wakeups.lost", error=type(error).__name__)
            await asyncio.sleep(RECONNECT)

    async def _listen(self, listening: asyncio.Event) -> None:
        connection: Any = await asyncpg.connect(**self._arguments)
        closed = asyncio.Event()
        connection.add_termination_listener(lambda _: closed.set())
        try:
            for name in NAMES:
                await connection.add_listener(name, self._heard)
            listening.set()
            self.wake_all()  # something may have come while nobody listened
            await closed.wait()
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    def _heard(self, _connection: Any, _pid: int, name: str, _payload: str) -> None:
        self.wake(name)
