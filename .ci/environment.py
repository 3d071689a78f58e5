"""Makes .venv and installs what requirements.lock pins, once for any number of `make` at a time."""

import contextlib
import fcntl
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WANTED = ROOT / "requirements.lock"
FOLDER = ROOT / ".venv"
INSTALLED = FOLDER / "installed.lock"  # written last: a copy of what was installed
PYTHON = FOLDER / "bin" / "python"


def main() -> None:
    with turn():
        if is_ready():
            return
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        say(f"Preparing .venv with Python {version} and the locked packages (only this once) ...")
        if not works():
            venv.create(FOLDER, clear=True, symlinks=True, with_pip=True)
        install()
        shutil.copyfile(WANTED, INSTALLED)


@contextlib.contextmanager
def turn() -> Iterator[None]:
    """Waits until no other `make` prepares the same folder. A killed one does not block it."""
    with WANTED.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another make that prepares .venv ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_ready() -> bool:
    return INSTALLED.exists() and INSTALLED.read_bytes() == WANTED.read_bytes() and works()


def works() -> bool:
    """False too where its Python has gone from the machine, or where it was left half made."""
    try:
        return run("-c", "import pip")
    except OSError:
        return False


def install() -> None:
    """Leaves with pip's own words and a sentence when a package cannot be had."""
    INSTALLED.unlink(missing_ok=True)
    # Twice quiet: no word about a home that cannot be written, only what went wrong.
    quietly = ("--quiet", "--quiet", "--no-input", "--disable-pip-version-check")
    if not run("-m", "pip", "install", *quietly, "--require-hashes", "--requirement", str(WANTED)):
        sys.exit(
            "The locked packages could not be installed, for the reason above."
            " The first make needs the network; the next ones do not."
        )


def run(*arguments: str) -> bool:
    """Whether the environment's Python could do it."""
    return subprocess.run([PYTHON, *arguments], check=False).returncode == 0  # noqa: S603  our words


def say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201  it talks to whoever typed make


if __name__ == "__main__":
    main()
