"""Reading JSON that a stranger wrote: every function takes any value and never raises."""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
import phonenumbers

_EMPTY: dict[str, Any] = {}
_INTEGERS = 2**63  # what JSON has beyond is a float, and no number that counts anything
_LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second a datetime can hold
_MILLISECONDS_FROM = 100_000_000_000  # as seconds this is the year 5138, so it means ms


def mapping(value: object) -> dict[str, Any]:
    """The object itself, or an empty one. Never written to."""
    return value if isinstance(value, dict) else _EMPTY


def listing(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def short(value: object, limit: int = 255) -> str | None:
    """A name or an id: a non-blank string, clipped; None for everything else."""
    return (value.strip()[:limit] or None) if isinstance(value, str) else None


def ident(value: object) -> str | None:
    """An opaque id: kept whole or not at all, since half an id may be somebody else's."""
    return value if isinstance(value, str) and 0 < len(value) <= 160 else None


def whole(value: object) -> int | None:
    """An integer of 64 bits given as a number or as digits; None when it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        fits = -_INTEGERS <= value < _INTEGERS and value == int(value)
        return int(value) if fits else None
    if isinstance(value, str) and len(value) <= 18 and value.isascii() and value.isdigit():
        return int(value)
    return None


def moment(value: object) -> datetime | None:
    """A Unix timestamp in seconds or milliseconds, as a number or as digits."""
    number = whole(value)
    if number is None:
        return None
    if number >= _MILLISECONDS_FROM:
        number //= 1000
    return datetime.fromtimestamp(number, UTC) if 0 < number <= _LATEST else None


def stable_id(item: object) -> str:
    """The same id for the same item, for what comes without one of its own."""
    try:
        seen = orjson.dumps(item, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except TypeError:  # nested too deep, or a number or text JSON cannot hold
        seen = repr(item).encode("utf-8", "backslashreplace")
    return "sha256:" + hashlib.sha256(seen).hexdigest()


def provider_id(value: object, item: object) -> str:
    """The provider's id of an item, or a stable hash of the item when it has none."""
    if isinstance(value, str) and 0 < len(value) <= 255:
        return value
    return stable_id(item)


def e164(value: object) -> str | None:
    """The phone ("+12025550101") that a WhatsApp id of digits stands for; None for any other id.

    An id that is not wholly digits (a username, a business-scoped id, a lid) is not a phone,
    and is never made one by dropping what is not a digit.
    """
    if not isinstance(value, str):
        return None
    digits = value.removeprefix("+")
    if not (7 <= len(digits) <= 15 and digits.isascii() and digits.isdigit()):
        return None
    return _e164(digits)


@lru_cache(maxsize=65_536)
def _e164(digits: str) -> str | None:
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
