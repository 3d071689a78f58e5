"""The composition root: the one file where the parts of a process are put together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import aiohttp
from aiohttp import web

from bot import handover, identities, jobs, lanes, numbers, outbox, statuses, timers, world
from bot.channels import cloud_in, green_in
from bot.channels.channel import Channel, CloudChannel, GreenChannel
from bot.channels.cloud_client import CloudClient
from bot.channels.green_client import GreenClient
from bot.channels.updates import Who
from bot.commands.chat import Screen, Talk, TerminalChannel, Visitor, terminal_number
from bot.commands.running import Mendable
from bot.database.connections import Database, connect
from bot.dialog import checks, diagram
from bot.fetcher import Fetcher
from bot.files import FolderFiles
from bot.intake import Intake, Source
from bot.numbers import Number
from bot.observe import lag
from bot.observe.figures import Figures
from bot.receiver import Receiver
from bot.replay import recordings
from bot.replay.again import Candidate, kinds
from bot.replay.compared import Trial
from bot.replay.tape import Recorder
from bot.roles import Role, run_until_stopped
from bot.scheduler import Job, Scheduler
from bot.sender import Sender
from bot.settings import Settings
from bot.simulator.config import SimulatorConfig, TemplateSeed
from bot.simulator.simulator import Simulator
from bot.timers import InboxFacts
from bot.uploads import Uploads
from bot.wakeups import Wakeups
from bot.web.health import Health
from bot.web.server import Mount, Server, application
from bot.worker import Worker
from handlers.chat import dialog
from handlers.chat.sentences import apology
from handlers.chat.templates import TEMPLATES
from handlers.console.inside import Inside
from handlers.pages import paid, pictures
from handlers.pages.files import FilePages
from handlers.webhooks.greenapi import GreenApiWebhook
from handlers.webhooks.stripe import StripeWebhook
from handlers.webhooks.whatsapp import WhatsAppWebhook
from services import Services, open_services
from services.ground.people import PLATFORM, Person
from services.ground.transaction import Transaction
from services.payments import events
from services.payments.counts import payments_by_status
from services.payments.due import Desk
from services.payments.jobs import JOBS
from services.payments.stripe import Stripe
from services.settled import SettledServices
from services.shopping import demo

FACTS = InboxFacts()
WORKERS = 2  # in a process: while one waits for the database, the other thinks
ROLES = ("web", "worker", "sender", "scheduler")


@dataclass(frozen=True, slots=True)
class Line:
    """A number of ours, and how to speak on it; `uploads` where it is given our files."""

    number: Number
    channel: Channel
    uploads: Uploads | None = None


@dataclass(frozen=True)
class Parts:
    """What the roles of one process share."""

    settings: Settings
    database: Database
    wakeups: Wakeups
    lines: tuple[Line, ...]
    stripe: Stripe | None

    def numbers(self, kind: str) -> dict[str, Number]:
        """The numbers of one kind, by the provider's address."""
        mine = [line.number for line in self.lines if line.number.kind == kind]
        return {number.address: number for number in mine}


def serve(brand: str, tx: Transaction, person: Person, now: datetime) -> Services:
    return open_services(tx, now, FACTS, person, brand)


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
        no_cookies = aiohttp.DummyCookieJar()  # a provider's are of no use, and each costs a look
        http = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, cookie_jar=no_cookies)
        )
        lines = await _lines(settings, database, http)
        stripe = _stripe(settings)
        if stripe is not None:
            stack.push_async_callback(stripe.aclose)
        yield Parts(settings, database, wakeups, lines, stripe)


def _stripe(settings: Settings) -> Stripe | None:
    if settings.stripe_secret_key is None:
        return None
    back = f"{settings.public_address}/paid"
    return Stripe(
        key=settings.stripe_secret_key,
        secrets=settings.stripe_webhook_secret,
        success_url=back,
        cancel_url=back,
        api_url=str(settings.stripe_api_url),
    )


