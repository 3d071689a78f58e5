"""Processes of the program, started as people start them, and what they write."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the tester's own settings, and these."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), **settings}


@dataclass
class Ended:
    code: int
    out: str
    err: str


async def command(
    folder: Path, settings: Mapping[str, str], *words: str, keyboard: str = ""
) -> Ended:
    """`python -m bot words…` to its end. `folder` is where it finds no `.env`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", *words),
        cwd=folder,
        env=environment(settings),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(keyboard.encode()), PATIENCE)
    except TimeoutError:
        process.kill()
        raise
    return Ended(process.returncode or 0, out.decode(), err.decode())


@dataclass
class Program:
    """A process that goes on until it is told to stop; everything it writes is kept."""

    folder: Path
    settings: Mapping[str, str]
    words: tuple[str, ...]
    written: str = ""
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, until: str) -> None:
        """Returns when it has written `until`."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", *self.words),
            cwd=self.folder,
            env=environment(self.settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._reading = asyncio.create_task(self._read())
        await self.writes(until)

    async def writes(self, words: str) -> None:
        """Wait until it has written this."""
        async with asyncio.timeout(PATIENCE):
            while words not in self.written:
                assert not self._reading.done(), self.written
                self._grown.clear()
                reading = {self._reading, asyncio.create_task(self._grown.wait())}
                await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while chunk := await self.process.stdout.read(65536):
            self.written += chunk.decode(errors="replace")
            self._grown.set()

    async def stop(self) -> int:
        """Ask it to leave, as a platform would; answers its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), PATIENCE)
        except TimeoutError:
            self.process.kill()
            raise
        await self._reading
        return self.process.returncode or 0
