"""Everything payments do outside a turn, by name: each is *find what is due and claim it*."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import union_all

from services.ground.transaction import Transaction
from services.payments.asking import PENDING, ask_pending
from services.payments.closing import TO_CLOSE, close_links
from services.payments.due import Desk, Queue, Step
from services.payments.events import UNSETTLED, settle_events
from services.payments.fees import UNKNOWN_FEES, ask_fees
from services.payments.links import TO_MAKE, create_links
from services.payments.refunding import GOING_BACK, send_refunds


@dataclass(frozen=True, slots=True)
class Job:
    """What is done, one round of it, and where that waits."""

    step: Step
    queue: Queue


JOBS = {
    "settle": Job(settle_events, UNSETTLED),
    "links": Job(create_links, TO_MAKE),
    "ask": Job(ask_pending, PENDING),
    "refunds": Job(send_refunds, GOING_BACK),
    "close": Job(close_links, TO_CLOSE),
    "fees": Job(ask_fees, UNKNOWN_FEES),
}


async def due(tx: Transaction, now: datetime) -> set[tuple[str, str]]:
    """The jobs that have something to do, each with the provider it is to be done with."""
    found = await tx.rows(union_all(*(job.queue.due(name, now) for name, job in JOBS.items())))
    return {(row.job, row.provider) for row in found}


async def drain(step: Step, desk: Desk) -> int:
    """Run a job until nothing is due any more; returns how many rows it claimed."""
    total = 0
    while claimed := await step(desk):
        total += claimed
    return total