async def _lines(
    settings: Settings, database: Database, http: aiohttp.ClientSession
) -> tuple[Line, ...]:
    """The configured numbers, each with its row and its client."""
    lines: list[Line] = []
    async with database.pool.acquire() as db:
        if settings.whatsapp_access_token and (address := settings.whatsapp_phone_number_id):
            scope = settings.whatsapp_business_account_id or address
            rate = settings.whatsapp_messages_per_second
            number = await numbers.ensure(db, "cloud", address, scope, rate)
            client = CloudClient(
                http,
                str(settings.whatsapp_api_url),
                settings.whatsapp_api_version,
                settings.whatsapp_access_token,
                address,
            )
            uploads = Uploads(database, number.id, client, pictures.file_at)
            given = uploads if settings.uploads_media else None
            lines.append(Line(number, CloudChannel(client), given))
        if settings.green_api_token and (instance := settings.green_api_instance_id):
            number = await numbers.ensure(db, "greenapi", instance, instance, GREEN_RATE)
            green = GreenClient(
                http, str(settings.green_api_url), instance, settings.green_api_token
            )
            lines.append(Line(number, GreenChannel(green)))
    return tuple(lines)


GREEN_RATE = 50  # messages per second and instance (providers.md A)

# -- roles ----------------------------------------------------------------------------


def roles(parts: Parts, names: tuple[str, ...]) -> list[Role]:
    """The background work of the named roles; `web` has none: it is served beside them."""
    found: list[Role] = []
    if "worker" in names:
        found += [
            _intake(parts),
            *(_worker(parts, parts.settings.recorded) for _ in range(WORKERS)),
            *_payments(parts),
        ]
        found.append(_fetcher(parts))
    if "sender" in names:
        found += _senders(parts)
    if "scheduler" in names:
        found.append(_scheduler(parts))
    return found


def _intake(parts: Parts) -> Role:
    sources = {
        "cloud": Source(cloud_in.parse, parts.numbers("cloud")),
        "greenapi": Source(green_in.parse, parts.numbers("greenapi")),
    }
    return jobs.loop("intake", parts.wakeups.bell("webhooks"), Intake(parts.database, sources).take)


def _worker(parts: Parts, recorded: float) -> Role:
    """Turns; the share of people who are recorded is between 0 and 1."""
    channels = {line.number.id: line.channel for line in parts.lines}
    brand = parts.settings.brand_name
    serving = partial(serve, brand)
    worker = Worker(
        parts.database,
        dialog,
        channels,
        serving,
        parts.wakeups,
        apology=apology,
        recorder=Recorder(recorded, brand),
        language=parts.settings.default_language,
    )
    return Role("worker", worker.run)


def _files(parts: Parts) -> FolderFiles:
    return FolderFiles(parts.settings.data_dir / "files")


def _fetcher(parts: Parts) -> Role:
    channels = {line.number.id: line.channel for line in parts.lines}
    fetcher = Fetcher(parts.database, channels, _files(parts))
    return jobs.loop("attachments", parts.wakeups.bell("attachments"), fetcher.step)


def _payments(parts: Parts) -> list[Role]:
    if parts.stripe is None:
        return []
    desk = Desk(
        begin=parts.database.transaction,
        provider=parts.stripe,
        settled=SettledServices(partial(_platform, FACTS)),
        facts=FACTS,
        clock=lambda: datetime.now(UTC),
    )
    return [
        jobs.loop(name, parts.wakeups.bell("payments"), partial(step, desk))
        for name, step in JOBS.items()
    ]


def _platform(facts: InboxFacts, tx: Transaction) -> Services:
    return open_services(tx, datetime.now(UTC), facts, PLATFORM)


def _senders(parts: Parts) -> list[Role]:
    settings = parts.settings
    return [
        Role(
            f"sender {line.number.id}",
            Sender(
                parts.database,
                line.number.id,
                line.channel,
                parts.wakeups,
                public_address=settings.public_address,
                uploads=line.uploads,
                unknown_wait=settings.unknown_send_seconds,
                probe=settings.stopped_number_probe_seconds,
                most_repeats=settings.same_words_most,
            ).run,
        )
        for line in parts.lines
    ]


