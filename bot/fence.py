"""Waiting for the disk once for many.

Transactions that commit with synchronous_commit off are whole, ordered and visible at
once, but not yet on disk. PostgreSQL writes its log in order: when one later transaction
has waited for the disk, everything committed before it is there too. So the writer goes
on with the next batch while the fence waits for the last one.
"""

import asyncio
from typing import Any


class Fence:
    """`pool` commits synchronously."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._waiting: list[asyncio.Future[None]] = []
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="fence")

    async def stop(self) -> None:
        """Only when nobody waits any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def passed(self) -> None:
        """Returns when everything committed until now is on disk. Raises what went wrong."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._asked.set()
        await future

    async def _run(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            waiting, self._waiting = self._waiting, []
            error = await self._wait_for_disk()
            for future in waiting:
                if future.done():
                    continue
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

    async def _wait_for_disk(self) -> Exception | None:
        try:
            # A commit waits for the disk only if it has written something itself.
            await self._pool.execute("SELECT pg_logical_emit_message(true, 'fence', '')")
        except Exception as error:  # whatever it is, those who wait are told
            return error
        return None
