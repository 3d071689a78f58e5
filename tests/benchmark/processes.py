"""Programs under measurement: started, answering, stopped; what they cost in time and memory."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from bot.database.program import LAUNCHER

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds a process may take to answer
_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class NotStartedError(Exception):
    """A program under measurement does not answer; why, in one line."""


@contextlib.asynccontextmanager
async def process(
    port: int, *command: str, python: str = sys.executable, **environment: str
) -> AsyncIterator[int]:
    """A Python program, answering HTTP on `port`; its pid."""
    async with started(python, *command, **environment) as running:
        await _answers(port, running)
        yield running.pid


@contextlib.asynccontextmanager
async def started(*command: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Any program; it ends with the block, and with us however we end."""
    with_us = (sys.executable, "-I", "-S", str(LAUNCHER), "SIGKILL", str(os.getpid()), "--")
    running = await asyncio.create_subprocess_exec(
        *with_us, *command, cwd=ROOT, env=os.environ | environment,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.terminate()
        try:
            await asyncio.wait_for(running.wait(), 20)
        except TimeoutError:
            running.kill()
            await running.wait()


async def _answers(port: int, running: asyncio.subprocess.Process) -> None:
    async with aiohttp.ClientSession() as http:
        until = time.monotonic() + PATIENCE
        while running.returncode is None and time.monotonic() < until:
            try:
                async with http.get(f"http://127.0.0.1:{port}/health") as answer:
                    if answer.status < 500:  # a peer may know no /health
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)
    how = "no answer" if running.returncode is None else f"it ended with {running.returncode}"
    raise NotStartedError(f"it did not start: {how} within {PATIENCE:.0f} s")


def cpu_seconds(pid: int) -> float:
    """What a process and all it started have used so far; 0 where there is no /proc."""
    ticks = 0
    for one in _family(pid):
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in stat[11:15])  # with the children that ended
    return ticks / _TICK


def memory_bytes(pid: int) -> tuple[int, int]:
    """Resident, and its proportional share of what is shared: (RSS, PSS), 0 without /proc."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return 0, 0
    words = [line.split() for line in lines]  # "Rss:", "4276", "kB"
    sizes = {name: 1024 * int(size) for name, size, *_ in words}
    return sizes["Rss:"], sizes["Pss:"]


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found
