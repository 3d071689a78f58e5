"""What the tests of payments share: our side and the emulators of providers, joined by HTTP."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port
from sqlalchemy import insert

from bot.simulator.config import SimulatorConfig
from bot.simulator.simulator import Simulator
from handlers.webhooks.payments import PaymentWebhook
from services.ground.people import User
from services.ground.transaction import Transaction
from services.payments.due import Desk
from services.payments.stripe import Stripe
from tests.services.payments.mpesa import APP, MPesaTill, mpesa_at
from tests.services.payments.phonepe import CLIENT, CREDENTIALS, PhonePeTill, phonepe_at
from tests.services.payments.till import KEY, SECRETS, Book, Ear, MovableClock, Shop, Till

Connect = Callable[[], AbstractAsyncContextManager[Transaction]]


@pytest.fixture
async def payer(connect: Connect) -> int:
    async with connect() as tx:
        made = await tx.scalar(insert(User).values(name="Neema").returning(User.id))
    return int(made)


@pytest.fixture
async def till(connect: Connect, payer: int) -> AsyncIterator[Till]:
    """Our side and Stripe's, joined by real HTTP both ways. Jobs run when the test says so."""
    ours, theirs = unused_port(), unused_port()
    provider = _stripe(f"http://127.0.0.1:{theirs}")
    desk = Desk(connect, provider, Shop(), Book(), MovableClock())
    async with ClientSession() as http, _joined(desk, ours, theirs) as ear:
        yield Till(desk, payer, http, ear, (ours, theirs))
    await provider.aclose()


@pytest.fixture
async def phonepe(connect: Connect, payer: int) -> AsyncIterator[PhonePeTill]:
    """The same with PhonePe."""
    ours, theirs = unused_port(), unused_port()
    async with ClientSession() as http:
        provider = phonepe_at(http, f"http://127.0.0.1:{theirs}")
        desk = Desk(connect, provider, Shop(), Book(), MovableClock())
        async with _joined(desk, ours, theirs) as ear:
            yield PhonePeTill(desk, payer, http, ear, (ours, theirs))


@pytest.fixture
async def mpesa(connect: Connect, payer: int) -> AsyncIterator[MPesaTill]:
    """The same with M-Pesa."""
    ours, theirs = unused_port(), unused_port()
    async with ClientSession() as http:
        callbacks = f"http://127.0.0.1:{ours}/webhooks/mpesa"
        provider = mpesa_at(http, f"http://127.0.0.1:{theirs}", callbacks)
        desk = Desk(connect, provider, Shop(), Book(), MovableClock())
        async with _joined(desk, ours, theirs) as ear:
            yield MPesaTill(desk, payer, http, ear, (ours, theirs))


@contextlib.asynccontextmanager
async def _joined(desk: Desk, ours: int, theirs: int) -> AsyncIterator[Ear]:
    simulator = Simulator(_world(ours, theirs))
    outside = web.Application()
    simulator.add_routes(outside)
    ear = Ear()
    inside = web.Application(client_max_size=3 * 1024 * 1024, middlewares=[ear.hears])
    inside.router.add_routes(PaymentWebhook(desk.provider, desk.begin).routes())
    async with TestServer(inside, port=ours), TestServer(outside, port=theirs):
        await simulator.start()
        yield ear
        await simulator.stop()


def _stripe(api_url: str) -> Stripe:
    return Stripe(
        key=KEY,
        secrets=SECRETS,
        success_url="https://example.com/paid",
        cancel_url="https://example.com/paid",
        api_url=api_url,
        timeout=aiohttp.ClientTimeout(total=0.5),
    )


def _world(ours: int, theirs: int) -> SimulatorConfig:
    return SimulatorConfig(
        phone_number_id="106540352242922",
        display_phone_number="+1 202 555 0100",
        business_name="Duka Demo",
        waba_id="102290129340398",
        access_token="token-of-the-test",
        app_secret="app-secret-of-the-test",
        stripe_key=KEY,
        stripe_webhook_secret=SECRETS[1],
        phonepe_client_id=CLIENT[0],
        phonepe_client_secret=CLIENT[1],
        phonepe_webhook=CREDENTIALS[1],
        mpesa_consumer_key=APP[0],
        mpesa_consumer_secret=APP[1],
        mpesa_shortcode=APP[2],
        mpesa_passkey=APP[3],
        product_url=f"http://127.0.0.1:{ours}",
        public_url=f"http://127.0.0.1:{theirs}",
    )
