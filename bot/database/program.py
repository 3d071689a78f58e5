"""A running program of PostgreSQL's: it cannot outlive us, ends in order, and is quoted."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

POLL = 0.02  # seconds
LAUNCHER = Path(__file__).with_name("launcher.py")
ENVIRONMENT = {
    "PATH": os.defpath,
    "LC_ALL": "C",
}  # no PGDATA of our user


@dataclass(frozen=True)
class Program:
    """One `initdb` or `postgres`, a child of this process."""

    process: subprocess.Popen[bytes]
    log: Path
    log_start: int

    @property
    def is_running(self) -> bool:
        """Right even where nobody else collects dead processes, as asking collects ours."""
        return self.process.poll() is None

    def said(self) -> str:
        """The last of what it wrote to the log."""
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-5:])

    async def ended(self, within: float = float("inf")) -> bool:
        """Waits for the end, for at most so many seconds, and says whether it came."""
        deadline = time.monotonic() + within
        while self.is_running and time.monotonic() < deadline:  # noqa: ASYNC110  it sets no event
            await asyncio.sleep(POLL)
        return not self.is_running

    async def end(self, steps: Iterable[tuple[Signals, float]]) -> None:
        """Sends one signal after the other, each with its seconds to work, until it has ended."""
        for sign, within in steps:
            if self.is_running:
                self.process.send_signal(sign)
            if await self.ended(within):
                return


def launch(command: list[str], own: Iterable[Path], log: Path, parting: Signals) -> Program:
    """Starts `command` as the owner of the folders `own`; if we go first, it gets `parting`.

    The kernel sends that when the *thread* that launched ends: launch from the main thread.
    """
    owned = [word for folder in own for word in ("--own", str(folder))]
    line = [sys.executable, "-I", "-S", str(LAUNCHER), parting.name, str(os.getpid())]
    with log.open("ab") as output:
        log_start = output.tell()
        process = subprocess.Popen(  # noqa: S603  every word of it is ours
            [*line, *owned, "--", *command],
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us: what runs still needs its database
        )
    return Program(process, log, log_start)
