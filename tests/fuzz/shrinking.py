"""Making an input that fails small enough to be read."""

import contextlib
import copy
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from tests.fuzz.mutation import places, reached, written

Fails = Callable[[bytes], Awaitable[bool]]

SIMPLE: tuple[Any, ...] = (None, 0, "", [], {})


async def smallest(raw: bytes, fails: Fails, seconds: float = 20.0) -> bytes:
    """The smallest input found in time that `fails` in the same way."""
    until = time.monotonic() + seconds
    found = raw
    while time.monotonic() < until:
        smaller = await _one_step(found, fails, until)
        if smaller is None:
            return found
        found = smaller
    return found


async def _one_step(raw: bytes, fails: Fails, until: float) -> bytes | None:
    for candidates in (_by_structure(raw), _by_bytes(raw)):
        for candidate in candidates:
            if time.monotonic() > until:
                return None
            if len(candidate) < len(raw) and await fails(candidate):
                return candidate
    return None


def _by_structure(raw: bytes) -> Iterator[bytes]:
    """The value without one of its nodes, or with a simpler one there; the largest first."""
    try:
        root = {"root": json.loads(raw)}
        ways = sorted(places(root), key=len)
    except (ValueError, RecursionError):
        return
    for *above, key in ways:
        for change in (_without, _hoisted, *map(_put, SIMPLE), _halved):
            with contextlib.suppress(RecursionError):
                smaller = copy.deepcopy(root)
                change(reached(smaller, above), key)
                yield written(smaller.get("root"), as_escapes=True)


def _without(holder: Any, key: Any) -> None:
    del holder[key]


def _hoisted(holder: Any, key: Any) -> None:
    value = holder[key]
    inner = list(value.values()) if isinstance(value, dict) else value
    holder[key] = inner[0] if isinstance(inner, list) and inner else value


def _put(value: Any) -> Callable[[Any, Any], None]:
    def put(holder: Any, key: Any) -> None:
        holder[key] = value

    return put


def _halved(holder: Any, key: Any) -> None:
    if isinstance(holder[key], str | list):
        holder[key] = holder[key][: len(holder[key]) // 2]


def _by_bytes(raw: bytes) -> Iterator[bytes]:
    size = len(raw) // 2
    while size:
        for at in range(0, len(raw), size):
            yield raw[:at] + raw[at + size :]
        size //= 2
