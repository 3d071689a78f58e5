"""Scale-out: the same load with each role in processes of its own, and one worker more."""

import contextlib
from collections.abc import Sequence

from tests.benchmark.load import Load, People
from tests.benchmark.speaking import WhatsApp
from tests.benchmark.stage import APART, NUMBER, SECRET, Stage
from tests.benchmark.turns import CROWD, GREET, MENU
from tests.benchmark.wire import Client

AT_ONCE = 256


async def scaling(stage: Stage) -> None:
    """On a machine with two cores this tells what the processes cost, not what they bring."""
    async with stage.program() as ours:
        await ours.say(0, CROWD, GREET)
    await _menu(stage, "every role in one process", ((),))
    await _menu(stage, "sender apart", APART)
    for workers in (1, 2):
        roles = ("web", *workers * ("worker",), "sender", "scheduler")
        plural = "s" * (workers > 1)
        await _menu(stage, f"each role apart, {workers} worker{plural}", [(r,) for r in roles])


async def _menu(stage: Stage, name: str, processes: Sequence[tuple[str, ...]]) -> None:
    await stage.forget()
    async with contextlib.AsyncExitStack() as stack:
        running = [await stack.enter_async_context(stage.program(*roles)) for roles in processes]
        client = await stack.enter_async_context(Client(running[0].port, AT_ONCE))
        load = Load(client, WhatsApp(NUMBER, SECRET), People(0, CROWD, MENU), stage.provider)
        await load.closed(AT_ONCE, 1.0)
        await stage.measure(
            f"menu turn, {name}",
            [pid for one in running for pid in one.pids],
            lambda: load.closed(AT_ONCE, stage.seconds),
            f"{AT_ONCE} outstanding",
        )
