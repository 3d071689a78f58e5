"""The world around a siege: the emulator's phones, the door their webhooks go through, and the
book of what really passed, kept by neither side.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from bot.simulator.config import SimulatorConfig
from bot.simulator.simulator import Simulator
from tests.commands.program import free_port

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Accepted:
    """A bubble the emulator took: when, to whom, our row, its own id."""

    at: float
    to: str
    outbox_id: int
    wamid: str


@dataclass
class Book:
    """Seen from between: what the program answered 200 for, and what the emulator accepted."""

    messages: dict[str, float] = field(default_factory=dict)  # by the provider's id: first 200
    statuses: dict[str, float] = field(default_factory=dict)  # "wamid": first 200 of any status
    events: set[str] = field(default_factory=set)  # of Stripe
    accepted: list[Accepted] = field(default_factory=list)
    refused: int = 0  # sends

    def taken(self, path: str, body: Any) -> None:
        """A webhook was answered 200."""
        now = time.time()
        if path.endswith("/stripe"):
            self.events.add(body["id"])
            return
        for entry in body["entry"]:
            for change in entry["changes"]:
                for message in change["value"].get("messages", ()):
                    self.messages.setdefault(message["id"], now)
                for status in change["value"].get("statuses", ()):
                    self.statuses.setdefault(status["id"], now)

    @web.middleware
    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Of the emulator: every try to send."""
        at = time.time()
        response = await handler(request)
        if request.method != "POST" or not request.path.endswith("/messages"):
            return response
        body = orjson.loads(await request.read())
        if isinstance(body, dict) and "biz_opaque_callback_data" in body:
            self._sent(at, body, response)
        return response

    def _sent(self, at: float, body: dict[str, Any], response: web.StreamResponse) -> None:
        if response.status != 200 or not isinstance(response, web.Response):
            self.refused += 1
            return
        answer = orjson.loads(bytes(response.body or b""))  # type: ignore[arg-type]
        to = str(body.get("to") or body.get("recipient")).lstrip("+")
        wamid = answer["messages"][0]["id"]
        self.accepted.append(Accepted(at, to, int(body["biz_opaque_callback_data"]), wamid))


@dataclass
class Door:
    """What stands before the web processes, as a load balancer does: one after the other; one
    that is not there is passed over, one that breaks off is a 502."""

    ports: Callable[[], list[int]]
    book: Book
    _turn: int = 0
    _http: aiohttp.ClientSession | None = None

    async def post(self, request: web.Request) -> web.Response:
        body = await request.read()
        ports = self.ports()
        self._turn += 1
        for n in range(len(ports)):
            status = await self._try(ports[(self._turn + n) % len(ports)], request, body)
            if status == 200:
                self.book.taken(request.path, orjson.loads(body))
            if status:
                return web.Response(status=status)
        return web.Response(status=503)

    async def _try(self, port: int, request: web.Request, body: bytes) -> int:
        """Its answer; 0 when nobody is there."""
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP}
        url = f"http://127.0.0.1:{port}{request.path}"
        assert self._http is not None
        try:
            async with self._http.post(url, data=body, headers=headers) as answer:
                return answer.status
        except aiohttp.ClientConnectorError:
            return 0
        except (aiohttp.ClientError, TimeoutError):
            return 502

    @contextlib.asynccontextmanager
    async def open(self, port: int) -> AsyncIterator[None]:
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_post("/webhooks/{provider}", self.post)
        timeout = aiohttp.ClientTimeout(total=12)
        async with aiohttp.ClientSession(timeout=timeout) as http, _serving(app, port):
            self._http = http
            yield


_HOP = {"host", "content-length", "connection", "transfer-encoding"}


@contextlib.asynccontextmanager
async def _serving(app: web.Application, port: int) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def emulator(config: SimulatorConfig, port: int, book: Book) -> AsyncIterator[str]:
    """The emulator of WhatsApp and Stripe, answering at `port`; gives its API's address."""
    simulator = Simulator(config)
    app = web.Application(middlewares=[book.watch], client_max_size=4 * 1024 * 1024)
    simulator.add_routes(app)
    async with _serving(app, port):
        await simulator.start()
        try:
            yield f"http://127.0.0.1:{port}/simulator/api"
        finally:
            await simulator.stop()


def ports() -> tuple[int, int]:
    """Of the emulator and of the door."""
    return free_port(), free_port()


async def pause(until: float) -> None:
    """Until this moment of time.monotonic()."""
    await asyncio.sleep(max(0.0, until - time.monotonic()))
