"""The composition root: the one file where the parts of a process are put together."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import structlog
from handlers.chat.sentences import apology

from bot import numbers, outbox, timers
from bot.channels.channel import Channel, CloudChannel, GreenChannel
from bot.channels.cloud_client import CloudClient
from bot.channels.green_client import GreenClient
from bot.database.connections import Database, connect
from bot.numbers import Number
from bot.observe.backlog import measure_backlog
from bot.roles import Role
from bot.scheduler import Job, Scheduler
from bot.sender import UNKNOWN_WAIT, Sender
from bot.settings import Settings
from bot.timers import InboxFacts
from bot.wakeups import Wakeups
from bot.worker import Worker
from handlers.chat import dialog
from services import Services, open_services
from services.ground.people import Person
from services.ground.transaction import Transaction

log = structlog.get_logger()
FACTS = InboxFacts()


@dataclass(frozen=True, slots=True)
class Line:
    """A number of ours, and how to speak on it."""

    number: Number
    channel: Channel


@dataclass(frozen=True)
class Parts:
    """What the roles of one process share."""

    settings: Settings
    database: Database
    wakeups: Wakeups
    lines: tuple[Line, ...]

    def numbers(self, kind: str) -> dict[str, Number]:
        return {l.number.address: l.number for l in self.lines if l.number.kind == kind}


def serve(tx: Transaction, person: Person, now: datetime) -> Services:
    return open_services(tx, now, FACTS, person)


@contextlib.asynccontextmanager
async def parts(settings: Settings, url: str) -> AsyncIterator[Parts]:
    """Everything opened, and closed again at the end."""
    async with contextlib.AsyncExitStack() as stack:
        database = await connect(url)
        stack.push_async_callback(database.close)
        wakeups = Wakeups(database)
        await wakeups.start()
        stack.push_async_callback(wakeups.stop)
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        yield Parts(settings, database, wakeups, await _lines(settings, database, http))


async def _lines(
    settings: Settings, database: Database, http: aiohttp.ClientSession
) -> tuple[Line, ...]:
    """The configured numbers, each with its row and its client."""
    lines: list[Line] = []
    async with database.pool.acquire() as db:
        if settings.whatsapp_access_token and (address := settings.whatsapp_phone_number_id):
            number = await numbers.ensure(
                db,
                "cloud",
                address,
                scope=settings.whatsapp_business_account_id or address,
                rate=settings.whatsapp_messages_per_second,
            )
            client = CloudClient(
                http,
                str(settings.whatsapp_api_url),
                settings.whatsapp_api_version,
                settings.whatsapp_access_token,
                address,
            )
            lines.append(Line(number, CloudChannel(client)))
        if settings.green_api_token and (instance := settings.green_api_instance_id):
            number = await numbers.ensure(db, "greenapi", instance, scope=instance, rate=50)
            green = GreenClient(
                http, str(settings.green_api_url), instance, settings.green_api_token
            )
            lines.append(Line(number, GreenChannel(green)))
    return tuple(lines)


# -- roles ----------------------------------------------------------------------------


def worker(parts: Parts) -> Role:
    channels = {line.number.id: line.channel for line in parts.lines}
    taking = Worker(parts.database, dialog, channels, serve, parts.wakeups, apology=apology)
    return Role("worker", taking.run)


def senders(parts: Parts) -> list[Role]:
    return [
        Role(
            f"sender {line.number.id}",
            Sender(
                parts.database,
                line.number.id,
                line.channel,
                parts.wakeups,
                public_address=parts.settings.public_address,
            ).run,
        )
        for line in parts.lines
    ]


def scheduler(parts: Parts) -> Role:
    pool = parts.database.pool

    async def fire() -> None:
        async with pool.acquire() as db, db.transaction():
            await timers.fire(db)

    async def settle() -> None:
        async with pool.acquire() as db, db.transaction():
            await outbox.settle_unknown(db, UNKNOWN_WAIT)

    jobs = [
        Job("timers", 0.5, fire),
        Job("outbox.unknown", 2.0, settle),
        Job("backlog", 5.0, lambda: measure_backlog(pool)),
    ]
    return Role("scheduler", Scheduler(parts.database, jobs).run)
