"""The files port over a folder: a file is there whole or not at all."""

import asyncio
import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from services.ground.files import NoSuchFile

_KEY = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,5}")


class FolderFiles:
    """Below `root`, in folders of two letters. Several machines need a folder they share."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, content: bytes, extension: str) -> str:
        """Raises OSError when the disk does not take it."""
        key = f"{hashlib.sha256(content).hexdigest()}.{extension}"
        await asyncio.to_thread(_write, self._path(key), content)
        return key

    def at(self, key: str) -> Path | None:
        """Where a file lies; None when nothing is kept under this key."""
        with contextlib.suppress(NoSuchFile):
            if (path := self._path(key)).is_file():
                return path
        return None

    async def get(self, key: str) -> bytes:
        path = self._path(key)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            raise NoSuchFile(key) from None

    async def erase_before(self, moment: datetime, keep: Collection[str] = ()) -> None:
        """Whoever sends the same content again keeps it for longer."""
        await asyncio.to_thread(_erase_before, self._root, moment.timestamp(), frozenset(keep))

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise NoSuchFile(key)
        return self._root / key[:2] / key


def _write(path: Path, content: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.utime(path)  # kept already: as good as new
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _erase_before(root: Path, moment: float, keep: frozenset[str]) -> None:
    for path in root.glob("??/*"):
        if path.name in keep:
            continue
        with contextlib.suppress(FileNotFoundError):  # another process is at it as well
            if path.stat().st_mtime < moment:
                path.unlink()
