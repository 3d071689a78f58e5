"""The other side: the emulator, in this process, which tells when an answer has arrived."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import orjson
from aiohttp import web

from bot.simulator.config import SimulatorConfig
from bot.simulator.simulator import Simulator


class Answers:
    """Who waits for an answer at which phone."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[None]] = {}

    def expect(self, phone: str) -> asyncio.Future[None]:
        future = asyncio.get_running_loop().create_future()
        self._waiting[phone] = future
        return future

    @web.middleware
    async def watch(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        response = await handler(request)
        if response.status == 200 and request.path.endswith("/messages"):
            phone = orjson.loads(await request.read()).get("to")
            future = self._waiting.pop(phone, None) if phone else None
            if future is not None and not future.done():
                future.set_result(None)
        return response


@contextlib.asynccontextmanager
async def world(config: SimulatorConfig, port: int, answers: Answers) -> AsyncIterator[None]:
    """The emulator without a journal and without statuses, listening on `port`."""
    simulator = Simulator(config)
    app = web.Application(middlewares=[answers.watch])
    simulator.add_routes(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await simulator.start()
    async with aiohttp.ClientSession() as http:
        await http.put(f"http://127.0.0.1:{port}/simulator/api/faults", json={"statuses": "none"})
    try:
        yield
    finally:
        await simulator.stop()
        await runner.cleanup()
