"""Loops that look for work of one kind, woken by a bell, until told to stop."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.database.connections import is_away
from bot.observe import correlation
from bot.roles import Role
from bot.wakeups import Bell

log = structlog.get_logger()


def loop(name: str, bell: Bell, step: Callable[[], Awaitable[int]]) -> Role:
    """A role that runs `step` while it finds work, and waits for the bell when it finds no more."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            found = 0
            correlation.bind(correlation.new())
            try:
                found = await step()
            except Exception as error:  # the loop must outlive one bad round; its rows are kept
                if is_away(error):
                    log.warning("job.database", job=name, error=type(error).__name__)
                else:
                    log.error("job.failed", job=name, exc_info=error)
            if not found:
                await bell.wait()

    return Role(name, run)
