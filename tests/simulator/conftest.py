"""Fixtures of the simulator's tests: a recording product and a simulator that talks to it over
real HTTP.
"""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from product_side import Outside, Product, settings


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
