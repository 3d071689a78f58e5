"""The shop of the stories with the real Stripe client and the emulator of Stripe behind it."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port

from bot.database.connections import Database
from bot.simulator.config import SimulatorConfig
from bot.simulator.simulator import Simulator
from services import open_services
from services.payments.due import Desk
from services.payments.provider import Told
from services.payments.stripe import Stripe
from services.settled import SettledServices
from services.shopping.checkout import Choice
from tests.conversations.world import FACTS, World
from tests.engine.house import eventually

KEY, SECRET = "sk_test_market", "whsec_market"


@dataclass
class Market(World):
    """What Stripe tells is verified and kept in `told`, and no more."""

    address: str = ""  # of the emulator
    told: list[Told] = field(default_factory=list)

    async def begin(self) -> None:
        await super().begin()
        self.desk, _ = self.desk_of(self.database, self.till)

    async def somebody(self) -> int:
        """The id of a person who has said hello."""
        amina = self.phones["amina"]
        await self.says(amina, "hi")
        return amina.user_id

    def desk_of(self, database: Database, at: Any = None) -> tuple[Desk, Stripe]:
        """What the jobs of a process work with, and what it must close."""
        clock = partial(datetime.now, UTC)
        settled = SettledServices(lambda tx: open_services(tx, clock(), FACTS))
        provider = at or stripe_at(self.address)
        return Desk(database.transaction, provider, settled, FACTS, clock), provider

    async def order(self, user_id: int, bags: int = 1) -> None:
        """So many bags of flour, to be paid by a link that nobody has made yet."""
        flour = await self.value("SELECT id FROM product_variants WHERE sku = 'FLOUR-2'")
        async with self.database.transaction() as tx:
            shopping = open_services(tx, datetime.now(UTC), FACTS).shopping
            cart = await shopping.set_quantity(user_id, flour, bags)
            assert cart is not None
            await shopping.checkout(user_id, cart.version, Choice((), None, "stripe"))

    async def pay_newest(self) -> None:
        """The newest link is paid; returns when Stripe has told everything about it."""
        newest, before = (await self.sessions())[0], len(self.told)
        async with ClientSession() as http:
            url = f"{self.address}/simulator/api/payments/{newest['id']}/pay"
            async with http.post(url) as answer:
                assert answer.status == 200, await answer.text()

        async def came() -> bool:
            return len(self.told) == before + 3  # the charge, the intent, the session

        await eventually(came)

    async def sessions(self) -> list[dict[str, Any]]:
        """Every link that was made at Stripe, the newest first."""
        async with (
            ClientSession() as http,
            http.get(f"{self.address}/simulator/api/payments") as answer,
        ):
            return list((await answer.json())["payments"])

    async def let_time_pass(self) -> None:
        """The leases of the dead run out."""
        async with self.database.pool.acquire() as db:
            await db.execute("UPDATE payments SET due_at = now() WHERE due_at IS NOT NULL")

    async def hear(self, request: web.Request) -> web.Response:
        provider: Any = self.till
        self.told.append(provider.verify(await request.read(), request.headers))
        return web.Response()


def stripe_at(address: str) -> Stripe:
    back = "https://shop.example/paid"
    return Stripe(key=KEY, secrets=(SECRET,), success_url=back, cancel_url=back, api_url=address)


@contextlib.asynccontextmanager
async def open_market(database: Database) -> AsyncIterator[Market]:
    port = unused_port()
    address = f"http://127.0.0.1:{port}"
    provider: Any = stripe_at(address)
    market = Market(database, provider, datetime.now(UTC), address=address)
    ear = web.Application()
    ear.router.add_post("/webhooks/stripe", market.hear)
    async with TestServer(ear) as ours:
        simulator = Simulator(_config(str(ours.make_url("")).rstrip("/"), address))
        outside = web.Application()
        simulator.add_routes(outside)
        async with TestServer(outside, port=port):
            await simulator.start()
            await market.begin()
            await market.changes("stock FLOUR-2 1000")
            yield market
            await simulator.stop()
    await provider.aclose()


def _config(product_url: str, public_url: str) -> SimulatorConfig:
    return SimulatorConfig(
        phone_number_id="106540352242922",
        display_phone_number="+1 202 555 0100",
        business_name="Duka la Mfano",
        waba_id="102290129340398",
        access_token="token-of-the-market",
        app_secret="app-secret-of-the-market",
        stripe_key=KEY,
        stripe_webhook_secret=SECRET,
        product_url=product_url,
        public_url=public_url,
    )
