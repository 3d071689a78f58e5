"""`make bench`: how fast the real code is, as ratios to its yardsticks and its peers.

Everything runs on this machine: PostgreSQL (embedded, fsync on), the program, and this process
(load and provider). Rounds alternate, so that what disturbs the machine disturbs all alike;
medians are printed with the range of the rounds.
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
from tests.benchmark.provider import Provider, listening
from tests.benchmark.receiving import BARE, EACH, NO_MORE, OURS
from tests.benchmark.stage import Stage, free_port
from tests.benchmark.turns import turns

QUICK = bool(os.environ.get("QUICK"))
ROUNDS, SECONDS = (2, 2.0) if QUICK else (3, 6.0)


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
            await receiving.receiving(stage)
            await comparing.comparing(stage)
            await turns(stage)
    finally:
        await embedded.stop(server)
        shutil.rmtree(folder, ignore_errors=True)
    ratios = {
        "receive_vs_bare_aiohttp": figures.ratio(OURS, BARE),
        "receive_vs_aiohttp_200_and_no_more": figures.ratio(OURS, NO_MORE),
        "receive_vs_one_transaction_per_request": figures.ratio(OURS, EACH),
        "turn_vs_bare_aiohttp": figures.ratio(comparing.OURS, comparing.AIOHTTP),
        "turn_vs_aiogram_memory": figures.ratio(comparing.OURS, comparing.AIOGRAM),
        "turn_vs_aiogram_redis": figures.ratio(comparing.OURS, comparing.REDIS),
        "turn_vs_pywa": figures.ratio(comparing.OURS, comparing.PYWA),
        "turn_vs_python_telegram_bot": figures.ratio(comparing.OURS, comparing.TELEGRAM_BOT),
    }
    figures.report(ratios)
    figures.write(ratios)


if __name__ == "__main__":
    uvloop.run(main())
