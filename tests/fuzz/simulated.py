"""The simulator before scripts that ask anything: real HTTP, never a 500."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from bot.simulator.config import DemoPerson, SimulatorConfig, TemplateSeed
from bot.simulator.simulator import Simulator
from tests.fuzz.seeds import cloud_values, dumped, payloads
from tests.fuzz.target import Target

NUMBER, ACCOUNT, TOKEN, KEY = "106540352242922", "102290129340398", "token-of-fuzz", "sk_test_fuzz"
PATIENCE = aiohttp.ClientTimeout(total=20)
BEARER = {"Authorization": f"Bearer {TOKEN}"}

Ask = tuple[str, str, dict[str, str]]
"""Method, path with a place for {word}, and headers."""

SCRIPTS: tuple[Ask, ...] = (
    ("POST", "/simulator/api/people/amina/messages", {}),
    ("POST", "/simulator/api/people/{word}/messages", {}),
    ("POST", "/simulator/api/people", {}),
    ("POST", "/simulator/api/people/amina/read", {}),
    ("POST", "/simulator/api/batches", {}),
    ("PATCH", "/simulator/api/faults", {}),
    ("PUT", "/simulator/api/faults", {}),
    ("GET", "/simulator/api/people/{word}", {}),
    ("GET", "/simulator/api/people/amina/messages?wait=0&after={word}", {}),
    ("GET", "/simulator/api/people/amina/messages?wait={word}&from={word}", {}),
    ("POST", "/simulator/api/payments/{word}/refund", {}),
    ("GET", "/simulator/checkout/{word}", {}),
    ("GET", "/simulator/media/{word}", {}),
    ("GET", "/simulator/page/{word}", {}),
)
GRAPH: tuple[Ask, ...] = (
    ("POST", f"/v26.0/{NUMBER}/messages", BEARER),
    ("POST", f"/v26.0/{ACCOUNT}/message_templates", BEARER),
    ("POST", f"/v26.0/{NUMBER}/media", BEARER),
    ("GET", "/v26.0/{word}", BEARER),
    ("GET", f"/v26.0/{ACCOUNT}/message_templates?name={{word}}", BEARER),
    ("GET", "/v26.0/1?access_token={word}", {}),
    ("GET", "/simulator/attachments/{word}?ext={word}&hash={word}", BEARER),
)
FORM = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"}
STRIPE: tuple[Ask, ...] = (
    ("POST", "/v1/checkout/sessions", FORM),
    ("POST", "/v1/refunds", FORM),
    ("GET", "/v1/checkout/sessions?limit={word}&starting_after={word}", FORM),
    ("GET", "/v1/events?created[gte]={word}&types[]={word}", FORM),
    ("GET", "/v1/payment_intents/{word}", FORM),
    ("POST", "/v1/checkout/sessions/{word}/expire", FORM),
)


@contextlib.asynccontextmanager
async def targets() -> AsyncIterator[tuple[Target, ...]]:
    url = f"http://127.0.0.1:{unused_port()}"
    async with _running(url), aiohttp.ClientSession(timeout=PATIENCE) as http:
        yield (
            Target("simulator scripts", _scripts(), _asking(http, url, SCRIPTS)),
            Target("simulator graph", _graph(), _asking(http, url, GRAPH)),
            Target("simulator stripe", _forms(), _asking(http, url, STRIPE)),
        )


@contextlib.asynccontextmanager
async def _running(url: str) -> AsyncIterator[None]:
    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    product, outside = web.Application(client_max_size=2**30), web.Application()
    product.router.add_post("/webhooks/{provider}", take)
    async with TestServer(product) as answering:
        simulator = Simulator(_config(url, str(answering.make_url("")).rstrip("/")))
        simulator.add_routes(outside)
        async with TestServer(outside, port=int(url.rpartition(":")[2])):
            await simulator.start()
            yield
            await simulator.stop()


def _asking(
    http: aiohttp.ClientSession, url: str, asks: tuple[Ask, ...]
) -> Callable[[bytes], Awaitable[None]]:
    """Each input is the body of one request or the word in its path; which is by its length."""

    async def run(raw: bytes) -> None:
        method, path, headers = asks[len(raw) % len(asks)]
        word = quote(raw[:300], safe="")
        async with http.request(
            method,
            url + path.replace("{word}", word or "x"),
            data=None if method == "GET" else raw,
            headers={"Content-Type": "application/json"} | headers,
            allow_redirects=False,
        ) as response:
            answer = await response.read()
            assert response.status < 500 or b'"error"' in answer, (response.status, path)
        async with http.delete(f"{url}/simulator/api/faults") as response:
            assert response.status == 200

    return run


def _scripts() -> tuple[bytes, ...]:
    upload = {"data": "eHg=", "filename": "a.pdf", "mime_type": "application/pdf"}
    says: tuple[Any, ...] = (
        {"text": "hi"}, {"tap": "Menu", "message": "wamid.x"}, {"reaction": "👍"},
        {"location": {"latitude": -1.29, "longitude": 36.82}}, {"document": upload},
        {"contacts": [{"name": "Ann", "phone": "+12025550103"}]}, {"image": "data:image/png,x"},
        {"order": {"product_items": [{"product_retailer_id": "RICE-1", "quantity": 2}]}},
        {"edit": {"message": "wamid.x", "text": "y"}}, {"revoke": "wamid.x"}, {"seq": 3},
        {"name": "Ann", "phone": "+12025550103", "role": "business"}, {"amount": 5},
        {"messages": [{"person": "+12025550101", "text": "hi"}, {"cloud": {"type": "text"}}]},
        {"faults": {"delay_ms": 5, "duplicate": {"count": 2, "probability": 0.5}}, "seed": 7},
        {"statuses": "none", "pair_rate": True, "throughput": 80, "batch": 0.5},
        *({"cloud": message} for message in cloud_values("messages")[:20]),
    )  # fmt: skip
    return dumped(*says)


def _graph() -> tuple[bytes, ...]:
    base = {"messaging_product": "whatsapp", "to": "12025550101"}
    rows = {"rows": [{"id": "r", "title": "Row"}], "title": "T"}
    lists = {"type": "list", "body": {"text": "b"}, "action": {"button": "o", "sections": [rows]}}
    reply = {"type": "reply", "reply": {"id": "a", "title": "A"}}
    buttons = {"type": "button", "body": {"text": "b"}, "action": {"buttons": [reply]}}
    parameters = [{"type": "text", "text": "1"}, {"type": "text", "text": "x"}]
    components = [{"type": "body", "parameters": parameters}]
    template = {"name": "order_news", "language": {"code": "en"}, "components": components}
    body = {"type": "BODY", "text": "{{1}} is {{2}}", "example": {"body_text": [["a", "b"]]}}
    return dumped(
        base | {"type": "text", "text": {"body": "hi"}},
        base | {"type": "interactive", "interactive": lists},
        base | {"type": "interactive", "interactive": buttons},
        base | {"type": "template", "template": template},
        base | {"type": "image", "image": {"link": "https://shop.example/a.png"}},
        base | {"status": "read", "message_id": "wamid.x", "typing_indicator": {"type": "text"}},
        {"name": "t", "language": "en", "category": "UTILITY", "components": [body]},
        *(orjson.loads(raw) for raw in payloads("cloud", answers=True)),
    )


_FOUND_FORMS = (b"a[--5]=1&b[" + b"9" * 5000 + b"]=2", b"[b\xe0[c", b"[" * 100_000)


def _forms() -> tuple[bytes, ...]:
    line = "line_items[0][price_data]"
    session = (
        f"mode=payment&success_url=https://shop.example&{line}[currency]=kes&{line}[unit_amount]="
        f"100&{line}[product_data][name]=Rice&line_items[0][quantity]=2&metadata[payment]=1"
        "&expires_at=1795510800&client_reference_id=order-1&expand[]=payment_intent"
    )
    refund = "payment_intent=pi_1&amount=5&metadata[refund]=1&reason=duplicate"
    return (session.encode(), session.replace("&expires_at=1795510800", "").encode(),
            refund.encode(), b"a[b][c]=1&a[]=2&a[0][x]=3", b"10", *_FOUND_FORMS)  # fmt: skip


def _config(url: str, product_url: str) -> SimulatorConfig:
    return SimulatorConfig(
        phone_number_id=NUMBER,
        display_phone_number="+1 202-555-0199",
        business_name="Chatterbay",
        waba_id=ACCOUNT,
        access_token=TOKEN,
        app_secret="app-secret-of-fuzz",
        stripe_key=KEY,
        stripe_webhook_secret="whsec_fuzz",
        product_url=product_url,
        public_url=url,
        demo_people=(DemoPerson("amina", "+12025550101"),),
        templates=(TemplateSeed("order_news", "en", "Order {{1}} is {{2}}."),),
    )
