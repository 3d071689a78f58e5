"""Running a process's roles until it is told to stop, and stopping without losing a thing."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

log = structlog.get_logger()

GARBAGE = 20_000  # objects made, more than freed, before the collector looks at the young ones
Run = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Role:
    """Something that runs until the event is set, and then finishes what it has begun."""

    name: str
    run: Run


def settle_memory() -> None:
    """What a started program holds it holds for good: the collector need not look at it again
    and again, and what a message leaves behind can wait for a few thousand of its kind."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 50)


async def run_until_stopped(
    roles: Sequence[Role],
    graceful_seconds: float,
    stop: asyncio.Event,
    wake: Callable[[], None] = lambda: None,
) -> None:
    """Run all roles; Ctrl-C, SIGTERM or a role that ends by itself stops them all. `wake` is
    called then: whoever waits for work notices at once that there is none to wait for.

    Raises what ended a role, if an error did.
    """
    settle_memory()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    tasks = [asyncio.create_task(role.run(stop), name=role.name) for role in roles]
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        wake()
        stopped.cancel()
        await _finish(tasks, graceful_seconds)
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def _finish(tasks: list[asyncio.Task[None]], seconds: float) -> None:
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:  # what it had begun is rolled back, or its lease runs out
        log.warning("stop.late", role=task.get_name())
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
