"""The jobs of the payments, run by a test at the moments it chooses."""

import asyncio
from collections.abc import Mapping

from services.payments.due import Desk
from services.payments.jobs import JOBS, drain, due


async def run_due(desks: Mapping[str, Desk]) -> int:
    """All that is due, side by side, until nothing is; returns how many rows were claimed."""
    total = 0
    desk = next(iter(desks.values()))
    while True:
        async with desk.begin() as tx:
            found = await due(tx, desk.clock())
        calls = [drain(JOBS[job].step, desks[name]) for job, name in found if name in desks]
        if not (claimed := sum(await asyncio.gather(*calls))):
            return total
        total += claimed
