"""Menu turns of ours and of the peers, in turns: each at the concurrency that suits it best."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.benchmark.load import Load, People
from tests.benchmark.peers.environments import NotInstalledError, python_of, redis_server
from tests.benchmark.peers.words import NUMBER, SECRET
from tests.benchmark.processes import NotStartedError, process, started
from tests.benchmark.speaking import Speaking, Telegram, WhatsApp
from tests.benchmark.stage import Stage, free_port
from tests.benchmark.turns import CROWD, GREET, MENU
from tests.benchmark.wire import Client

OURS = "menu turn"
AIOGRAM, REDIS = "menu turn: aiogram, memory", "menu turn: aiogram, Redis"
PYWA, TELEGRAM_BOT = "menu turn: pywa", "menu turn: python-telegram-bot"
AIOHTTP = "menu turn: bare aiohttp"
TRIED = (4, 16, 64, 256)  # messages outstanding


@dataclass(frozen=True)
class Peer:
    """`environment` names its .txt ("": ours will do), `module` its program; `keeps` is what is
    left when the process is killed."""

    name: str
    module: str
    environment: str
    speaking: Speaking
    keeps: str
    redis: bool = False


_META, _TELEGRAM = WhatsApp(NUMBER, SECRET), Telegram(SECRET, "/telegram")
PEERS = (
    Peer(AIOHTTP, "aiohttp_bot", "", _META, "keeps nothing"),
    Peer(AIOGRAM, "aiogram_bot", "aiogram", _TELEGRAM, "keeps nothing"),
    Peer(REDIS, "aiogram_bot", "aiogram", _TELEGRAM, "keeps the state only", redis=True),
    Peer(PYWA, "pywa_bot", "pywa", _META, "keeps nothing"),
    Peer(TELEGRAM_BOT, "telegram_bot", "python_telegram_bot", _TELEGRAM, "keeps nothing"),
)


@dataclass(frozen=True)
class _Subject:
    """Something that answers menu turns at `port`; `pids` do its work."""

    name: str
    port: int
    pids: list[int]
    speaking: Speaking
    keeps: str
    at_once: int = 0


async def comparing(stage: Stage) -> None:
    """All stay up and take turns, so that what disturbs the machine disturbs all alike."""
    async with contextlib.AsyncExitStack() as stack:
        subjects = [await _ours(stage, stack)]
        for peer in PEERS:
            try:
                subjects.append(await stack.enter_async_context(_started(stage, peer)))
            except (NotInstalledError, NotStartedError) as missing:
                stage.figures.skip(peer.name, str(missing))
        subjects = [await _suited(stage, one) for one in subjects]
        for _ in range(stage.rounds):
            for one in subjects:
                await _measure(stage, one)
    await stage.forget()


async def _ours(stage: Stage, stack: contextlib.AsyncExitStack) -> _Subject:
    ours = await stack.enter_async_context(stage.programs())
    await ours.say(0, CROWD, GREET)
    return _Subject(OURS, ours.port, ours.pids, _META, "keeps everything, sender apart")


@contextlib.asynccontextmanager
async def _started(stage: Stage, peer: Peer) -> AsyncIterator[_Subject]:
    async with contextlib.AsyncExitStack() as stack:
        options: tuple[str, ...] = ()
        pids = []
        if peer.redis:
            socket, pid = await stack.enter_async_context(_redis(stage.folder / "redis"))
            options, pids = (socket,), [pid]
        port, provider = free_port(), f"http://127.0.0.1:{stage.provider_port}"
        command = ("-m", f"tests.benchmark.peers.{peer.module}", str(port), provider, *options)
        python = str(await python_of(peer.environment)) if peer.environment else sys.executable
        pids.append(await stack.enter_async_context(process(port, *command, python=python)))
        yield _Subject(peer.name, port, pids, peer.speaking, peer.keeps)


@contextlib.asynccontextmanager
async def _redis(folder: Path) -> AsyncIterator[tuple[str, int]]:
    """A Redis that has every write on disk before it answers: its socket and pid."""
    await asyncio.to_thread(folder.mkdir)
    socket = str(folder / "redis.sock")
    durable = ("--appendonly", "yes", "--appendfsync", "always", "--save", "")
    command = ("--port", "0", "--unixsocket", socket, "--dir", str(folder), *durable)
    async with started(str(await redis_server()), *command) as running:
        async with asyncio.timeout(10):
            while not await asyncio.to_thread(Path(socket).exists):  # noqa: ASYNC110  no event
                await asyncio.sleep(0.02)
        yield socket, running.pid


async def _suited(stage: Stage, subject: _Subject) -> _Subject:
    """The same at the concurrency that suits it best."""
    best, fastest = 0, -1.0
    for at_once in TRIED:
        async with _load(stage, subject, at_once) as load:
            measured = await load.closed(at_once, stage.seconds / 3)
        if measured.per_second > fastest and not measured.errors:
            best, fastest = at_once, measured.per_second
    return replace(subject, at_once=best or TRIED[0])


async def _measure(stage: Stage, one: _Subject) -> None:
    if one.name == OURS:
        await stage.forget()
    async with _load(stage, one, one.at_once) as load:
        note = f"{one.at_once} outstanding, {one.keeps}"
        await stage.measure(
            one.name, one.pids, lambda: load.closed(one.at_once, stage.seconds), note
        )


@contextlib.asynccontextmanager
async def _load(stage: Stage, one: _Subject, at_once: int) -> AsyncIterator[Load]:
    async with Client(one.port, at_once) as client:
        yield Load(client, one.speaking, People(0, CROWD, MENU), stage.provider)
