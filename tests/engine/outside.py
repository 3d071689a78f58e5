"""The world outside the engine's tests: the emulator's phones, the real channel, real HTTP.

Every request to send is kept with its time, as the provider saw it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port

from bot import jobs, outbox
from bot.channels.channel import CloudChannel
from bot.channels.cloud_client import CloudClient
from bot.outbox import REPLY, Draft
from bot.receiver import Receiver
from bot.sender import Sender
from bot.simulator.config import SimulatorConfig, TemplateSeed
from bot.simulator.simulator import Simulator
from tests.engine.house import APP_SECRET, NUMBER_ID, PORTFOLIO, TOKEN, House, eventually


@dataclass(frozen=True)
class Request:
    """One try to send, as it reached the provider."""

    to: str
    words: str
    at: float
    answered: int  # the HTTP status; 0: never


@dataclass
class Outside:
    """Phones, and the way to them and back."""

    house: House
    http: ClientSession
    graph: str
    requests: list[Request] = field(default_factory=list)
    senders: list[tuple[asyncio.Task[None], asyncio.Event]] = field(default_factory=list)

    # -- what happens outside -------------------------------------------------------------

    async def api(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.graph}/simulator/api{path}"
        async with self.http.request(method, url, json=body) as response:
            assert response.status < 400, await response.text()
            return await response.json()

    async def faults(self, **switches: Any) -> None:
        await self.api("PUT", "/faults", switches)

    async def hello(self, *people: str) -> None:
        """They write, so that their window is open; and are answered by nobody."""
        said = [{"person": person, "text": "hello"} for person in people]
        await self.api("POST", "/batches", {"messages": said})
        stored = "SELECT NOT EXISTS (SELECT FROM webhooks)"
        await eventually(lambda: self.house.value(stored))
        await self.house.execute(
            """UPDATE inbox SET state = 'ignored', reason = 'hello' WHERE state = 'waiting'"""
        )
        await self.house.execute("UPDATE sessions SET talked_at = now()")

    async def shown(self, person: str) -> list[str]:
        """What the bot said, as this phone shows it."""
        found = await self.api("GET", f"/people/{person}/messages?from=bot&peek=1")
        return [message["text"] for message in found["messages"]]

    async def shows(self, person: str, *words: str) -> None:
        """Waits until the phone shows exactly these words."""

        async def there() -> bool:
            return len(await self.shown(person)) >= len(words)

        await eventually(there)
        assert await self.shown(person) == list(words)

    def tried(self, *words: str) -> list[Request]:
        return [request for request in self.requests if not words or request.words in words]

    # -- what we do about it ------------------------------------------------------------------

    async def person(self, phone: str) -> int:
        """Known as soon as their first message has been taken in."""
        known = "SELECT user_id FROM user_identities WHERE value = $1"
        return int(await eventually(lambda: self.house.value(known, f"+{phone}")))

    async def put(self, phone: str, *words: str, priority: int = REPLY, **more: Any) -> list[int]:
        """Bubbles in line for a person; answers their ids."""
        user_id = await self.person(phone)
        drafts = [
            Draft(
                self.house.number.id,
                user_id,
                None,
                priority,
                orjson.dumps({"text": each} | more).decode(),
                "en",
            )
            for each in words
        ]
        async with self.house.database.pool.acquire() as db:
            await outbox.add(db, drafts)
        ids = await self.house.values(
            "SELECT id FROM outbox WHERE user_id = $1 ORDER BY id DESC LIMIT $2",
            user_id,
            len(words),
        )
        return ids[::-1]

    def client(self, token: str = TOKEN) -> CloudClient:
        return CloudClient(self.http, self.graph, "v26.0", token, NUMBER_ID)

    def sender(self, **more: Any) -> Sender:
        client = self.client(more.pop("token", TOKEN))
        return Sender(
            self.house.database,
            self.house.number.id,
            more.pop("channel", CloudChannel(client)),
            self.house.wakeups,
            public_address="https://shop.example",
            **more,
        )

    def start(self, **more: Any) -> asyncio.Task[None]:
        """A sender at work until the end of the test."""
        stop = asyncio.Event()
        task = asyncio.create_task(self.sender(**more).run(stop))
        self.senders.append((task, stop))
        return task

    async def kill(self, task: asyncio.Task[None]) -> None:
        """The sender's process is gone: nothing it was about to do happens."""
        self.senders = [each for each in self.senders if each[0] is not task]
        for one in [t for t in asyncio.all_tasks() if _is_senders(t)]:
            one.cancel()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def stop(self) -> None:
        for _, stop in self.senders:
            stop.set()
        self.house.wakeups.wake("outbox")
        await asyncio.gather(*(task for task, _ in self.senders))
        self.senders = []

    async def state(self, id_: int) -> str:
        return str(await self.house.value("SELECT state::text FROM outbox WHERE id = $1", id_))

    async def ended(self, id_: int) -> tuple[str, str | None]:
        """A bubble's state and reason."""
        [row] = await self.house.rows("SELECT state::text, reason FROM outbox WHERE id = $1", id_)
        return row[0], row[1]

    async def until(self, id_: int, *states: str) -> None:
        async def there() -> bool:
            return await self.state(id_) in states

        await eventually(there)

    async def done(self) -> None:
        """Waits until everything that was to be sent has been."""
        await eventually(
            lambda: self.house.value(
                """SELECT NOT EXISTS (SELECT FROM outbox
                                      WHERE state IN ('waiting', 'sending', 'unknown'))"""
            )
        )

    @contextlib.asynccontextmanager
    async def hurrying(self) -> AsyncIterator[None]:
        """Pauses before another try pass at once; leases and what is unknown keep their time."""

        async def hurry() -> None:
            while True:
                await self.house.execute(
                    """WITH paused AS (
                         SELECT user_id, channel_id FROM recipients r
                         WHERE lease IS NULL AND closed_until > now() AND NOT EXISTS (
                           SELECT FROM outbox o WHERE o.user_id = r.user_id
                           AND o.channel_id = r.channel_id AND o.state IN ('sending', 'unknown'))
                         FOR UPDATE SKIP LOCKED)
                       UPDATE recipients r SET closed_until = now() FROM paused p
                       WHERE r.user_id = p.user_id AND r.channel_id = p.channel_id"""
                )
                await self.house.execute("SELECT pg_notify('outbox', '')")
                self.house.wakeups.wake("outbox")
                await asyncio.sleep(0.02)

        task = asyncio.create_task(hurry())
        try:
            yield
        finally:
            assert not task.done(), task
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _is_senders(task: asyncio.Task[Any]) -> bool:
    return "Sender." in getattr(task.get_coro(), "__qualname__", "")


