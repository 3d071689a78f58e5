"""Files that people sent: the port they are kept behind, and what is told when one has come.

A file is fetched after the turn in which it was sent. The step that asked for it waits for
one of the two facts; a service keeps the key, and nothing else, of a file it needs. What people
sent is erased some day, but for the files that a service still shows.
"""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Protocol

from services.ground.facts import Fact


class NoSuchFile(LookupError):
    """Nothing is kept under this key."""


class Files(Protocol):
    """Where the bytes are. A key is made of the content: nobody guesses it."""

    async def put(self, content: bytes, extension: str) -> str:
        """Keep a file; its key ("9f86….jpg"). The same content has the same key."""

    async def get(self, key: str) -> bytes:
        """Raises NoSuchFile."""

    async def erase_before(self, moment: datetime, keep: Collection[str] = ()) -> None:
        """Erase what was last put before then, but for the keys to `keep`."""


class FileFact(Fact):
    """About one file; `file_id` is what the step that took it knows it by."""

    file_id: int
    kind: str  # image, video, audio, voice, document, sticker: as it was sent


class FileCame(FileFact):
    """A file has been fetched and is what it should be."""

    tag: ClassVar[str] = "file-came"
    file_key: str
    name: str = ""  # what the person calls it


class FileFailed(FileFact):
    """A file will not come: it is gone, too large, or not what it says it is."""

    tag: ClassVar[str] = "file-failed"
    why: str  # expired, too large, type, unreachable, error (ours)
