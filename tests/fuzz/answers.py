"""Our clients before a provider that answers anything: real HTTP, hostile bytes."""

import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiohttp
import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.cloud_client import CloudClient
from bot.channels.green_client import GreenClient
from bot.channels.green_out import GreenCall
from bot.channels.media import MediaTooLarge, MediaUnavailable, MediaUnreachable
from bot.channels.outcome import Failed, Sent, Unknown
from services.ground.money import Money
from services.payments.provider import Declined, KeyReused, LinkAsk, NoAnswer, RefundAsk
from services.payments.stripe import Stripe
from tests.fuzz.money import EVENTS
from tests.fuzz.seeds import dumped, payloads
from tests.fuzz.target import Target

PAYMENT = UUID(int=1)
MEDIA = (MediaTooLarge, MediaUnavailable, MediaUnreachable)
STATUSES = (200, 200, 200, 201, 204, 302, 400, 401, 402, 404, 409, 429, 466, 500, 503)
AT_ONCE = (200, 200, 200, 200, 201, 400, 402, 404, 429)  # those that Stripe's library takes at once


class Provider:
    """Answers whatever it was last told to."""

    def __init__(self) -> None:
        self.body = b""
        self.status = 200
        self.location = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        body = self.body
        if request.path.startswith("/file"):
            body = b"x" * 100
        headers = {"Content-Type": "application/json"}
        if self.status == 302:
            headers["Location"] = "/file"
        return web.Response(body=body, status=self.status, headers=headers)


@contextlib.asynccontextmanager
async def targets() -> AsyncIterator[tuple[Target, ...]]:
    provider = Provider()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", provider.answer)
    server = TestServer(app)
    await server.start_server()
    url = str(server.make_url("")).rstrip("/")
    stripe = Stripe(
        key="sk_test_x", secrets=(), success_url="x", cancel_url="x", api_url=url,
        timeout=aiohttp.ClientTimeout(total=5),
    )  # fmt: skip
    async with aiohttp.ClientSession() as http:
        yield tuple(_targets(provider, http, url, stripe))
    await stripe.aclose()
    await server.close()


def _targets(
    provider: Provider, http: aiohttp.ClientSession, url: str, stripe: Stripe
) -> list[Target]:
    cloud = CloudClient(http, url, "v26.0", "token", "106000000000001")
    green = GreenClient(http, url, "1101", "token")

    async def sends(_raw: bytes) -> None:
        for outcome in (
            await cloud.send({"to": "x"}),
            await green.send(GreenCall("sendMessage", {"message": "x"})),
        ):
            assert isinstance(outcome, Sent | Failed | Unknown)
            if isinstance(outcome, Sent):
                assert outcome.provider_id
            if isinstance(outcome, Failed):
                assert -(2**31) <= outcome.failure.code < 2**31
        await cloud.mark_read("wamid.x")
        await green.seen("1@c.us", "x")

    async def media(_raw: bytes) -> None:
        with contextlib.suppress(*MEDIA):
            await cloud.media_url("1")
        with contextlib.suppress(*MEDIA):
            await cloud.download("1", 1000)
        with contextlib.suppress(*MEDIA):
            await cloud.upload(b"x", "image/png", "x.png")

    async def fetches(raw: bytes) -> None:
        """An address that a webhook named; on this machine alone, so that nobody is disturbed."""
        address = raw.decode("utf-8", "surrogateescape")
        for asked in (address, f"{url}/{address}"):
            if not asked.startswith(("http://", "https://")) or asked.startswith(url):
                with contextlib.suppress(*MEDIA):
                    await green.download(asked, 1000)

    async def pays(raw: bytes) -> None:
        refund = RefundAsk(PAYMENT, PAYMENT, "cs_1", "pi_1", Money(100, "KES"))
        asks: tuple[Callable[[], Awaitable[Any]], ...] = (
            lambda: stripe.create(_ask()),
            lambda: stripe.status("cs_1"),
            lambda: stripe.close("cs_1"),
            lambda: stripe.refund(refund),
        )
        with contextlib.suppress(NoAnswer, Declined, KeyReused):
            await asks[sum(raw) % len(asks)]()

    cloud_seeds = payloads("cloud", answers=True) + payloads("greenapi", answers=True)
    files = dumped({"url": f"{url}/file", "mime_type": "image/png", "file_size": 100, "id": "1"})
    addresses = (
        f"{url}/file".encode(),
        b"http://[::1]:1/",
        b"file",
        b"data:,x",
        b"x?y=1#z",
        b"\x00",
    )
    return [
        Target("sends' answers", cloud_seeds, _answered(provider, sends)),
        Target("media answers", files, _answered(provider, media)),
        Target("media addresses", addresses, _fetched(provider, fetches)),
        Target("stripe answers", _objects(), _answered(provider, pays, AT_ONCE)),
    ]


def _ask() -> LinkAsk:
    ends = datetime.fromtimestamp(time.time() + 3600, UTC)
    return LinkAsk("key", PAYMENT, 1, Money(100, "KES"), "Order 1", (), ends)


def _objects() -> tuple[bytes, ...]:
    """Stripe answers with the objects its events tell of, and with errors."""
    session = {"id": "cs_1", "object": "checkout.session", "expires_at": 1795510800, "url": "u"}
    things = [orjson.loads(raw)["data"]["object"] for raw in EVENTS]
    error = {"message": "m", "code": "c"}
    errors = [{"error": error | {"type": kind}} for kind in ("card_error", "x")]
    found = (b"0", b"{}", b"\xff", b'{"object": "plan", "amount_decimal": ""}', b"[" * 2000)
    return (*dumped(session | {"payment_status": "unpaid"}, *things, *errors), *found)


def _answered(
    provider: Provider,
    use: Callable[[bytes], Awaitable[None]],
    statuses: tuple[int, ...] = STATUSES,
) -> Callable[[bytes], Awaitable[None]]:
    async def run(raw: bytes) -> None:
        provider.body = raw
        provider.status = statuses[len(raw) % len(statuses)]
        await use(raw)

    return run


def _fetched(
    provider: Provider, use: Callable[[bytes], Awaitable[None]]
) -> Callable[[bytes], Awaitable[None]]:
    async def run(raw: bytes) -> None:
        provider.body, provider.status = b"x" * 2000, 200
        await use(raw)

    return run
