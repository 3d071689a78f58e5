"""Fixtures of the simulator's tests: a recording product and a simulator that talks to it over
real HTTP.
"""

from collections.abc import AsyncIterator

import pytest
import stripe
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.simulator.product_side import STRIPE_KEY, Outside, Product, settings


@pytest.fixture
async def product() -> AsyncIterator[tuple[Product, str]]:
    product = Product()
    app = web.Application()
    app.router.add_post("/webhooks/{provider}", product.take)
    server = TestServer(app)
    await server.start_server()
    yield product, str(server.make_url("")).rstrip("/")
    await server.close()


@pytest.fixture
async def outside(product: tuple[Product, str]) -> AsyncIterator[Outside]:
    recorded, url = product
    outside = Outside(settings(url), recorded)
    await outside.up()
    yield outside
    await outside.close()


@pytest.fixture
async def client(outside: Outside) -> AsyncIterator[stripe.StripeClient]:
    http = stripe.AIOHTTPClient()
    yield stripe.StripeClient(
        STRIPE_KEY, http_client=http, base_addresses={"api": outside.url}, max_network_retries=0
    )
    await http.close_async()  # type: ignore[no-untyped-call]
