"""The columns of a product file: what they are called, and how a row of them is read."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.shopping.sheets import cells
from services.shopping.sheets.cells import Cell, Unusable

COLUMNS = (
    "sku", "product", "name", "variant", "category", "price", "compare_at_price", "stock",
    "short_description", "description", "tags", "pictures", "active", "featured", "low_stock",
)  # fmt: skip
"""As an export writes them. A row is one variant; `product` is the SKU of what it is a variant
of, where that is another."""

ALIASES = {
    "sku": "code, item code, product code, article",
    "product": "product sku, parent, parent sku",
    "name": "title, product name, item, jina",
    "variant": "variant title, option, size",
    "category": "shelf, aina",
    "price": "selling price, bei",
    "compare_at_price": "compare at, former price, old price, regular price",
    "stock": "quantity, qty, in stock, left, idadi",
    "short_description": "summary, short",
    "description": "details, maelezo",
    "tags": "tag, keywords",
    "pictures": "picture, image, images, photo, photos, picha",
    "active": "is active, shown, visible",
    "featured": "is featured",
    "low_stock": "low stock threshold, low stock at",
}


class BadFile(Exception):
    """The file cannot be read, or not beyond `line`; `why` is one of the words of problems."""

    def __init__(self, why: str, given: str = "", line: int = 0) -> None:
        super().__init__(f"line {line}: {why} ({given})")
        self.why = why
        self.given = given
        self.line = line


@dataclass(frozen=True, slots=True)
class Header:
    """Which column stands where. `unknown` are read past."""

    columns: tuple[str, ...]  # by place; "" where there is none of ours
    unknown: tuple[str, ...]

    @property
    def known(self) -> frozenset[str]:
        return frozenset(self.columns) - {""}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file as it is meant. `values` has what its columns say, by column."""

    line: int
    sku: str
    values: Mapping[str, Any]

    @property
    def product(self) -> str:
        """The SKU of the product this is a variant of; "" where the row does not say."""
        return str(self.values.get("product", ""))


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was not taken. `line` counts from 1, the names of the columns being the first;
    `why` and `given` are put into words by who shows them."""

    line: int
    sku: str
    column: str
    why: str
    given: str = ""


def header(names: Sequence[Cell | None]) -> Header:
    """Raises BadFile where the columns cannot be told."""
    known = _known()
    columns, unknown = [], []
    for name in names:
        words = _plain(name)
        columns.append(known.get(words, ""))
        if words and words not in known:
            unknown.append(words[:40])
    for column in columns:
        if column and columns.count(column) > 1:
            raise BadFile("column twice", column, 1)
    if "sku" not in columns:
        raise BadFile("no sku column", ", ".join(unknown[:8]), 1)
    return Header(tuple(columns), tuple(unknown))


def _known() -> dict[str, str]:
    known = {_plain(column): column for column in COLUMNS}
    for column, names in ALIASES.items():
        known |= {name.strip(): column for name in names.split(",")}
    return known


def _plain(name: Cell | None) -> str:
    words = name if isinstance(name, str) else ""
    return " ".join(re.sub(r"[_\s-]+", " ", words.strip().casefold()).split())


def read(line: int, found: Sequence[Cell | None], head: Header, currency: str) -> Row | Problem:
    """A line as it is meant, or what is wrong with it: the first thing, from the left."""
    given = {column: cell for column, cell in zip(head.columns, found, strict=False) if column}
    sku = ""
    column = "sku"
    try:
        sku = cells.sku(given.get("sku"))
        if not sku:
            raise Unusable("no sku")
        values = {}
        for column in (one for one in COLUMNS[1:] if one in head.known):
            values[column] = value(column, given.get(column), currency)
    except Unusable as why:
        return Problem(line, sku, column, why.why, why.given)
    return Row(line, sku, values)


def value(column: str, cell: Cell | None, currency: str) -> Any:
    """What a cell of a column says. Raises Unusable."""
    if column in ("price", "compare_at_price"):
        return cells.amount(cell, currency)
    return _READ[column](cell)


_READ: dict[str, Callable[[Cell | None], Any]] = {
    "sku": cells.sku,
    "product": cells.sku,
    "name": lambda cell: cells.text(cell, 255),
    "variant": lambda cell: cells.text(cell, 64),
    "category": cells.category,
    "stock": cells.count,
    "short_description": lambda cell: cells.text(cell, 500),
    "description": lambda cell: cells.text(cell, 20_000, lines=True),
    "tags": lambda cell: cells.several(cell, 64),
    "pictures": cells.pictures,
    "active": cells.yes_no,
    "featured": cells.yes_no,
    "low_stock": cells.count,
}
