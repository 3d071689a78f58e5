"""`make bench`: how fast the real code is, as ratios to its yardsticks and its peers.

Everything runs on this machine: PostgreSQL (embedded, fsync on), the program, and this process
(load and provider). Rounds alternate, so that what disturbs the machine disturbs all alike;
medians are printed with the range of the rounds. QUICK=1 is a short look; GROWTH=1 measures only
how the cost of a message grows with what is stored.
"""

import os
import shutil
import tempfile
from pathlib import Path

import uvloop

from bot.database import embedded
from bot.database.migrations import upgrade
from bot.roles import settle_memory
from tests.benchmark import comparing, receiving
from tests.benchmark.figures import Figures
from tests.benchmark.growing import costs, growing, wanted
from tests.benchmark.idling import start_and_memory
from tests.benchmark.provider import Provider, listening
from tests.benchmark.scaling import scaling
from tests.benchmark.searching import searching
from tests.benchmark.stage import Stage, free_port
from tests.benchmark.turns import turns

QUICK = bool(os.environ.get("QUICK"))
ROUNDS, SECONDS = (2, 1.2) if QUICK else (3, 6.0)


async def main() -> None:
    figures, provider, port = Figures(), Provider(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    server = await embedded.start(folder / "postgres")
    assert server.ownership is not None
    postgres = server.ownership.program.process.pid
    stage = Stage(server.url, postgres, provider, port, folder, figures, ROUNDS, SECONDS)
    try:
        await upgrade(server.url)
        await stage.seed()
        settle_memory()
        async with listening(provider, port):
            await (growing(stage) if wanted() else lines(stage))
    finally:
        await embedded.stop(server)
        shutil.rmtree(folder, ignore_errors=True)
    found, file = (costs, "bench-growth.json") if wanted() else (ratios, "bench.json")
    figures.report(found(figures))
    figures.write(found(figures), file)


async def lines(stage: Stage) -> None:
    await receiving.receiving(stage)
    await comparing.comparing(stage)
    await turns(stage, quick=QUICK)
    if not QUICK:
        await scaling(stage)
    await start_and_memory(stage, quick=QUICK)
    if not QUICK:
        await searching(stage.url, stage.figures, stage.seconds)


def ratios(figures: Figures) -> dict[str, float | None]:
    """How many times as fast as the yardstick (more is better), and how many times its CPU a
    message costs (less is better, and noise disturbs it less); None: not measured."""
    ours, turn = receiving.OURS, comparing.OURS
    turns = {
        "bare_aiohttp": comparing.AIOHTTP,
        "aiogram_memory": comparing.AIOGRAM,
        "aiogram_redis": comparing.REDIS,
        "pywa": comparing.PYWA,
        "python_telegram_bot": comparing.TELEGRAM_BOT,
    }
    return {
        "receive_vs_bare_aiohttp": figures.ratio(ours, receiving.BARE),
        "receive_vs_aiohttp_200_and_no_more": figures.ratio(ours, receiving.NO_MORE),
        "receive_vs_one_transaction_per_request": figures.ratio(ours, receiving.EACH),
        **{f"turn_vs_{peer}": figures.ratio(turn, name) for peer, name in turns.items()},
        "receive_cpu_vs_bare_aiohttp": figures.cost_ratio(ours, receiving.BARE),
        **{f"turn_cpu_vs_{peer}": figures.cost_ratio(turn, name) for peer, name in turns.items()},
    }


if __name__ == "__main__":
    uvloop.run(main())
