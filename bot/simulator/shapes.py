"""Reading other people's JSON safely: each function answers a fitting empty value when the shape
is not there.
"""

import re
from collections.abc import Mapping

import orjson

Object = dict[str, object]
_WRITTEN = 254  # levels that orjson writes
DEEPEST = 200  # levels of a request: a webhook is built around it
_INTEGER = re.compile(r"-?[0-9]{1,18}")


def obj(value: object) -> Object:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def objects(value: object) -> list[Object]:
    """The objects of a JSON array."""
    return [each for each in items(value) if isinstance(each, dict)]


def text(value: object) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def whole(value: object, default: int = 0) -> int:
    """The value if it is an integer (or its digits, 18 at most), else `default`."""
    if isinstance(value, bool):
        return default
    if isinstance(value, int):
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return default


def parsed(raw: bytes) -> object:
    """The JSON of a request, fit to be written again inside a webhook; raises ValueError."""
    value = orjson.loads(raw)
    if raw.count(b"{") + raw.count(b"[") > DEEPEST:  # fewer brackets cannot be deeper
        _measure(value)
    return value


def _measure(value: object) -> None:
    for _ in range(_WRITTEN - DEEPEST):
        value = [value]
    try:
        orjson.dumps(value)
    except TypeError as error:
        raise ValueError("nested too deep") from error


def is_whole(value: object) -> bool:
    """Whether `whole` would read these digits."""
    return isinstance(value, str) and _INTEGER.fullmatch(value) is not None


def without_none(value: Mapping[str, object]) -> Object:
    """A copy without the keys that hold None."""
    return {key: each for key, each in value.items() if each is not None}
