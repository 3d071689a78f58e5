"""The products of a business as a file: what an import reads, and no spreadsheet runs."""

import csv
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import select

from services.ground.money import decimals
from services.payments.due import Begin
from services.shopping.sheets import cells
from services.shopping.sheets.columns import COLUMNS
from services.shopping.sheets.known import listings
from services.shopping.sheets.listing import Listing, shown
from services.shopping.sheets.reading import guarded
from services.shopping.tables import ProductRow

PAGE = 500  # products read at a time
WIDTHS = {"sku": 16, "name": 40, "category": 20, "short_description": 30, "description": 40}

Value = str | int | Decimal | None


class _Writer(Protocol):
    def row(self, values: Sequence[Value]) -> None: ...
    def close(self) -> None: ...


async def export_products(begin: Begin, business_id: int, currency: str, path: Path) -> int:
    """Write every variant, hidden ones too; `path` ends with .csv or .xlsx, and is there whole or
    not at all. Answers how many. Raises OSError."""
    beside = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    writer = _Excel(beside) if path.suffix.casefold() == ".xlsx" else _Csv(beside)
    count = 0
    try:
        async for listing in _every(begin, business_id):
            for unit in listing.units.values():
                writer.row(_values(shown(listing, unit), currency))
                count += 1
        writer.close()
        beside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
    return count


async def _every(begin: Begin, business_id: int) -> AsyncIterator[Listing]:
    """All products, in the order in which they came."""
    last = 0
    while True:
        asked = select(ProductRow.id).where(
            ProductRow.business_id == business_id, ProductRow.id > last
        )
        async with begin() as tx:
            ids = await tx.scalars(asked.order_by(ProductRow.id).limit(PAGE))
            found = await listings(tx, business_id, ids)
        for listing in found:
            yield listing
        if not ids:
            return
        last = ids[-1]


def _values(said: dict[str, Any], currency: str) -> list[Value]:
    return [_value(column, said[column], currency) for column in COLUMNS]


def _value(column: str, said: Any, currency: str) -> Value:
    if isinstance(said, bool):
        return "yes" if said else "no"
    if isinstance(said, str):
        return cells.clean(said, lines=column == "description")
    if column in ("price", "compare_at_price") and said is not None:
        return Decimal(said).scaleb(-decimals(currency))
    return said  # type: ignore[no-any-return]


class _Csv:
    """UTF-8 with the mark that tells Excel so."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)

    def row(self, values: Sequence[Value]) -> None:
        self._writer.writerow([_written(value) for value in values])

    def close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def _written(value: Value) -> str:
    match value:
        case None:
            return ""
        case str():
            return guarded(value)
        case Decimal():
            return f"{value:f}"
    return str(value)


class _Excel:
    """Words are written as words: one that begins with = is no formula."""

    def __init__(self, path: Path) -> None:
        import xlsxwriter

        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._sheet = self._book.add_worksheet("Products")
        self._sheet.freeze_panes(1, 1)
        bold = self._book.add_format({"bold": True})
        for place, column in enumerate(COLUMNS):
            self._sheet.set_column(place, place, WIDTHS.get(column, 12))
            self._sheet.write_string(0, place, column, bold)
        self._line = 0

    def row(self, values: Sequence[Value]) -> None:
        self._line += 1
        for place, value in enumerate(values):
            if isinstance(value, str):
                if value:
                    self._sheet.write_string(self._line, place, value)
            elif value is not None:
                self._sheet.write_number(self._line, place, float(value))

    def close(self) -> None:
        self._book.close()
