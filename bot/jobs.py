"""Loops that look for work of one kind, woken by a bell, until told to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from bot.database.connections import is_away
from bot.observe import correlation
from bot.roles import Role
from bot.wakeups import Bell

log = structlog.get_logger()
T = TypeVar("T")


def loop(name: str, bell: Bell, step: Callable[[], Awaitable[int]]) -> Role:
    """A role that runs `step` while it finds work, and waits for the bell when it finds no more."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await outlive(name, step()):
                await bell.wait()

    return Role(name, run)


async def outlive(name: str, work: Awaitable[T]) -> T | None:
    """What one round of work answers; None when it fails, which is logged: its rows are kept."""
    correlation.bind(correlation.new())
    try:
        return await work
    except Exception as error:
        if is_away(error):
            log.warning("job.database", job=name, error=type(error).__name__)
        else:
            log.error("job.failed", job=name, exc_info=error)
        return None
