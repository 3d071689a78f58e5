"""The world played by the simulator, and the demo businesses that are visited in it."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from bot import identities, world
from bot.app.endpoints import front_door
from bot.app.resources import Parts, platform, serve
from bot.channels.updates import Who
from bot.roles import run_until_stopped
from bot.settings import Settings
from bot.simulator.config import SimulatorConfig, TemplateSeed
from bot.web.server import Server, application
from handlers.chat.templates import TEMPLATES
from handlers.console.inside import Inside
from services.shopping import demo

if TYPE_CHECKING:  # it comes when it plays: in production never
    from bot.simulator.simulator import Simulator


async def play(opened: Parts) -> "Simulator":
    """The outside world, and a shop for it to visit."""
    from bot.simulator.simulator import Simulator

    await seed(opened)
    look = Inside(
        opened.database, partial(serve, opened.settings.providers, opened.settings.brand_name)
    ).look
    return Simulator(_simulated(opened.settings, opened.settings.address), look)


def _simulated(settings: Settings, product_url: str) -> SimulatorConfig:
    journal = settings.data_dir / "simulator.jsonl"
    return world.simulator_config(settings, templates(), product_url, journal)


def templates() -> tuple[TemplateSeed, ...]:
    """The templates that must be approved at the provider."""
    return tuple(TemplateSeed(t.name, t.language, t.body, t.category, t.buttons) for t in TEMPLATES)


async def seed(opened: Parts) -> None:
    """The demo businesses and their owners, once."""
    number = opened.lines[0].number
    owners = [Who(phone=owner.phone, name=owner.name) for owner in world.OWNERS]
    async with opened.database.pool.acquire() as db, db.transaction():
        arrivals = [identities.Arrival(number, owner) for owner in owners]
        ids = await identities.recognise(db, arrivals)
    async with opened.database.transaction() as tx:
        ours = platform(tx)
        catalogues = (demo.CATALOGUE, demo.CRAFTS, demo.INDIA)
        for owner_id, catalogue in zip(ids, catalogues, strict=True):
            await demo.seed(ours.businesses, ours.shopping, owner_id, catalogue)


async def simulate(settings: Settings, product_url: str) -> None:
    """The simulator alone, for a product that runs elsewhere."""
    from bot.simulator.simulator import Simulator

    simulator = Simulator(_simulated(settings, product_url))
    app = application([], [simulator.add_routes, front_door])
    server = Server(app, settings.host, settings.port)
    await server.start()
    await simulator.start()
    try:
        print(world.product_settings(settings), flush=True)  # noqa: T201
        await run_until_stopped([], settings.graceful_stop_seconds, asyncio.Event())
    finally:
        await simulator.stop()
        await server.stop()
