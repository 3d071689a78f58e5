"""How late the event loop is: what everything else in the process has to wait for."""

import asyncio
import contextlib
import time

from bot.observe.metrics import LOOP_LAG
from bot.roles import Role

EVERY = 0.5  # seconds


async def watch(stop: asyncio.Event) -> None:
    """Ask to be woken, and note how much later that was, until told to stop."""
    while not stop.is_set():
        asked = time.perf_counter()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVERY):
                await stop.wait()
        LOOP_LAG.observe(max(0.0, time.perf_counter() - asked - EVERY) if not stop.is_set() else 0)


ROLE = Role("loop lag", watch)
