"""The background work of a process: its roles, each a loop that runs until it is told to stop."""

from datetime import UTC, datetime
from functools import partial

from bot import jobs
from bot.app.dispatcher import Dispatcher
from bot.app.resources import FACTS, Parts, platform, serve
from bot.app.schedule import scheduler
from bot.channels import cloud_in, green_in
from bot.fetcher import Fetcher
from bot.intake import Intake, Source
from bot.replay.tape import Recorder
from bot.roles import Role
from bot.sender import Sender
from bot.worker import Worker
from handlers.chat import dialog
from handlers.chat.sentences import apology
from handlers.documents import products
from handlers.documents.receipt import drawn
from services.payments.due import Desk
from services.receipts import ReceiptMaker
from services.settled import SettledServices
from services.shopping.sheets.job import ImportJob

WORKERS = 2  # in a process: while one waits for the database, the other thinks
ROLES = ("web", "worker", "sender", "scheduler")


def roles(parts: Parts, names: tuple[str, ...]) -> list[Role]:
    """The background work of the named roles; `web` has none: it is served beside them."""
    found: list[Role] = []
    if "worker" in names:
        found += [
            _intake(parts),
            *(worker(parts, parts.settings.recorded) for _ in range(WORKERS)),
            _payments(parts),
            _fetcher(parts),
            _receipts(parts),
            _product_files(parts),
        ]
    if "sender" in names:
        found += _senders(parts)
    if "scheduler" in names:
        found.append(scheduler(parts))
    return found


def _intake(parts: Parts) -> Role:
    sources = {
        "cloud": Source(cloud_in.parse, parts.numbers("cloud")),
        "greenapi": Source(green_in.parse, parts.numbers("greenapi")),
    }
    return jobs.loop("intake", parts.wakeups.bell("webhooks"), Intake(parts.database, sources).take)


def _now() -> datetime:
    return datetime.now(UTC)


def worker(parts: Parts, recorded: float) -> Role:
    """Turns; the share of people who are recorded is between 0 and 1."""
    brand = parts.settings.brand_name
    turns = Worker(
        parts.database,
        dialog,
        parts.channels,
        partial(serve, parts.settings.providers, brand),
        parts.wakeups,
        apology=apology,
        recorder=Recorder(recorded, brand),
        language=parts.settings.default_language,
    )
    return Role("worker", turns.run)


def _fetcher(parts: Parts) -> Role:
    fetcher = Fetcher(parts.database, parts.channels, parts.files)
    return jobs.loop("attachments", parts.wakeups.bell("attachments"), fetcher.step)


def _receipts(parts: Parts) -> Role:
    maker = ReceiptMaker(
        parts.database.transaction,
        platform,
        parts.files,
        partial(drawn, number=parts.settings.whatsapp_public_number),
        FACTS,
        _now,
    )
    return jobs.loop("receipts", parts.wakeups.bell("payments"), maker.step)


def _product_files(parts: Parts) -> Role:
    job = ImportJob(
        parts.database.transaction,
        lambda tx: platform(tx).shopping,
        parts.files,
        products.report,
        FACTS,
        _now,
    )
    return jobs.loop("products", parts.wakeups.bell("attachments"), job.step)


def _payments(parts: Parts) -> Role:
    begin = parts.database.transaction
    settled = SettledServices(platform)
    desks = {
        provider.name: Desk(begin, provider, settled, FACTS, _now) for provider in parts.providers
    }
    return Role("payments", Dispatcher(begin, desks, parts.wakeups.bell("payments"), _now).run)


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
