"""The program as it is deployed: every role twice, each a process, over one PostgreSQL; and what
can be done to them. Whatever ends by itself is started again, as a platform would.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.database import embedded
from bot.database.program import LAUNCHER
from tests.commands.program import ROOT, environment, free_port
from tests.faults.plan import ROLES, Deed

UP_WITHIN = 60.0  # seconds
LEAVES_WITHIN = 40.0


@dataclass
class Running:
    """One process of a role; its port answers /health."""

    role: str
    process: asyncio.subprocess.Process
    port: int
    log: Path
    wanted: bool = True  # it has not been told to end
    ready: bool = False

    def send(self, sign: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(sign)


@dataclass
class Slot:
    """The place of one process of a role."""

    role: str
    number: int
    now: Running | None = None
    held: bool = False  # it is to stay empty for a while
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class Fleet:
    folder: Path
    settings: dict[str, str]
    slots: list[Slot] = field(
        default_factory=lambda: [Slot(role, n) for role in ROLES for n in range(2)]
    )
    server: embedded.EmbeddedServer | None = None
    deaths: list[str] = field(default_factory=list)  # of processes that ended by themselves
    kept_waiting: list[str] = field(default_factory=list)  # that did not leave when told to
    done: dict[str, int] = field(default_factory=dict)  # deeds, counted
    _everybody: list[Running] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _postgres: asyncio.Lock = field(default_factory=asyncio.Lock)
    _ended: bool = False

    # -- up and down ---------------------------------------------------------------------------

    async def start_postgres(self) -> str:
        """Answers its address."""
        embedded.SETTINGS["max_connections"] = "400"
        self.server = await embedded.start(self.folder / "postgres")
        return self.server.url

    async def command(self, *words: str) -> None:
        """`python -m bot words…`, to its end. Raises RuntimeError with what it said."""
        running = await self._spawn(words, self.folder / f"{words[0]}.log", 0)
        if await running.process.wait():
            raise RuntimeError(running.log.read_text()[-2000:])

    async def start(self) -> None:
        await asyncio.gather(*(self._fill(slot) for slot in self.slots))
        for slot in self.slots:
            self._go(self._keep(slot))

    async def rest(self) -> None:
        """Nothing is done to anybody any more: all of it is up, and thawed."""
        for slot in self.slots:
            async with slot.busy:
                if slot.now is not None:
                    slot.now.send(signal.SIGCONT)
        async with asyncio.timeout(2 * UP_WITHIN):
            while not all(s.now and s.now.ready for s in self.slots):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Told to leave, as at the end of a deployment; what does not is noted, and killed."""
        self._ended = True
        for running in self._everybody:
            running.wanted = False
            running.send(signal.SIGCONT)
            running.send(signal.SIGTERM)
        await asyncio.gather(*(self._leaves(running) for running in self._everybody))

    async def end(self) -> None:
        """Nothing of it is left, whatever state it was in."""
        self._ended = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for running in self._everybody:
            running.wanted = False
            running.send(signal.SIGKILL)
        await asyncio.gather(*(running.process.wait() for running in self._everybody))
        if self.server is not None:
            await embedded.stop(self.server)

    def ports(self) -> list[int]:
        """Where the web processes that are up answer, newest last."""
        return [
            r.port
            for r in self._everybody
            if r.ready and r.wanted and r.process.returncode is None and r.role == "web"
        ]

    # -- deeds ------------------------------------------------------------------------------------

    async def do(self, deed: Deed) -> None:
        self.done[deed.what] = self.done.get(deed.what, 0) + 1
        if deed.what.startswith(("postgres", "backend")):
            await self._to_postgres(deed)
            return
        slot = next(s for s in self.slots if (s.role, s.number) == (deed.role, deed.slot))
        async with slot.busy:
            if slot.now is None:
                return
            match deed.what:
                case "kill" | "stop":
                    await self._empty(slot, deed)
                case "roll":
                    await self._roll(slot)
                case "freeze":
                    slot.now.send(signal.SIGSTOP)
                    await asyncio.sleep(deed.seconds)
                    slot.now.send(signal.SIGCONT)

    async def _empty(self, slot: Slot, deed: Deed) -> None:
        assert slot.now is not None
        slot.held, slot.now.wanted = True, False
        slot.now.send(signal.SIGKILL if deed.what == "kill" else signal.SIGTERM)
        await self._leaves(slot.now)
        await asyncio.sleep(deed.seconds)
        slot.held = False
        await self._fill(slot)

    async def _roll(self, slot: Slot) -> None:
        """The new one is up before the old one is told to leave."""
        old = slot.now
        assert old is not None
        await self._fill(slot)
        old.wanted = False
        old.send(signal.SIGTERM)
        await self._leaves(old)

    async def _to_postgres(self, deed: Deed) -> None:
        async with self._postgres:
            assert self.server is not None
            assert self.server.ownership is not None
            pid = self.server.ownership.program.process.pid
            if deed.what == "backend-kill":
                _kill_one_child(pid)
                return
            if deed.what == "postgres-kill":
                os.kill(pid, signal.SIGKILL)
            await embedded.stop(self.server)
            await asyncio.sleep(deed.seconds)
            self.server = await embedded.start(self.folder / "postgres")

    # -- processes --------------------------------------------------------------------------------

    async def _fill(self, slot: Slot) -> None:
        """A new process in this slot, ready; tried again until it is."""
        while not self._ended:
            log = self.folder / f"{slot.role}-{slot.number}.log"
            running = await self._spawn((slot.role,), log, free_port())
            if await self._comes_up(running):
                slot.now = running
                return
            running.wanted = False
            running.send(signal.SIGKILL)
            await running.process.wait()
            await asyncio.sleep(0.5)

    async def _comes_up(self, running: Running) -> bool:
        """False when it ended instead: the database may be away just now."""
        deadline = time.monotonic() + UP_WITHIN
        url = f"http://127.0.0.1:{running.port}/health"
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
            while running.process.returncode is None and time.monotonic() < deadline:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with http.get(url) as answer:
                        running.ready = answer.status == 200
                if running.ready:
                    return True
                await asyncio.sleep(0.1)
        return False

    async def _keep(self, slot: Slot) -> None:
        """Start it again when it ends by itself; that it did is noted."""
        while not self._ended:
            running = slot.now
            if running is None or running.process.returncode is None or not running.wanted:
                await asyncio.sleep(0.2)
                continue
            self.deaths.append(f"{slot.role}-{slot.number}: {_last_line(running.log)}")
            async with slot.busy:
                if slot.now is running:
                    await self._fill(slot)

    async def _spawn(self, words: tuple[str, ...], log: Path, port: int) -> Running:
        settings = self.settings | ({"PORT": str(port), "METRICS_PORT": str(port)} if port else {})
        launcher = (sys.executable, "-I", "-S", str(LAUNCHER), "SIGKILL", str(os.getpid()), "--")
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *(*launcher, sys.executable, "-m", "bot", *words),
                cwd=self.folder,
                env=environment(settings) | {"PYTHONPATH": str(ROOT)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the siege: it ends them itself
            )
        running = Running(words[0], process, port, log)
        self._everybody.append(running)
        return running

    async def _leaves(self, running: Running) -> None:
        try:
            await asyncio.wait_for(running.process.wait(), LEAVES_WITHIN)
        except TimeoutError:
            self.kept_waiting.append(running.log.stem)
            running.send(signal.SIGKILL)
            await running.process.wait()

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _kill_one_child(pid: int) -> None:
    """One of the server's processes, as the kernel does when memory is short: the newest."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    if children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(children[-1]), signal.SIGKILL)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return lines[-1][:300] if lines else "nothing was said"
