"""Reading other people's JSON safely: each function answers a fitting empty value when the shape
is not there.
"""

from collections.abc import Mapping

Object = dict[str, object]


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
    """The value if it is an integer (or its digits), else `default`."""
    if isinstance(value, bool):
        return default
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    return default


def without_none(value: Mapping[str, object]) -> Object:
    """A copy without the keys that hold None."""
    return {key: each for key, each in value.items() if each is not None}
