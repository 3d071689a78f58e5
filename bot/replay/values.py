"""Values of the database as JSON, and back: what JSON has no kind for is tagged with one.

`{"$date": "2026-11-24"}` is a date. Nothing in here can make an object of any other class.
"""

import base64
import math
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, partial
from typing import Any

from sqlalchemy.dialects.postgresql import Range

LARGEST = 2**63  # a whole number beyond it is written in figures


class Unkeepable(TypeError):
    """A value of a kind that is not kept; str(e) names the kind."""


def plain(value: Any) -> Any:
    """What orjson can write, of a value as the database gives it. Raises Unkeepable."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    kind: type = type(value)
    return _writing(kind)(value)


@cache
def _writing(kind: type) -> Callable[[Any], Any]:
    """How a kind of value is written; asyncpg's UUID is one of Python's."""
    for known in kind.__mro__:
        if known in _SIMPLE:
            return _SIMPLE[known]
        if known in _WRITE:
            return partial(_tagged, *_WRITE[known])
    raise Unkeepable(kind.__name__)


def _tagged(tag: str, words: Callable[[Any], Any], value: Any) -> dict[str, Any]:
    return {tag: words(value)}


def _whole(value: int) -> Any:
    return value if abs(value) < LARGEST else {"$int": str(value)}


def _real(value: float) -> Any:
    return value if math.isfinite(value) else {"$float": str(value)}


def _mapping(value: Mapping[str, Any]) -> Any:
    kept = {key: plain(of) for key, of in value.items()}
    return {"$dict": kept} if _is_tagged(kept) else kept


def _is_tagged(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith("$")


_SIMPLE: Mapping[type, Callable[[Any], Any]] = {int: _whole, float: _real}
_WRITE: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    datetime: ("$time", datetime.isoformat),
    date: ("$date", date.isoformat),
    time: ("$clock", time.isoformat),
    timedelta: ("$span", lambda span: [span.days, span.seconds, span.microseconds]),
    Decimal: ("$decimal", str),
    uuid.UUID: ("$uuid", str),
    bytes: ("$bytes", lambda value: base64.b64encode(value).decode()),
    Range: ("$range", lambda r: [plain(r.lower), plain(r.upper), r.bounds, r.empty]),
}


def revived(kept: Any) -> Any:
    """The value that `plain` wrote. Raises KeyError for a tag of another release."""
    if isinstance(kept, list):
        return [revived(one) for one in kept]
    if not isinstance(kept, dict):
        return kept
    if _is_tagged(kept):
        [(tag, words)] = kept.items()
        return _READ[tag](words)
    return {key: revived(of) for key, of in kept.items()}


def _range(words: list[Any]) -> Range[Any]:
    lower, upper, bounds, empty = words
    return Range(revived(lower), revived(upper), bounds=bounds, empty=empty)


_READ: Mapping[str, Callable[[Any], Any]] = {
    "$int": int,
    "$float": float,
    "$dict": lambda of: {key: revived(one) for key, one in of.items()},
    "$time": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$clock": time.fromisoformat,
    "$span": lambda parts: timedelta(*parts),
    "$decimal": Decimal,
    "$uuid": uuid.UUID,
    "$bytes": base64.b64decode,
    "$range": _range,
}
