"""The folder an embedded PostgreSQL lives in: data, log, who owns it, what its server notes."""

import fcntl
import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# A unix socket's address holds 103 bytes (macOS) or 107 (Linux); the names below it need the rest.
LONGEST_TEMPORARY_FOLDER = 50


@dataclass(frozen=True)
class Postmaster:
    """What a running server notes about itself in `postmaster.pid`."""

    pid: int
    socket_folder: Path


@dataclass(frozen=True)
class Cluster:
    """One data folder, and where things lie in it."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def version(self) -> int | None:
        """The major version of PostgreSQL that made the data; None when there is none yet."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def make_folder(self) -> None:
        """Open to its owner only; folders above it stay as they are. Raises OSError."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._lock.touch(mode=0o600)

    def claim(self) -> IO[bytes] | None:
        """The sole right to run a server here until the file is closed; None if another has it.

        The kernel takes it back when a process ends in whatever way, so it never goes stale.
        """
        lock = self._lock.open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        return lock

    def postmaster(self) -> Postmaster | None:
        """The last server's own note. Only connecting tells whether that server still lives."""
        try:
            pid, _, _, _, socket_folder, *_ = self._note.read_text().splitlines()
        except (FileNotFoundError, ValueError):  # none, or not written to its end yet
            return None
        return Postmaster(int(pid), Path(socket_folder))

    def forget_postmaster(self) -> None:
        """Removes the note of a server that does not answer.

        Its number may be another process's by now, and PostgreSQL would believe it. Should the
        server live after all, the shared memory it holds still keeps a second one out.
        """
        self._note.unlink(missing_ok=True)

    def socket_folder(self) -> Path:
        """A short private folder, the same at every start unless somebody else took the name."""
        name = hashlib.sha256(os.fsencode(self.folder.resolve())).hexdigest()[:12]
        above = Path(tempfile.gettempdir())
        if len(os.fsencode(above)) > LONGEST_TEMPORARY_FOLDER:
            above = Path("/tmp")  # noqa: S108  the name is checked below
        folder = above / f"postgres-{os.geteuid()}-{name}"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            if not _is_ours_alone(folder):
                return Path(tempfile.mkdtemp(prefix="postgres-", dir=above))
        return folder

    @property
    def _lock(self) -> Path:
        return self.folder / "owner.lock"

    @property
    def _note(self) -> Path:
        return self.data / "postmaster.pid"


def _is_ours_alone(folder: Path) -> bool:
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    return private and found.st_uid == os.geteuid()
