"""Our processes without load: how soon one is ready, and what each weighs."""

import time

from tests.benchmark.processes import memory_bytes
from tests.benchmark.stage import Stage

ROLES = ("web", "worker", "sender", "scheduler")
MEGABYTE = 1_000_000


async def start_and_memory(stage: Stage, *, quick: bool) -> None:
    """Everything is on disk and in the page cache already: these are warm starts."""
    for roles in ((), *(() if quick else ((role,) for role in ROLES))):
        name = " ".join(roles) or "every role in one"
        begun = time.perf_counter()
        async with stage.program(*roles) as alone:
            ready = time.perf_counter() - begun
            resident, share = memory_bytes(alone.pids[0])
        stage.figures.value(f"start, {name} (s)", round(ready, 2), f"{ready:.2f} s until ready")
        if resident:
            stage.figures.value(
                f"idle, {name} (MB resident)",
                round(resident / MEGABYTE, 1),
                f"{resident / MEGABYTE:.0f} MB resident, {share / MEGABYTE:.0f} MB its share",
            )
