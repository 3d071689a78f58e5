"""Product files as lines of cells, one at a time: CSV and Excel, of whatever size.

A file comes from outside. It is never held whole in memory, and what is too large, too deep or not
what it says it is ends in BadFile.
"""

import csv
import re
import warnings
import zipfile
from collections.abc import Generator, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from services.shopping.sheets.cells import Broken, Cell, Formula
from services.shopping.sheets.columns import BadFile, Header, Problem, Row, header, read

MEGABYTE = 1024 * 1024
MOST_LINES = 200_000
MOST_COLUMNS = 64
LARGEST_FILE = 100 * MEGABYTE
LARGEST_SHEET = 400 * MEGABYTE  # unpacked, read piece by piece
LARGEST_TEXTS = 64 * MEGABYTE  # unpacked: the words of all cells, held in memory
LARGEST_PART = 8 * MEGABYTE  # unpacked: styles and the like
MOST_PARTS = 2000
ZIP = b"PK\x03\x04"

warnings.filterwarnings("ignore", module=r"openpyxl\.")  # of what a sheet has beside its cells


class Sheet:
    """An open file of products: its header, then its lines. A context manager."""

    def __init__(self, path: Path, currency: str) -> None:
        """Raises BadFile, OSError."""
        self._currency = currency
        self._size = path.stat().st_size
        if self._size > LARGEST_FILE:
            raise BadFile("file too large", str(LARGEST_FILE // MEGABYTE))
        with path.open("rb") as file:
            is_zip = file.read(len(ZIP)) == ZIP
        self._source = _Excel(path) if is_zip else _Csv(path)
        self._ended: BadFile | None = None
        try:
            self.header: Header = header(self._names())
        except BadFile:
            self._source.close()
            raise

    def __enter__(self) -> "Sheet":
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    @property
    def done(self) -> float:
        """How much of the file has been read, from 0 to 1, as far as can be told."""
        return min(self._source.done, 1.0)

    def rows(self, most: int) -> list[Row | Problem]:
        """The next lines; empty at the end. Raises BadFile where it cannot be read on."""
        if self._ended is not None:
            raise self._ended
        found = []
        lines = ((line, cells) for line, cells in self._source.lines if any(map(_filled, cells)))
        try:
            for line, cells in islice(lines, most):
                found.append(read(line, cells, self.header, self._currency))
        except BadFile as why:
            self._ended = why
            if not found:
                raise
        return found

    def _names(self) -> Sequence[Cell | None]:
        for _line, cells in self._source.lines:
            if any(map(_filled, cells)):
                return cells
        raise BadFile("empty")


def _filled(cell: Cell | None) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


Line = tuple[int, Sequence[Cell | None]]


class _Csv:
    """UTF-8, with or without a mark at its beginning; columns apart by comma, semicolon or tab."""

    def __init__(self, path: Path) -> None:
        self._size = path.stat().st_size
        _check_encoding(path)
        self._raw: IO[bytes] = path.open("rb")
        self._read = 0
        self.lines = self._lines()

    @property
    def done(self) -> float:
        return self._read / max(self._size, 1)

    def close(self) -> None:
        self._raw.close()

    def _text(self) -> Iterator[str]:
        for number, line in enumerate(self._raw):
            self._read += len(line)
            yield line.decode("utf-8-sig" if number == 0 else "utf-8")

    def _lines(self) -> Iterator[Line]:
        text = self._text()
        first, blank = _first(text)
        reader = csv.reader(chain((first,), text), delimiter=_delimiter(first), strict=True)
        before = blank
        try:
            for cells in reader:
                if before >= MOST_LINES:
                    raise BadFile("too many lines", str(MOST_LINES), before + 1)
                yield before + 1, [_unguarded(cell) for cell in cells[:MOST_COLUMNS]]
                before = blank + reader.line_num
        except csv.Error as error:
            why = "cell too large" if "limit" in str(error) else "quotes"
            raise BadFile(why, str(csv.field_size_limit()), before + 1) from None


def _check_encoding(path: Path) -> None:
    """Before anything of it is taken."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if len(line) > MEGABYTE:
                raise BadFile("cell too large", str(csv.field_size_limit()), number)
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                raise BadFile("encoding", line=number) from None
            if b"\0" in line:
                raise BadFile("not text", line=number)


def _first(text: Iterator[str]) -> tuple[str, int]:
    """The first line with something in it, and how many stand before it without."""
    blank = 0
    for line in text:
        if line.strip():
            return line, blank
        blank += 1
    return "", blank


def _delimiter(first: str) -> str:
    """What stands most often between the names of the columns."""
    names = "".join(first.split('"')[::2])
    return max(",;\t", key=names.count)


GUARDED = ("=", "+", "-", "@", "\t", "\r")
"""What a cell that a spreadsheet would run begins with."""


def guarded(words: str) -> str:
    """A cell that no spreadsheet runs; `_unguarded` makes it what it was."""
    return f"'{words}" if words.lstrip("'").startswith(GUARDED) else words


def _unguarded(words: str) -> str:
    if words.startswith("'") and words.lstrip("'").startswith(GUARDED):
        return words[1:]
    return words


class _Excel:
    """The first sheet of an .xlsx workbook."""

    def __init__(self, path: Path) -> None:
        import openpyxl

        _check_parts(path)
        self._file = path.open("rb")
        try:
            self._book: Any = openpyxl.load_workbook(self._file, read_only=True, keep_links=False)
            self._sheet: Any = self._book.worksheets[0]
            self._lines_said = self._sheet.max_row or 0
            self._sheet.reset_dimensions()
        except Exception:  # whatever a strange file makes of somebody else's parser
            self._file.close()
            raise BadFile("not excel") from None
        self._read = 0
        self.lines = self._lines()

    @property
    def done(self) -> float:
        return self._read / self._lines_said if self._lines_said > 1 else 0.0

    def close(self) -> None:
        self.lines.close()
        self._book.close()
        self._file.close()

    def _lines(self) -> Generator[Line, None, None]:
        found = self._sheet.iter_rows(max_col=MOST_COLUMNS)
        while True:
            try:
                cells = next(found, None)
                line = None if cells is None else [_cell(one) for one in cells]
            except Exception:  # as above, further down
                raise BadFile("not excel", line=self._read + 1) from None
            if line is None:
                return
            if self._read >= MOST_LINES:
                raise BadFile("too many lines", str(MOST_LINES), self._read + 1)
            self._read += 1
            yield self._read, line


def _cell(found: Any) -> Cell | None:
    value = found.value
    if value is None:
        return None
    if found.data_type == "f":
        return Formula()
    if found.data_type == "e":
        return Broken()
    return _ESCAPED.sub(_unescaped, value) if isinstance(value, str) else value


_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")  # how a workbook writes what XML has no room for


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


def _check_parts(path: Path) -> None:
    """Whether it may be unpacked: nothing is read beyond the sizes it says here."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except Exception:  # zipfile ends in many ways
        raise BadFile("not excel") from None
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise BadFile("not excel")
    if len(parts) > MOST_PARTS or any(part.file_size > _largest(part.filename) for part in parts):
        raise BadFile("unpacks too large")


def _largest(name: str) -> int:
    if name.startswith("xl/worksheets/"):
        return LARGEST_SHEET
    if name.endswith("sharedStrings.xml"):
        return LARGEST_TEXTS
    return LARGEST_PART if name.endswith((".xml", ".rels")) else LARGEST_FILE