def _scheduler(parts: Parts) -> Role:
    pool = parts.database.pool

    async def fire() -> None:
        async with pool.acquire() as db, db.transaction():
            await timers.fire(db)

    patience = parts.settings.unknown_send_seconds

    async def settle_unknown() -> None:
        async with pool.acquire() as db, db.transaction():
            await lanes.settle_unknown(db, patience)
            await statuses.match_parked(db)

    async def put_in_line() -> None:
        async with pool.acquire() as db, db.transaction():
            await outbox.due_again(db)
            await handover.end_lapsed(db)

    async def sweep_statuses() -> None:
        async with pool.acquire() as db:
            await statuses.sweep(db, parts.settings.parked_status_days)

    async def sweep_shop() -> None:
        async with parts.database.transaction() as tx:
            shop = _platform(FACTS, tx).shopping
            await shop.expire_unpaid_orders()

    async def forget_recordings() -> None:
        settings = parts.settings
        async with pool.acquire() as db:
            await recordings.forget(db, settings.record_days, settings.record_megabytes)

    ticking = [
        Job("timers", 0.5, fire),
        Job("outbox.unknown", 2.0, settle_unknown),
        Job("outbox.due", 1.0, put_in_line),
        Job("statuses.sweep", 3600.0, sweep_statuses),
        Job("shopping.expire", 15.0, sweep_shop),
        Job("recordings", 600.0, forget_recordings),
    ]
    return Role("scheduler", Scheduler(parts.database, ticking).run)


# -- web ------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def serving(parts: Parts, simulator: Simulator | None = None) -> AsyncIterator[None]:
    """The HTTP server, from here to the end of the block. Raises OSError when the port is taken."""
    receiver = Receiver(parts.database)
    mounts: list[Mount] = []
    if simulator is not None:
        mounts += [simulator.add_routes, _front_door]
    pages = [*pictures.ROUTES, *paid.ROUTES, *FilePages(_files(parts)).routes()]
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
    counts = {"payments": payments_by_status, "payment_events": events.outcomes}
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
    if parts.stripe is not None:
        routes += StripeWebhook(parts.stripe.verify, parts.database.transaction).routes()
    return routes


def _front_door(app: web.Application) -> None:
    async def to_simulator(_: web.Request) -> web.Response:
        raise web.HTTPFound("/simulator")

    app.router.add_get("/", to_simulator)


# -- whole processes ----------------------------------------------------------------------


async def run(settings: Settings, url: str, names: tuple[str, ...] = ROLES) -> None:
    """The named roles in one process until it is told to stop; with them all, and no real
    number, the simulator stands in for the world."""
    check_dialog()
    async with contextlib.AsyncExitStack() as stack:
        opened = await stack.enter_async_context(parts(settings, url))
        simulator = await play(opened) if "web" in names and settings.simulator_on else None
        stop = asyncio.Event()
        if "web" in names:
            await stack.enter_async_context(serving(opened, simulator))
            print(_address(settings, simulator), flush=True)  # noqa: T201
        else:
            await stack.enter_async_context(telling(opened))
        await run_until_stopped(
            [*roles(opened, names), lag.ROLE],
            settings.graceful_stop_seconds,
            stop,
            opened.wakeups.wake_all,
        )


def check_dialog() -> None:
    """Before anybody is talked to. Raises Mendable with a line for each thing that is wrong."""
    try:
        checks.check(dialog)
    except checks.BadDialog as error:
        raise Mendable(f"The conversations cannot be used:\n{error}") from error


def drawn(service: str) -> str:
    """The conversation of one service in Mermaid. Raises Mendable."""
    try:
        return diagram.mermaid(dialog, service)
    except LookupError as error:
        known = ", ".join(diagram.services(dialog))
        raise Mendable(f"There is no service {service}; there are: {known}") from error


