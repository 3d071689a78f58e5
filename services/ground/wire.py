"""A raw body from outside as JSON that PostgreSQL can keep."""

import json
from typing import Any

import orjson

_WRITTEN = 254  # levels that orjson writes
_DEEPEST = 200  # so that what is read may be put into something larger and still be written


class Unreadable(ValueError):
    """The body is not JSON that can be stored."""


def read_json(raw: bytes) -> Any:
    """What `raw` says, safe to write back as JSON and to keep as jsonb; else Unreadable.

    Two things people can type are valid JSON that would stop a whole batch: half of a
    surrogate pair (becomes "?"), and U+0000, which PostgreSQL has no room for (dropped).
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value = _mended(raw)
    if raw.count(b"{") + raw.count(b"[") > _DEEPEST:  # fewer brackets cannot be deeper
        _writable(value)
    return _without_nul(value) if b"\\u0000" in raw else value


def _mended(raw: bytes) -> Any:
    if b"\\u" not in raw:
        raise Unreadable("not JSON")
    try:
        loose = json.loads(raw, parse_constant=_refuse)
        return orjson.loads(json.dumps(loose, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _writable(value: Any) -> None:
    for _ in range(_WRITTEN - _DEEPEST):
        value = [value]
    try:
        orjson.dumps(value)
    except TypeError as error:
        raise Unreadable("nested too deep") from error


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "")
        case list():
            return [_without_nul(each) for each in value]
        case dict():
            return {_without_nul(key): _without_nul(each) for key, each in value.items()}
        case _:
            return value
