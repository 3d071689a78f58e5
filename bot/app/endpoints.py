"""What a process answers over HTTP."""

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from aiohttp import web

from bot.app.resources import Parts
from bot.observe.figures import Figures
from bot.receiver import Receiver
from bot.web.health import Health
from bot.web.server import Mount, Server, application
from handlers.pages import paid, pictures
from handlers.pages.files import FilePages
from handlers.webhooks.greenapi import GreenApiWebhook
from handlers.webhooks.payments import PaymentWebhook
from handlers.webhooks.whatsapp import WhatsAppWebhook
from services.ledger.audit import audited
from services.payments import events
from services.payments.counts import payments_by_status

if TYPE_CHECKING:
    from bot.simulator.simulator import Simulator


@contextlib.asynccontextmanager
async def serving(parts: Parts, simulator: "Simulator | None" = None) -> AsyncIterator[None]:
    """The HTTP server, from here to the end of the block. Raises OSError when the port is taken."""
    receiver = Receiver(parts.database)
    mounts: list[Mount] = []
    if simulator is not None:
        mounts += [simulator.add_routes, front_door]
    pages = [*pictures.ROUTES, *paid.ROUTES, *FilePages(parts.files).routes()]
    routes = [*_webhooks(parts, receiver), *_health(parts).routes(), *pages]
    app = application(routes, mounts)
    server = Server(app, parts.settings.host, parts.settings.port)
    receiver.start()
    await server.start()
    if simulator is not None:
        await simulator.start()
    try:
        yield
    finally:
        if simulator is not None:
            await simulator.stop()
        await server.stop()
        await receiver.stop()


def _health(parts: Parts) -> Health:
    counts = {
        "payments": payments_by_status,
        "payment_events": events.outcomes,
        "ledger": audited,
    }
    return Health(parts.database, Figures(parts.database, counts))


@contextlib.asynccontextmanager
async def telling(parts: Parts) -> AsyncIterator[None]:
    """A process without web that still answers /health and /metrics, where a port is set."""
    if (port := parts.settings.metrics_port) is None:
        yield
        return
    server = Server(application(_health(parts).routes()), parts.settings.host, port)
    await server.start()
    try:
        yield
    finally:
        await server.stop()


def _webhooks(parts: Parts, receiver: Receiver) -> list[web.RouteDef]:
    settings = parts.settings
    routes = WhatsAppWebhook(
        app_secret=settings.whatsapp_app_secret or "",
        verify_token=settings.whatsapp_verify_token or "",
        receiver=receiver,
    ).routes()
    routes += GreenApiWebhook(
        token=settings.green_api_webhook_token or "",
        receiver=receiver,
    ).routes()
    for provider in parts.providers:
        routes += PaymentWebhook(provider, parts.database.transaction).routes()
    return routes


def front_door(app: web.Application) -> None:
    async def to_simulator(_: web.Request) -> web.Response:
        raise web.HTTPFound("/simulator")

    app.router.add_get("/", to_simulator)
