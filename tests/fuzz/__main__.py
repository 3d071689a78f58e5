"""The long run: python -m tests.fuzz --seconds 600 --seed 1 [--only conversation] [--alone]."""

import argparse
import asyncio
import contextlib
import logging
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from bot.database import embedded
from bot.database.migrations import upgrade
from bot.observe import logs
from tests.fuzz.running import SLOW, Escape, Score, rounds, shrunk
from tests.fuzz.target import Target
from tests.fuzz.targets import opened


def main() -> int:
    wanted = _arguments()
    logs.configure("CRITICAL", readable=False)
    logging.getLogger("aiohttp.server").disabled = True  # of requests that are no HTTP
    return asyncio.run(_run(wanted))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="part of the names of the targets to try")
    parser.add_argument("--alone", action="store_true", help="without a database")
    parser.add_argument("--out", type=Path, default=Path(".fuzz"), help="where findings are put")
    return parser.parse_args()


async def _run(wanted: argparse.Namespace) -> int:
    async with contextlib.AsyncExitStack() as stack:
        url = None if wanted.alone else await stack.enter_async_context(_database())
        targets = await stack.enter_async_context(opened(url))
        chosen = tuple(target for target in targets if wanted.only in target.name)
        end = time.monotonic() + wanted.seconds
        print(f"{len(chosen)} targets, {wanted.seconds:.0f} s, seed {wanted.seed}", flush=True)
        scores, escapes = await rounds(chosen, wanted.seed, lambda: time.monotonic() >= end)
        _table(scores, escapes)
        for escape in escapes.values():
            await _tell(escape, chosen, wanted.out)
    return 1 if escapes else 0


@contextlib.asynccontextmanager
async def _database() -> AsyncIterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="bot-fuzz-"))
    embedded.SETTINGS["fsync"] = "off"  # what is kept here need not survive a power cut
    server = await embedded.start(folder)
    try:
        await asyncio.to_thread(asyncio.run, upgrade(server.url))
        yield server.url
    finally:
        await embedded.stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def _table(scores: dict[str, Score], escapes: dict[str, Escape]) -> None:
    print(f"{'target':30} {'inputs':>9} {'a CPU s':>9} {'slowest':>18} {'slow':>5} {'escaped':>8}")
    for name, score in scores.items():
        escaped = sum(escape.target == name for escape in escapes.values())
        rate = score.tried / score.seconds if score.seconds else 0
        slowest = f"{score.slowest * 1000:.0f} ms, {score.slowest_size} B"
        print(f"{name:30} {score.tried:9} {rate:9.0f} {slowest:>18} {score.slow:5} {escaped:8}")
    tried = sum(score.tried for score in scores.values())
    print(f"{tried} inputs, {len(escapes)} different escapes; slow is over {SLOW:.0f} s of CPU")


async def _tell(escape: Escape, targets: tuple[Target, ...], folder: Path) -> None:
    target = next(one for one in targets if one.name == escape.target)
    raw = await shrunk(target, escape)
    file = _keep(raw, escape.signature, folder)
    print(f"\n{escape.signature}\n  {str(escape.error)[:300]}\n  {raw[:300]!r}\n  kept in {file}")


def _keep(raw: bytes, signature: str, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / re.sub(r"\W+", "-", signature)
    file.write_bytes(raw)
    return file


if __name__ == "__main__":
    sys.exit(main())