def services() -> list[str]:
    """What tags begin with."""
    return diagram.services(dialog)


def _address(settings: Settings, simulator: Simulator | None) -> str:
    where = settings.public_address
    return f"Open {where}/simulator" if simulator else f"Listening at {where}"


async def play(opened: Parts) -> Simulator:
    """The outside world, and a shop for it to visit."""
    await seed(opened)
    look = Inside(opened.database, partial(serve, opened.settings.brand_name)).look
    return Simulator(_simulated(opened.settings, opened.settings.address), look)


def _simulated(settings: Settings, product_url: str) -> SimulatorConfig:
    journal = settings.data_dir / "simulator.jsonl"
    return world.simulator_config(settings, templates(), product_url, journal)


def templates() -> tuple[TemplateSeed, ...]:
    """The templates that must be approved at the provider."""
    return tuple(TemplateSeed(t.name, t.language, t.body, t.category, t.buttons) for t in TEMPLATES)


async def seed(opened: Parts) -> None:
    """The demo business and its owner, once."""
    number = opened.lines[0].number
    owner = Who(phone=world.OWNER.phone, name=world.OWNER.name)
    async with opened.database.pool.acquire() as db, db.transaction():
        [owner_id] = await identities.recognise(db, [identities.Arrival(number, owner)])
    async with opened.database.transaction() as tx:
        platform = _platform(FACTS, tx)
        await demo.seed(platform.businesses, platform.shopping, owner_id)


async def simulate(settings: Settings, product_url: str) -> None:
    """The simulator alone, for a product that runs elsewhere."""
    simulator = Simulator(_simulated(settings, product_url))
    app = application([], [simulator.add_routes, _front_door])
    server = Server(app, settings.host, settings.port)
    await server.start()
    await simulator.start()
    try:
        print(world.product_settings(settings), flush=True)  # noqa: T201
        await run_until_stopped([], settings.graceful_stop_seconds, asyncio.Event())
    finally:
        await simulator.stop()
        await server.stop()


async def chat(settings: Settings, url: str, screen: Screen, visitor: Visitor, public: str) -> None:
    """The dialog in a terminal, until its input ends; pictures are shown as at `public`."""
    async with parts(settings, url) as opened:
        if settings.simulator_on:
            await seed(opened)
        async with opened.database.pool.acquire() as db:
            number = await terminal_number(db)
        channel = TerminalChannel(screen)
        here = replace(opened, lines=(*opened.lines, Line(number, channel)))
        sender = Sender(opened.database, number.id, channel, opened.wakeups, public_address=public)
        talk = Talk(opened.database, number, screen, visitor)
        share = 1.0 if settings.record_turns is None else settings.record_turns
        roles = [_worker(here, share), Role("sender", sender.run), Role("terminal", talk.run)]
        wake = opened.wakeups.wake_all
        await run_until_stopped(roles, settings.graceful_stop_seconds, asyncio.Event(), wake)


@contextlib.asynccontextmanager
async def trial(settings: Settings, url: str) -> AsyncIterator[Trial]:
    """This code, to take turns again that were taken before."""
    async with _briefly(url) as database:
        candidate = Candidate(dialog, serve, await kinds(database.pool))
        yield Trial(candidate, database, settings.brand_name)


async def troubled_payments(url: str, most: int) -> list[events.Troubled]:
    """The provider's events that somebody should look at."""
    async with _briefly(url) as database, database.transaction() as tx:
        return await events.troubled(tx, most)


async def settle_again(url: str, provider: str, event_id: str) -> bool:
    """An event is settled once more by the next worker; False when there is none of that id."""
    async with _briefly(url) as database, database.transaction() as tx:
        return await events.replay(tx, provider, event_id, datetime.now(UTC))


@contextlib.asynccontextmanager
async def _briefly(url: str) -> AsyncIterator[Database]:
    database = await connect(url, connections=2)
    try:
        yield database
    finally:
        await database.close()
