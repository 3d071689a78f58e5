"""What stands in one cell of a product file: read into a value, or refused with what is wrong.

Prices are written in many ways ("Ksh 1,250", "1.250,50", 1250.5). What could mean two amounts is
refused: a price a thousand times too low is sold before anybody sees it.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeAlias

from services.ground.money import decimals

MOST_MONEY = 10**12  # minor units
MOST_STOCK = 1_000_000
SYMBOLS = {
    "KES": ("ksh", "kshs", "sh", "/=", "/-"),
    "INR": ("₹", "rs", "/-"),
    "TZS": ("tsh", "tshs"),
    "UGX": ("ush", "ushs"),
    "USD": ("$", "us$"),
    "EUR": ("€",),
    "GBP": ("£",),
}
YES = frozenset("yes y true 1 on ndiyo ndio".split())
NO = frozenset("no n false 0 off hapana".split())
LIST_MARK = "|"
SHELF_MARK = ">"

_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_PICTURE = re.compile(r"[\w-][\w.-]*(?:/[\w-][\w.-]*)*")
_AMOUNT = re.compile(r"(?P<before>[^\d+-]*)(?P<sign>[+-]?)(?P<figures>\d(?:.*\d)?)(?P<after>\D*)")
_LINE_END = re.compile(r"\r\n?")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_GROUPS = re.compile(r"[1-9]\d{0,2}(?: \d{3})+|[1-9]\d?(?: \d{2})+ \d{3}")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes something: what it comes to is not in it for sure."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell that holds a spreadsheet's error, as "#REF!"."""


Cell: TypeAlias = str | int | float | bool | datetime | date | time | timedelta | Formula | Broken


class Unusable(Exception):
    """A cell, or a row, that cannot be taken: `why` is one of the words of problems, `given` what
    stands there."""

    def __init__(self, why: str, given: str = "", column: str = "") -> None:
        super().__init__(f"{column}: {why} ({given})")
        self.why = why
        self.given = given
        self.column = column


def text(cell: Cell | None, longest: int, *, lines: bool = False) -> str:
    """Words, without what cannot be seen. "" for an empty cell. Raises Unusable."""
    words = clean(_words(cell), lines=lines)
    if len(words) > longest:
        raise Unusable("too long", str(longest))
    return words


def clean(words: str, *, lines: bool = False) -> str:
    """Words as they are kept: no control characters, nothing around them; `lines` may be several,
    else there are single spaces."""
    words = _LINE_END.sub("\n", words)
    if not words.isprintable():
        words = _UNSEEN.sub(" ", words)
    return words.strip() if lines else " ".join(words.split())


def _words(cell: Cell | None) -> str:
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "yes" if cell else "no"
        case int():
            return str(cell)
        case float():
            return _figures(cell)
        case Formula():
            raise Unusable("formula")
        case Broken():
            raise Unusable("error")
    raise Unusable("date")