@contextlib.asynccontextmanager
async def outside_of(house: House) -> AsyncIterator[Outside]:
    receiver = Receiver(house.database)
    receiver.start()
    stop = asyncio.Event()
    intake = asyncio.create_task(
        jobs.loop("intake", house.wakeups.bell("webhooks"), house.intake().take).run(stop)
    )
    product = TestServer(house.webhooks(receiver))
    await product.start_server()
    port = unused_port()
    simulator = Simulator(_config(str(product.make_url("")), port))
    requests: list[Request] = []
    app = web.Application(middlewares=[_recording(requests)])
    simulator.add_routes(app)
    server = TestServer(app, port=port)
    await server.start_server()
    await simulator.start()
    await house.wakeups.start()
    async with ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        outside = Outside(house, http, f"http://127.0.0.1:{port}", requests)
        yield outside
        await outside.stop()
    stop.set()
    house.wakeups.wake("webhooks")
    await intake
    await house.wakeups.stop()
    await simulator.stop()
    await server.close()
    await product.close()
    await receiver.stop()


def _config(product_url: str, port: int) -> SimulatorConfig:
    return SimulatorConfig(
        phone_number_id=NUMBER_ID,
        display_phone_number="+1 202-555-0199",
        business_name="Chatterbay",
        waba_id=PORTFOLIO,
        access_token=TOKEN,
        app_secret=APP_SECRET,
        stripe_key="sk_test_x",
        stripe_webhook_secret="whsec_x",
        product_url=product_url.rstrip("/"),
        public_url=f"http://127.0.0.1:{port}",
        templates=(TemplateSeed("order_news", "en", "Order {{1}} is {{2}}."),),
    )


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _recording(requests: list[Request]) -> Any:
    """A middleware that writes down every try to send a message."""

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method != "POST" or not request.path.endswith("/messages"):
            return await handler(request)
        body = orjson.loads(await request.read())
        if "status" in body or "messaging_product" not in body:
            return await handler(request)
        at = asyncio.get_running_loop().time()
        to, words = body.get("to") or body.get("recipient"), _words(body)
        place = len(requests)
        requests.append(Request(to.lstrip("+"), words, at, 0))
        response = await handler(request)
        requests[place] = Request(to.lstrip("+"), words, at, response.status)
        return response

    return record


def _words(body: Any) -> str:
    match body["type"]:
        case "text":
            return str(body["text"]["body"])
        case "template":
            return f"template {body['template']['name']}"
        case _:
            return str(body.get("interactive", {}).get("body", {}).get("text", ""))
