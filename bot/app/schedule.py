"""What happens by the clock: each job finds what is due and claims it, so two at once do no
harm."""

from dataclasses import asdict
from datetime import timedelta
from functools import partial

import structlog

from bot import attachments, handover, lanes, outbox, statuses, timers
from bot.app.resources import Parts, platform
from bot.replay import recordings
from bot.roles import Role
from bot.scheduler import Job, Scheduler
from services.ledger import audit

log = structlog.get_logger()


def scheduler(parts: Parts) -> Role:
    jobs = [Job(name, seconds, partial(do, parts)) for name, seconds, do in JOBS]
    return Role("scheduler", Scheduler(parts.database, jobs).run)


async def _fire_timers(parts: Parts) -> None:
    async with parts.database.pool.acquire() as db, db.transaction():
        await timers.fire(db)


async def _settle_unknown(parts: Parts) -> None:
    async with parts.database.pool.acquire() as db, db.transaction():
        await lanes.settle_unknown(db, parts.settings.unknown_send_seconds)
        await statuses.match_parked(db)


async def _put_in_line(parts: Parts) -> None:
    async with parts.database.pool.acquire() as db, db.transaction():
        await outbox.due_again(db)
        await handover.end_lapsed(db)


async def _sweep_statuses(parts: Parts) -> None:
    async with parts.database.pool.acquire() as db:
        await statuses.sweep(db, parts.settings.parked_status_days)


async def _sweep_shop(parts: Parts) -> None:
    async with parts.database.transaction() as tx:
        await platform(tx).shopping.expire_unpaid_orders()
    async with parts.database.transaction() as tx:
        shopping = platform(tx).shopping
        await shopping.expire_reservations()
        await shopping.tell_waiting()


async def _forget_recordings(parts: Parts) -> None:
    settings = parts.settings
    async with parts.database.pool.acquire() as db:
        await recordings.forget(db, settings.record_days, settings.record_megabytes)


async def _erase_files(parts: Parts) -> None:
    days = timedelta(days=parts.settings.received_file_days)
    async with parts.database.transaction() as tx:
        do = platform(tx)
        shown = [
            *await do.shopping.review_photos(),
            *await do.shopping.return_photos(),
            *await do.shopping.sent_pictures(),
            *await do.businesses.paper_files(),
        ]
    await attachments.erase(parts.database.pool, parts.files, days, keep=shown)


async def _repair_shop(parts: Parts) -> None:
    """Counters that drifted from what they count: set right, and said, for somebody to look why."""
    async with parts.database.transaction() as tx:
        shopping = platform(tx).shopping
        stock, ratings = await shopping.repair_stock(), await shopping.repair_ratings()
    for one in stock:
        log.error("shopping.stock_differed", **asdict(one))
    for product in ratings:
        log.error("shopping.rating_differed", product_id=product.product_id)


async def _audit_ledger(parts: Parts) -> None:
    await audit.audit(parts.database.transaction)


JOBS = (  # and the seconds between two runs of each
    ("timers", 0.5, _fire_timers),
    ("outbox.unknown", 2.0, _settle_unknown),
    ("outbox.due", 1.0, _put_in_line),
    ("statuses.sweep", 3600.0, _sweep_statuses),
    ("shopping.expire", 15.0, _sweep_shop),
    ("recordings", 600.0, _forget_recordings),
    ("files", 3600.0, _erase_files),
    ("ledger.audit", 600.0, _audit_ledger),
    ("shopping.repair", 3600.0, _repair_shop),
)
