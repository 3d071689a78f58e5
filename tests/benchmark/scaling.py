"""Scale-out: the same load with each role in processes of its own, and one worker more."""

import contextlib

from tests.benchmark.load import Load, People
from tests.benchmark.speaking import WhatsApp
from tests.benchmark.stage import NUMBER, SECRET, Stage
from tests.benchmark.turns import CROWD, GREET, MENU
from tests.benchmark.wire import Client

AT_ONCE = 256


async def scaling(stage: Stage) -> None:
    """On a machine with two cores this tells what the processes cost, not what they bring."""
    async with stage.program() as ours:
        await ours.say(0, CROWD, GREET)
    for workers in (1, 2):
        await _menu(stage, workers)


async def _menu(stage: Stage, workers: int) -> None:
    await stage.forget()
    async with contextlib.AsyncExitStack() as stack:
        roles = ("web", *workers * ("worker",), "sender", "scheduler")
        running = [await stack.enter_async_context(stage.program(role)) for role in roles]
        client = await stack.enter_async_context(Client(running[0].port, AT_ONCE))
        load = Load(client, WhatsApp(NUMBER, SECRET), People(0, CROWD, MENU), stage.provider)
        await load.closed(AT_ONCE, 1.0)
        await stage.measure(
            f"menu turn, roles apart, {workers} worker{'s' * (workers > 1)}",
            [one.pid for one in running],
            lambda: load.closed(AT_ONCE, stage.seconds),
            f"{AT_ONCE} outstanding",
        )
