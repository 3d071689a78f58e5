"""The append-only record of what phones and payments have seen, one JSON object a line.

Every record goes to the operating system in one write before the answer that rests on it is
sent, so a killed process loses nothing. A last line torn by a power cut is cut off when the file
is opened.
"""

from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path

import orjson

from bot.simulator.shapes import Object

COMPACT_ABOVE = 16 * 1024 * 1024


class Journal:
    """One file, one writer. With no path it keeps nothing and costs nothing."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._file: FileIO | None = None

    def read(self) -> Iterator[Object]:
        """Every whole record, oldest first."""
        if self.path is None or not self.path.exists():
            return
        with self.path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    yield orjson.loads(line)

    def open(self) -> None:
        """Start appending; call after `read`."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._cut_torn_line(self.path)
        self._file = FileIO(self.path, "a")

    @staticmethod
    def _cut_torn_line(path: Path) -> None:
        if not path.exists():
            return
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole != len(content):
            with path.open("r+b") as file:
                file.truncate(whole)

    def append(self, record: Object) -> None:
        if self._file is not None:
            self._file.write(orjson.dumps(record) + b"\n")

    @property
    def wants_compacting(self) -> bool:
        return (
            self.path is not None
            and self.path.exists()
            and self.path.stat().st_size > COMPACT_ABOVE
        )

    def rewrite(self, records: Iterable[Object]) -> None:
        """Replace the file by these records; a kill in the middle leaves the old file."""
        if self.path is None:
            return
        fresh = self.path.with_suffix(".fresh")
        with fresh.open("wb") as file:
            for record in records:
                file.write(orjson.dumps(record) + b"\n")
        fresh.replace(self.path)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