def _figures(number: float) -> str:
    """A number as it was typed: 1001.0 is 1001."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else str(number)


def sku(cell: Cell | None) -> str:
    """Raises Unusable."""
    words = text(cell, 100)
    if _SHORTENED.fullmatch(words):
        raise Unusable("shortened", words)
    return words


def amount(cell: Cell | None, currency: str) -> int | None:
    """Minor units; None for an empty cell. Raises Unusable."""
    number = _number(cell, currency, decimals(currency))
    if number is None:
        return None
    if abs(number) > MOST_MONEY:
        raise Unusable("negative" if number < 0 else "too much", _short(cell))
    minor = number.scaleb(decimals(currency))
    if minor != minor.to_integral_value():
        raise Unusable("too fine", str(number))
    if not 0 <= minor <= MOST_MONEY:
        raise Unusable("negative" if minor < 0 else "too much", _short(cell))
    return int(minor)


def count(cell: Cell | None) -> int | None:
    """Pieces; None for an empty cell. Raises Unusable."""
    number = _number(cell, "", 0)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise Unusable("not whole", _short(cell))
    if not 0 <= number <= MOST_STOCK:
        raise Unusable("negative" if number < 0 else "too many", _short(cell))
    return int(number)


def yes_no(cell: Cell | None) -> bool | None:
    """None for an empty cell. Raises Unusable."""
    words = text(cell, 20).casefold()
    if not words:
        return None
    if words not in YES | NO:
        raise Unusable("yes or no", words)
    return words in YES


def several(cell: Cell | None, longest: int) -> tuple[str, ...]:
    """What stands between marks, each once. Raises Unusable."""
    words = text(cell, 2000)
    parts = (one.strip() for one in re.split(r"[|,]", words))
    found = tuple(dict.fromkeys(part for part in parts if part))
    if any(len(part) > longest for part in found):
        raise Unusable("too long", str(longest))
    return found


def pictures(cell: Cell | None) -> tuple[str, ...]:
    """Names of files. Raises Unusable."""
    found = several(cell, 255)
    for one in found:
        if not _PICTURE.fullmatch(one):
            raise Unusable("picture", one[:50])
    return found


def category(cell: Cell | None) -> str:
    """A shelf, or one within another: "Food > Fruit". Raises Unusable."""
    parts = [part.strip() for part in text(cell, 500).split(SHELF_MARK)]
    if parts == [""]:
        return ""
    if not all(parts):
        raise Unusable("category", text(cell, 500)[:50])
    if any(len(part) > 64 for part in parts):
        raise Unusable("too long", "64")
    return f" {SHELF_MARK} ".join(parts)


def _number(cell: Cell | None, currency: str, places: int) -> Decimal | None:
    """What a cell of figures comes to. Raises Unusable."""
    if isinstance(cell, bool):
        raise Unusable("not a number", _words(cell))
    if isinstance(cell, int):
        cell = str(cell) if abs(cell) < 10**15 else float("inf")
    if isinstance(cell, float):
        return _counted(cell, places)
    words = text(cell, 100)
    if not words:
        return None
    found = _AMOUNT.fullmatch(unicodedata.normalize("NFKC", words))
    if found is None or not found["figures"].isascii():
        raise Unusable("not a number", words[:50])
    for beside in (found["before"], found["after"]):
        _check_currency(beside, currency)
    number = Decimal(_plain(found["figures"], places, words))
    return -number if found["sign"] == "-" else number


def _counted(number: float, places: int) -> Decimal:
    """A spreadsheet's number: 0.1 + 0.2 is 0.3, for it was never meant otherwise."""
    if not abs(number) < MOST_MONEY:  # nor is what is no number at all
        raise Unusable("too much" if number > 0 else "not a number", _short(number))
    exact = Decimal(repr(number))
    rounded = round(exact, places)
    return rounded if abs(exact - rounded) < Decimal("1e-6") else exact


def _check_currency(words: str, currency: str) -> None:
    """Beside the figures stands nothing, or the shop's currency."""
    meant = words.strip().casefold()
    names = (currency.casefold(), *SYMBOLS.get(currency, ())) if currency else ()
    if meant and meant not in {*names, *(f"{name}." for name in names)}:
        raise Unusable("currency" if currency else "not a number", meant[:20])


def _plain(figures: str, places: int, words: str) -> str:
    """Figures without what groups them, with a dot before the decimals. Raises Unusable."""
    figures = re.sub(r"(?<=\d)[ '’](?=\d{3}(?!\d))", "", figures)
    marks = re.sub(r"\d", "", figures)
    if not marks:
        return figures
    if set(marks) - {",", "."}:
        raise Unusable("not a number", words[:50])
    last = marks[-1]
    if len(set(marks)) == 2:
        whole, _, rest = figures.rpartition(last)
        if last in whole or not _grouped(whole, "." if last == "," else ","):
            raise Unusable("not a number", words[:50])
        return f"{_digits(whole)}.{rest}"
    if len(marks) > 1:
        if not _grouped(figures, last):
            raise Unusable("not a number", words[:50])
        return _digits(figures)
    whole, _, rest = figures.partition(last)
    if not _grouped(figures, last) or (places == 3 and last == "."):
        return f"{whole}.{rest}"
    if places == 3 or last == ".":
        raise Unusable("two ways", words[:50])
    return whole + rest


def _grouped(figures: str, mark: str) -> bool:
    """Whether a mark stands before every three figures (1,250,000), or as in India (12,50,000)."""
    return _GROUPS.fullmatch(figures.replace(mark, " ")) is not None


def _digits(figures: str) -> str:
    return "".join(_DIGITS.findall(figures))


def _short(cell: Cell | None) -> str:
    return f"{cell:.6g}" if isinstance(cell, float) else clean(str(cell))[:50]
