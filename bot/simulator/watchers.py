"""Whoever watches phones live: the page's event streams, fed as things happen and free when
nobody watches.
"""

import asyncio
from collections.abc import Callable

import orjson
from aiohttp import web

from bot.simulator.shapes import Object

HEARTBEAT_SECONDS = 15
BACKLOG = 1000


class Watchers:
    """All open event streams."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[bytes | None]] = set()

    def tell(self, event: Callable[[], Object]) -> None:
        """Send an event to every stream; it is only built when somebody watches."""
        if not self._queues:
            return
        line = b"data: " + orjson.dumps(event()) + b"\n\n"
        for queue in self._queues:
            if queue.qsize() < BACKLOG:
                queue.put_nowait(line)

    def close(self) -> None:
        """End every stream, so that a server's shutdown need not wait for them."""
        for queue in self._queues:
            queue.put_nowait(None)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """GET /simulator/api/stream: server-sent events of all phones."""
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers | {"X-Accel-Buffering": "no"})
        await response.prepare(request)
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._queues.add(queue)
        try:
            await response.write(b"retry: 1000\n\n")
            await _pump(queue, response)
        except ConnectionError:
            pass  # the browser went away, which is how these streams end
        finally:
            self._queues.discard(queue)
        return response


async def _pump(queue: asyncio.Queue[bytes | None], response: web.StreamResponse) -> None:
    while True:
        try:
            line = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
        except TimeoutError:
            line = b": still here\n\n"
        if line is None:
            return
        await response.write(line)
