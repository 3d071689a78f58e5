"""Receiving: a webhook is taken and, with us, on disk before the 200."""

import contextlib

from tests.benchmark.load import Line, Load, People
from tests.benchmark.processes import process
from tests.benchmark.speaking import WhatsApp
from tests.benchmark.stage import NUMBER, SECRET, Stage, free_port
from tests.benchmark.wire import Client

OURS = "receive: ours, durable"
BARE = "receive: bare aiohttp"
NO_MORE = "receive: aiohttp, 200 and no more"
EACH = "receive: a transaction a request"
_KINDS = {NO_MORE: "bare", BARE: "verified", EACH: "transaction"}
_AT_ONCE = 128
_WARM = 0.7  # seconds


async def receiving(stage: Stage) -> None:
    """All stay up and take turns, so that what disturbs the machine disturbs all alike."""
    async with contextlib.AsyncExitStack() as stack:
        ports = {}
        for name, kind in _KINDS.items():
            port = free_port()
            command = ("-m", "tests.benchmark.yardsticks", kind, str(port), SECRET, stage.url)
            ports[name] = await stack.enter_async_context(process(port, *command)), port
        ours = await stack.enter_async_context(stage.program("web"))
        ports[OURS] = ours.pids[0], ours.port
        for name, (pid, port) in ports.items():
            await _take(stage, name, pid, port, warm=True)
        for _ in range(stage.rounds):
            for name, (pid, port) in ports.items():
                await _take(stage, name, pid, port)
    await stage.forget()


async def _take(stage: Stage, name: str, pid: int, port: int, *, warm: bool = False) -> None:
    async with Client(port, _AT_ONCE) as client:
        load = Load(client, WhatsApp(NUMBER, SECRET), People(9_000_000, 2000, [Line("hello")]))
        if warm:
            await load.closed(_AT_ONCE, _WARM)
        else:
            await stage.measure(name, [pid], lambda: load.closed(_AT_ONCE, stage.seconds))
