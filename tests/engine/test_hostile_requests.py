"""Whatever is sent to the real web application: the right refusal, never a 500, never silence."""

import asyncio
import gzip
import hashlib
import hmac
import re
import zlib
from collections.abc import AsyncIterator

import orjson
import pytest
from aiohttp.test_utils import TestServer
from yarl import URL

from bot.observe.figures import Figures
from bot.receiver import Receiver
from bot.web import bodies
from bot.web.bodies import LARGEST
from bot.web.health import Health
from bot.web.server import application
from handlers.pages import paid, pictures
from handlers.webhooks.greenapi import GreenApiWebhook
from handlers.webhooks.payments import PaymentWebhook
from handlers.webhooks.whatsapp import WhatsAppWebhook
from services.payments.stripe import Stripe
from tests.engine.house import (
    APP_SECRET,
    DEADLINE,
    GREEN_TOKEN,
    VERIFY_TOKEN,
    House,
    message,
    phone,
    post,
)

HOOK = "/webhooks/whatsapp"
JSON = {"Content_Type": "application/json"}


@pytest.fixture
async def web(house: House) -> AsyncIterator[URL]:
    """Every route of the web role except the simulator's."""
    receiver = Receiver(house.database)
    receiver.start()
    stripe = Stripe(key="sk_test_x", secrets=("whsec_x",), success_url="x", cancel_url="x")
    routes = [
        *WhatsAppWebhook(APP_SECRET, VERIFY_TOKEN, receiver).routes(),
        *GreenApiWebhook(GREEN_TOKEN, receiver).routes(),
        *PaymentWebhook(stripe, house.database.transaction).routes(),
        *Health(house.database, Figures(house.database, {})).routes(),
        *pictures.ROUTES,
        *paid.ROUTES,
    ]
    async with TestServer(application(routes)) as server:
        yield server.make_url("")
    await receiver.stop()


async def sent(url: URL, raw: bytes) -> list[int]:
    """The statuses answered to these bytes, until the server closes: `raw` ends by asking for
    that, or is such that it must."""
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        async with asyncio.timeout(DEADLINE):
            writer.write(raw)
            answer = await reader.read()
    except ConnectionError:  # it had refused, and closed while we were still writing
        return []
    finally:
        writer.close()
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


def request(line: str, body: bytes = b"", **headers: str) -> bytes:
    """A request in bytes; headers' underscores are hyphens."""
    given = {"Host": "x", "Connection": "close", "Content-Length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items() if value)]
    head = "\r\n".join(lines).encode("utf-8", "surrogateescape")
    return head + b"\r\n\r\n" + body


def signature(body: bytes) -> str:
    return "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()


def hook(body: bytes, sign: bytes | None = None, **headers: str) -> bytes:
    """A signed POST; `sign` is what was signed, if not the body."""
    proof = {"X_Hub_Signature_256": signature(body if sign is None else sign)}
    return request(f"POST {HOOK}", body, **JSON | proof | headers)


def green(body: bytes, **headers: str) -> bytes:
    given = JSON | {"Authorization": f"Bearer {GREEN_TOKEN}"} | headers
    return request("POST /webhooks/greenapi", body, **given)


GOOD = orjson.dumps(post(message("hi", frm=phone(1))))
NOT_HTTP = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 100,  # TLS to a plain port
    b"GET\r\n\r\n", b"\x00" * 100, b"GET / HTTP/9.9\r\n\r\n", b"POST http://[ HTTP/1.1\r\n\r\n",
    b"BREW /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /health HTTP/1.1\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
    b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
    b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    b"GET /health HTTP/1.1\r\nHost: x\r\nA\x00B: y\r\n\r\n",
)  # fmt: skip


@pytest.mark.parametrize("raw", NOT_HTTP, ids=range(len(NOT_HTTP)))
async def test_what_is_no_http_is_refused_at_once(web: URL, raw: bytes) -> None:
    answers = await sent(web, raw)
    assert all(400 <= status < 500 for status in answers), answers


CHUNKED = (
    b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}xx0\r\n\r\n", b"-1\r\n{}\r\n", b"2;" + b"x" * 70_000,
    b"ffffffffffffffffffff\r\n{}",
)  # fmt: skip


@pytest.mark.parametrize("body", CHUNKED, ids=range(len(CHUNKED)))
async def test_chunked_nonsense_is_refused(
    house: House, web: URL, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.5)
    raw = hook(body, b"{}", Content_Length="", Transfer_Encoding="chunked")
    answers = await sent(web, raw)
    assert all(400 <= status < 500 for status in answers), answers
    assert await house.value("SELECT count(*) FROM webhooks") == 0


