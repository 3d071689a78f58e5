"""The folder an embedded PostgreSQL lives in: data, log, who owns it, what its server notes."""

import fcntl
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# A unix socket's address holds 103 bytes (macOS) or 107 (Linux), the name of its file included.
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")


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
        except (FileNotFoundError, ValueError):  # none, or half written
            return None
        # An empty name: the server has not opened its socket yet.
        return Postmaster(int(pid), Path(socket_folder)) if socket_folder else None

    def forget_postmaster(self) -> None:
        """Removes the note of a server that does not answer.

        Its number may be another process's by now, and PostgreSQL would believe it. Should the
        server live after all, the shared memory it holds still keeps a second one out.
        """
        self._note.unlink(missing_ok=True)

    def socket_folder(self) -> Path:
        """A private folder for the socket: within ours, or a new one where ours is too deep."""
        folder = self.folder / "socket"
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
            return Path(tempfile.mkdtemp(prefix="postgres-"))
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @property
    def _lock(self) -> Path:
        return self.folder / "owner.lock"

    @property
    def _note(self) -> Path:
        return self.data / "postmaster.pid"
