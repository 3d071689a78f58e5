"""Kill points: a coroutine dies at its n-th suspension as if by kill -9, for n = 1, 2, 3 …

    async for process in lives(database_url):
        await process.run(...)   # it dies at the n-th await that really waits
        ...                      # start again with what the database holds, and check the books

A *process* here is everything that was started in it: its tasks, and its sockets, for they are all
it can reach the world by. When it dies its sockets are aborted and it can open no other; what had
been written to them may still arrive, as with a real process. Its tasks stand still for ever: no
`except` and no `finally` of theirs runs.
"""

import asyncio
import contextlib
import ctypes
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from contextvars import ContextVar, copy_context
from typing import Any

from sqlalchemy import text

from bot.database.connections import Database, connect

MOST = 400  # suspensions of one coroutine: past them it would seem to have no end
_current: ContextVar["Process | None"] = ContextVar("process", default=None)


class Process:
    """Its database, and what runs in it; dies at its `dies_at`-th suspension (0: never)."""

    def __init__(self, dies_at: int = 0) -> None:
        self.dies_at = dies_at
        self.suspensions = 0
        self.ran = False
        self.database: Database
        self.sockets: list[asyncio.BaseTransport] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self._death = asyncio.Event()
        self._counting = False

    @property
    def dead(self) -> bool:
        return self._death.is_set()

    async def run(self, work: Coroutine[Any, Any, Any]) -> bool:
        """Run `work` to its end or to ours; answers whether it came through. Raises what it
        raises while alive."""
        self._counting = self.ran = True
        await self._end_of(work)
        self._counting = False
        return not self.dead

    async def inside(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something in this process that is not to be killed, such as opening a connection."""
        return await self._end_of(work)

    async def start(self, url: str) -> None:
        """Open both pools, each with a connection, so that no suspension is spent on that."""
        self.database = await self.inside(connect(url, connections=4))
        await self.inside(self._warm())

    async def close(self) -> None:
        self.database.pool.terminate()
        await self.database.engine.dispose()

    def takes(self, task: asyncio.Task[Any]) -> None:
        """A task was made in this process (by a library's callback, if it is dead already)."""
        self.tasks.append(task)
        if self.dead:
            _forget(task)

    def suspends(self) -> None:
        """A task waits for something. What it did before it waits has been done."""
        if not self._counting or self.dead:
            return
        self.suspensions += 1
        if self.suspensions == self.dies_at:
            self._die()

    def _die(self) -> None:
        self._death.set()
        for socket in self.sockets:
            socket.abort()  # type: ignore[attr-defined]
        for task in self.tasks:
            if not task.done():
                _forget(task)

    async def _end_of(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What `work` answers; None when we died of it."""
        context = copy_context()
        context.run(_current.set, self)
        task = asyncio.create_task(work, context=context)
        death = asyncio.create_task(self._death.wait())
        await asyncio.wait([task, death], return_when=asyncio.FIRST_COMPLETED)
        death.cancel()
        await asyncio.sleep(0)  # the sockets of the dead are closed in the loop's next round
        return task.result() if task.done() else None

    async def _warm(self) -> None:
        async with self.database.transaction() as tx, self.database.pool.acquire() as db:
            await tx.execute(text("SELECT 1"))
            await db.fetchval("SELECT 1")


def _forget(task: asyncio.Task[Any]) -> None:
    """It will not go on, so the loop must not wait for it, nor Python ever tidy it up: that
    would run what it was about to do at its end."""
    asyncio.tasks._unregister_task(task)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(task))


async def lives(url: str) -> AsyncIterator[Process]:
    """Processes over the database at `url` that die one suspension later each time; the last is
    the first that came through."""
    with _watched():
        for n in range(1, MOST):
            process = Process(n)
            await process.start(url)
            try:
                yield process
            finally:
                await process.close()
            assert process.ran, "process.run() was never awaited"
            if not process.dead:
                return
    raise AssertionError(f"it came to no end within {MOST} suspensions")


# -- how the event loop tells us ------------------------------------------------------------


class _Driven:
    """Awaits `work` and tells its process of every suspension."""

    def __init__(self, work: Coroutine[Any, Any, Any], process: Process) -> None:
        self._work, self._process = work, process

    def __await__(self) -> Generator[Any, Any, Any]:
        step: Callable[[Any], Any] = self._work.send
        value: Any = None
        yield from self._stand_still()
        while True:
            try:
                waits_for = step(value)
            except StopIteration as done:
                return done.value
            self._process.suspends()
            try:
                step, value = self._work.send, (yield waits_for)
            except BaseException as error:
                step, value = self._work.throw, error
            yield from self._stand_still()

    def _stand_still(self) -> Generator[Any, Any, None]:
        while self._process.dead:
            never = asyncio.get_running_loop().create_future()
            with contextlib.suppress(Exception, asyncio.CancelledError):
                yield from never


async def _driven(work: Coroutine[Any, Any, Any], process: Process) -> Any:
    return await _Driven(work, process)


def _make_task(loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> asyncio.Task[Any]:
    context = more.get("context")
    process = context[_current] if context and _current in context else _current.get()
    if process is None:
        return asyncio.Task(work, loop=loop, **more)
    task = asyncio.Task(_driven(work, process), loop=loop, **more)
    process.takes(task)
    return task


Connect = Callable[..., Awaitable[tuple[asyncio.BaseTransport, asyncio.BaseProtocol]]]


def _noting(connect: Connect) -> Connect:
    """The loop's way to open a socket, which a dead process has no more."""

    async def noted(*args: Any, **more: Any) -> Any:
        process = _current.get()
        if process is not None and process.dead:
            raise ConnectionRefusedError("the process is dead")
        opened = await connect(*args, **more)
        if process is not None:
            process.sockets.append(opened[0])
        return opened

    return noted


def _not_ours(first: Callable[[Any], Any] | None) -> Callable[[Any], None]:
    """Keeps the loop from closing a process's async generators at its own end."""

    def begins(generator: Any) -> None:
        if first is not None and _current.get() is None:
            first(generator)

    return begins


@contextlib.contextmanager
def _watched() -> Iterator[None]:
    """asyncpg and aiohttp both open their sockets by these two methods of the event loop."""
    loop: Any = asyncio.get_running_loop()
    before = loop.get_task_factory()
    loop.set_task_factory(_make_task)
    loop.create_connection = _noting(loop.create_connection)
    loop.create_unix_connection = _noting(loop.create_unix_connection)
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(firstiter=_not_ours(hooks.firstiter))
    try:
        yield
    finally:
        sys.set_asyncgen_hooks(*hooks)
        loop.set_task_factory(before)
        del loop.create_connection, loop.create_unix_connection
