"""The other side of the simulator in its tests: a tiny product that records webhooks and calls
the Graph API.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import ClientSession, encode_basic_auth, web
from aiohttp.test_utils import TestServer, unused_port

from bot.simulator.config import DemoPerson, SimulatorConfig, TemplateSeed
from bot.simulator.scripting import LookInside
from bot.simulator.simulator import Simulator

APP_SECRET = "app-secret-of-the-test"
TOKEN = "token-of-the-test"
STRIPE_KEY = "sk_test_simulator"
STRIPE_SECRET = "whsec_simulator"
NUMBER_ID = "106540352242922"
WABA_ID = "102290129340398"
AMINA = "12025550101"
DEADLINE = 30.0


@dataclass
class Hook:
    """One webhook POST as it arrived."""

    path: str
    raw: bytes
    headers: dict[str, str]

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    def signature_fits(self) -> bool:
        wanted = hmac.new(APP_SECRET.encode(), self.raw, hashlib.sha256).hexdigest()
        return self.headers.get("X-Hub-Signature-256") == f"sha256={wanted}"

    def values(self) -> list[Any]:
        return [change["value"] for entry in self.body["entry"] for change in entry["changes"]]


@dataclass
class Product:
    """Answers `status` to webhooks and keeps them; `answers` may hold statuses for the next
    ones.
    """

    hooks: list[Hook] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        self.hooks.append(Hook(request.path, await request.read(), dict(request.headers)))
        self.changed.set()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def until(self, true: Callable[[], Any]) -> Any:
        """Wait until `true()` answers something true; AssertionError past the deadline."""
        async with asyncio.timeout(DEADLINE):
            while not (found := true()):
                self.changed.clear()
                await self.changed.wait()
        return found

    def said(self) -> list[Any]:
        return [message for value in self._values() for message in value.get("messages", [])]

    def statuses(self) -> list[Any]:
        return [status for value in self._values() for status in value.get("statuses", [])]

    def events(self) -> list[Any]:
        return [hook.body for hook in self.hooks if hook.path == "/webhooks/stripe"]

    def _values(self) -> list[Any]:
        hooks = [hook for hook in self.hooks if hook.path == "/webhooks/whatsapp"]
        return [value for hook in hooks for value in hook.values()]


class Outside:
    """A simulator on a server of its own, the product it talks to, and a client for both its
    sides.
    """

    def __init__(self, config: SimulatorConfig, product: Product) -> None:
        self.config = config
        self.product = product
        self.http = ClientSession()
        self.simulator: Simulator | None = None
        self._server: TestServer | None = None

    @property
    def url(self) -> str:
        return self.config.public_url

    async def up(self, look_inside: LookInside | None = None, **changes: Any) -> None:
        self.config = replace(self.config, **changes)
        self.simulator = Simulator(self.config, look_inside)
        app = web.Application()
        self.simulator.add_routes(app)
        self._server = TestServer(app, port=int(self.url.rsplit(":", 1)[1]))
        await self._server.start_server()
        await self.simulator.start()

    async def down(self) -> None:
        if self._server and self.simulator:
            await self.simulator.stop()
            await self._server.close()
        self._server = None

    async def close(self) -> None:
        await self.down()
        await self.http.close()

    async def api(self, method: str, path: str, body: Any = None, expect: int | None = None) -> Any:
        async with self.http.request(
            method, f"{self.url}/simulator/api{path}", json=body
        ) as response:
            answer = await response.json()
            if expect is not None:
                assert response.status == expect, answer
            else:
                assert response.status < 300, answer
            return answer

    async def say(self, person: str, body: Any, expect: int | None = None) -> Any:
        return await self.api("POST", f"/people/{person}/messages", body, expect)

    async def shows(self, person: str, query: str = "") -> list[Any]:
        answer = await self.api("GET", f"/people/{person}/messages{query}")
        return list(answer["messages"])

    async def quiet(self) -> None:
        """Wait until the product has taken everything it is owed."""
        async with asyncio.timeout(DEADLINE):
            while (await self.api("GET", ""))["waiting_webhooks"]:  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.01)

    async def graph(
        self, path: str, body: Any = None, *, token: str = TOKEN, method: str = "POST"
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.url}/v26.0/{path}"
        async with self.http.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json()

    async def send(self, to: str = AMINA, **content: Any) -> tuple[int, Any]:
        """Send as the product: `text={"body": …}` and the like."""
        kind = next(iter(content))
        body = {"messaging_product": "whatsapp", "to": to, "type": kind, **content}
        return await self.graph(f"{NUMBER_ID}/messages", body)

    async def refused(self, to: str = AMINA, **content: Any) -> int:
        status, answer = await self.send(to, **content)
        assert status >= 400, answer
        assert answer["error"]["fbtrace_id"]
        return int(answer["error"]["code"])

    async def sent(self, to: str = AMINA, **content: Any) -> str:
        status, answer = await self.send(to, **content)
        assert status == 200, answer
        return str(answer["messages"][0]["id"])


def buttons(*labels: str, words: str = "Choose") -> dict[str, Any]:
    replies = [{"type": "reply", "reply": {"id": f"id:{x}", "title": x}} for x in labels]
    return {"type": "button", "body": {"text": words}, "action": {"buttons": replies}}


def menu(*labels: str, words: str = "Choose") -> dict[str, Any]:
    rows = [{"id": f"row:{x}", "title": x, "description": f"All of {x}"} for x in labels]
    action = {"button": "See all", "sections": [{"title": "Things", "rows": rows}]}
    return {"type": "list", "body": {"text": words}, "action": action}


def settings(product_url: str) -> SimulatorConfig:
    return SimulatorConfig(
        phone_number_id=NUMBER_ID,
        display_phone_number="+1 202-555-0199",
        business_name="Chatterbay",
        waba_id=WABA_ID,
        access_token=TOKEN,
        app_secret=APP_SECRET,
        stripe_key=STRIPE_KEY,
        stripe_webhook_secret=STRIPE_SECRET,
        mpesa_consumer_key="key",
        mpesa_consumer_secret="secret",
        product_url=product_url,
        public_url=f"http://127.0.0.1:{unused_port()}",
        demo_people=(
            DemoPerson("Amina", "+12025550101"),
            DemoPerson("Pearl Shop", "+12025550102", "business"),
        ),
        templates=(
            TemplateSeed("order_news", "en", "Order {{1}} is {{2}}.", buttons=("Track it",)),
        ),
    )


def asked(amount: int = 1250, currency: str = "usd", **more: Any) -> Any:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Maize flour"}}
    return {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 2}],
        "success_url": "https://shop.example/paid?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/cancelled",
        "client_reference_id": "order-1042",
        "metadata": {"payment": "0193-abc"},
        "payment_intent_data": {"metadata": {"payment": "0193-abc"}},
        **more,
    }


async def pushed(outside: Outside, phone: str) -> str:
    """A prompt of M-Pesa on a phone; its id."""
    login = encode_basic_auth("key", "secret")
    url = f"{outside.url}/daraja/oauth/v1/generate"
    async with outside.http.get(url, headers={"Authorization": login}) as answer:
        token = (await answer.json())["access_token"]
    push = {
        "Timestamp": "20261121120000",
        "Password": "MjAyNjExMjExMjAwMDA=",  # of an account without short code and passkey
        "Amount": 370,
        "PhoneNumber": phone,
        "AccountReference": "#1042",
        "CallBackURL": f"{outside.config.product_url}/webhooks/mpesa",
    }
    url = f"{outside.url}/daraja/mpesa/stkpush/v1/processrequest"
    headers = {"Authorization": f"Bearer {token}"}
    async with outside.http.post(url, json=push, headers=headers) as answer:
        told = await answer.json()
        assert answer.status == 200, told
        return str(told["CheckoutRequestID"])
