"""How long something may take, by the time in which this process runs."""

import asyncio
from typing import Any

PARTS = 10  # of a budget, spent one by one


class Budget:
    """As asyncio.timeout, and yet a process that was stopped, or a machine that slept, spends no
    more of it than a part: the next part begins when the loop is there again to see one end."""

    def __init__(self, seconds: float) -> None:
        self._part = seconds / PARTS
        self._limit = asyncio.timeout(None)

    def expired(self) -> bool:
        return self._limit.expired()

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._spend(PARTS)

    async def __aexit__(self, *error: Any) -> None:
        """Raises TimeoutError in place of what it ended."""
        self._next.cancel()
        await self._limit.__aexit__(*error)

    def _spend(self, left: int) -> None:
        if left:
            self._next = self._loop.call_later(self._part, self._spend, left - 1)
        else:
            self._limit.reschedule(self._loop.time())
