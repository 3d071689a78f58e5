"""Everything payments do outside a turn, by name: each is *find what is due and claim it*."""

import asyncio

from services.payments.asking import ask_pending
from services.payments.closing import close_links
from services.payments.due import Desk, Step
from services.payments.events import settle_events
from services.payments.fees import ask_fees
from services.payments.links import create_links
from services.payments.refunding import send_refunds


async def drain(step: Step, desk: Desk) -> int:
    """Run a job until nothing is due any more; returns how many rows it claimed."""
    total = 0
    while claimed := await step(desk):
        total += claimed
    return total


async def run_due(desk: Desk) -> int:
    """All jobs, side by side, until nothing is due: what a test or a command line calls."""
    return sum(await asyncio.gather(*(drain(step, desk) for step in JOBS.values())))


JOBS: dict[str, Step] = {
    "payments-settle": settle_events,
    "payments-links": create_links,
    "payments-ask": ask_pending,
    "payments-refunds": send_refunds,
    "payments-close": close_links,
    "payments-fees": ask_fees,
}
"""Run each in a loop of its own, so that a slow provider never holds up settling."""