ODD = {"Stripe_Signature": "t=" + "9" * 5000 + ",v1=\udcff"}
REFUSED = {
    "wrong method": (405, request(f"PUT {HOOK}")),
    "wrong path": (404, request("POST /webhooks/whatsapp/x")),
    "dots in a path": (404, request("GET /pictures/../../../etc/passwd")),
    "a picture nobody has": (404, request("GET /pictures/demo/none.jpg")),
    "a picture with too long a name": (404, request(f"GET /pictures/demo/{'x' * 400}.jpg")),
    "a picture named NUL": (404, request("GET /pictures/demo/%00.jpg")),
    "no content type": (415, hook(GOOD, Content_Type="")),
    "text": (415, hook(GOOD, Content_Type="text/plain")),
    "a strange content type": (415, hook(GOOD, Content_Type="application/\udcff;;=")),
    "no signature": (401, hook(GOOD, X_Hub_Signature_256="")),
    "a wrong signature": (401, hook(GOOD, b"{}")),
    "a signature beyond ASCII": (401, hook(GOOD, X_Hub_Signature_256="sha256=\udcffé²")),
    "broken json": (400, hook(b'{"entry": [')),
    "no body": (400, hook(b"")),
    "not UTF-8": (400, hook(b'{"a": "\xff"}')),
    "NaN": (400, hook(b"[NaN]")),
    "too deep": (400, hook(b"[" * 5000 + b"]" * 5000)),
    "too deep for the parser": (400, hook(b'{"a":' * 400_000)),
    "too large": (413, hook(b'"' + b"x" * LARGEST + b'"')),
    "says gzip and is not": (400, hook(GOOD, Content_Encoding="gzip")),
    "a bomb": (413, hook(gzip.compress(b" " * 50_000_000), Content_Encoding="gzip")),
    "a bomb deflated": (413, hook(zlib.compress(b" " * 50_000_000), Content_Encoding="deflate")),
    "green: no token": (401, request("POST /webhooks/greenapi", GOOD, **JSON)),
    "green: a strange token": (401, green(GOOD, Authorization="Bearer \udcff")),
    "green: broken json": (400, green(b"{")),
    "stripe: no signature": (401, request("POST /webhooks/stripe", GOOD, **JSON)),
    "stripe: a strange signature": (401, request("POST /webhooks/stripe", b"\xff", **JSON, **ODD)),
    "a challenge without a token": (403, request(f"GET {HOOK}?hub.mode=subscribe&hub.challenge=1")),
    "a strange challenge": (403, request(
        f"GET {HOOK}?hub.mode=subscribe&hub.verify_token=%ED%A0%80%00&hub.challenge=%FF")),
    "an unknown expectation": (417, hook(GOOD, Expect="the-unexpected")),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_a_hostile_request_gets_the_right_refusal(house: House, web: URL, name: str) -> None:
    status, raw = REFUSED[name]
    assert await sent(web, raw) == [status]
    assert await house.value("SELECT count(*) FROM webhooks") == 0


async def test_bytes_beyond_ascii_in_an_address_are_no_500(web: URL) -> None:
    for line in (
        f"GET {HOOK}?hub.mode=subscribe&hub.verify_token=\udcff",
        f"GET {HOOK}?hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}&hub.challenge=\udcff",
        "GET /health?\udcff=é", "GET /metrics?name[]=\udc80", "GET /paid?session=\udcff",
        "GET /pictures/demo/\udcff", "GET /\udcff",
    ):  # fmt: skip
        answers = await sent(web, request(line))
        assert answers and all(status < 500 for status in answers), (line, answers)


async def test_strange_headers_are_taken_for_what_they_are(web: URL) -> None:
    strange = {
        "Accept_Language": "\udcff;;,,q=NaN" * 50,
        "X_Request_ID": "\udcff",
        "Cookie": "=;\udc80",
    }
    for path in ("/paid", "/health", "/metrics", "/pages/plain.css"):
        assert await sent(web, request(f"GET {path}", b"", **strange)) == [200]


async def test_a_body_squeezed_is_signed_as_it_came(house: House, web: URL) -> None:
    """Meta squeezes nothing; but who does, and signs what they mean, is heard."""
    squeezed = gzip.compress(GOOD)
    assert await sent(web, hook(squeezed, GOOD, Content_Encoding="gzip")) == [200]
    assert await house.value("SELECT count(*) FROM webhooks") == 1
    await house.take_in()
    await house.settle()


async def test_many_requests_on_one_connection_after_a_bad_one(house: House, web: URL) -> None:
    bad = hook(b"{", Connection="keep-alive")
    good = hook(GOOD, Connection="keep-alive")
    assert await sent(web, bad + good + bad + hook(GOOD)) == [400, 200, 400, 200]
    assert await house.value("SELECT count(*) FROM webhooks") == 2
    await house.take_in()
    assert await house.value("SELECT count(*) FROM inbox") == 1
    await house.settle()


@pytest.mark.parametrize("unfinished", [b"{", GOOD[:-1]])
async def test_who_never_ends_what_they_say_is_not_waited_for(
    house: House, web: URL, unfinished: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.2)
    raw = hook(unfinished, Content_Length=str(len(GOOD)))
    assert await sent(web, raw) == [408]
    assert await house.value("SELECT count(*) FROM webhooks") == 0
