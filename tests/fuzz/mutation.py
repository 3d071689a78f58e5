"""Making real payloads hostile, by their structure and by their bytes.

Everything is drawn from a `random.Random`, so a seed (or hypothesis) repeats it.
"""

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

Way = tuple[Any, ...]

TWICE = "\x7f"  # at the end of a key: written without it, beside the key it was copied from
LARGEST = 1_000_000  # bytes: what takes too long is seen by then
DEEPEST = 300  # levels that a structure is nested; bytes are nested further
STRINGS = (
    "", " ", "0", "-1", "1", "true", "null", "\0", "a\0b", "\ud800", "\udfff\ud800", "²", "٣",
    "\uff11\uff12", "9" * 20, "9" * 5000, "1e999", "NaN", "-", "--5", "+", "@c.us", "x@lid",
    "12025550101@c.us", "US.1",
    "😀" * 3, "👩‍👩‍👧‍👦", "\u202e\u200b", "e\u0301" * 50, "ŉ", "İ", "ß", "%_\\", "'; --",
    "{}", "{0.__class__}", "{name}", "%s%n", "<b>&", "\r\n", "\u2028", "\ufeff", "a|b|c", "|²|x",
    "!x", "!order:", "http://[", "http://x:99999999/", "data:,", "from a to US.1",
)  # fmt: skip
LONG = ("x" * 70_000, " " * 70_000, "TEL" * 20_000, "a." * 30_000, "\u0301" * 20_000)
NUMBERS = (
    0, -1, 1, 2, 10**9, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30, 10**400,
    0.5, -0.0, 1e22, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"), 253402300800,
)  # fmt: skip
PLAIN: tuple[Any, ...] = (None, True, False, [], {}, [[]], [{}], {"": ""}, {"": {}}, [None])


def hostile(random: Random) -> Any:
    """A value that does not belong where it is put."""
    kind = random.randrange(8)
    if kind == 0 and random.randrange(4) == 0:
        return random.choice(LONG)
    if kind <= 3:
        return random.choice(STRINGS)
    return copy.deepcopy(random.choice(NUMBERS if kind <= 5 else PLAIN))


def places(node: Any, path: Way = ()) -> Iterator[Way]:
    """Every place in a JSON value, by the keys that lead there."""
    waiting = [(path, node)]
    while waiting:
        at, value = waiting.pop()
        if at:
            yield at
        if len(at) < 100:
            pairs = enumerate(value) if isinstance(value, list) else ()
            inner = value.items() if isinstance(value, dict) else pairs
            waiting += [((*at, key), each) for key, each in inner]


def reached(root: Any, way: Sequence[Any]) -> Any:
    for key in way:
        root = root[key]
    return root


# -- structure -------------------------------------------------------------------------

Change = Callable[[Random, Any, Any, Any], None]
"""Changes holder[key]; the last argument is another payload."""


def _drop(_random: Random, holder: Any, key: Any, _other: Any) -> None:
    del holder[key]


def _replace(random: Random, holder: Any, key: Any, _other: Any) -> None:
    holder[key] = hostile(random)


def _retype(random: Random, holder: Any, key: Any, _other: Any) -> None:
    value = holder[key]
    forms = [str(value)[:1000], [value], {"id": value}, bool(value)]
    if isinstance(value, str):
        forms += [int(value)] if value.isascii() and value.isdigit() and len(value) < 30 else [0]
    if isinstance(value, list):
        forms += [dict(enumerate(value)), value[0] if value else None]
    if isinstance(value, dict):
        forms += [list(value.values()), list(value)]
    holder[key] = random.choice(forms)


def _twice(random: Random, holder: Any, key: Any, other: Any) -> None:
    if isinstance(holder, list):
        holder[key:key] = copy.deepcopy([holder[key]] * random.choice((1, 2, 300)))
    else:
        holder[f"{key}{TWICE}"] = hostile(random)


def _nest(random: Random, holder: Any, key: Any, _other: Any) -> None:
    value = holder[key]
    name = random.choice(("", "x", str(key)[:50]))
    for _ in range(random.choice((1, 2, 5, 100, 250, DEEPEST))):
        value = {name: value} if random.randrange(2) else [value]
    holder[key] = value


def _splice(random: Random, holder: Any, key: Any, other: Any) -> None:
    ways = list(places(other))
    holder[key] = copy.deepcopy(reached(other, random.choice(ways)) if ways else other)


def _rename(random: Random, holder: Any, key: Any, other: Any) -> None:
    if isinstance(holder, dict):
        names = [way[-1] for way in places(other) if isinstance(way[-1], str)] or [""]
        holder[random.choice((random.choice(names), random.choice(STRINGS)))] = holder.pop(key)
    else:
        holder.reverse()


def _write_into(random: Random, holder: Any, key: Any, _other: Any) -> None:
    value = holder[key]
    if isinstance(value, str):
        at = random.randrange(len(value) + 1)
        holder[key] = value[:at] + random.choice(STRINGS) + value[at:]
    elif isinstance(value, int) and not isinstance(value, bool):
        holder[key] = random.choice((-value, value * 10**12, f"{value}.5", str(value)))
    else:
        holder[key] = hostile(random)


CHANGES: tuple[Change, ...] = (
    _drop, _replace, _replace, _retype, _twice, _nest, _splice, _rename, _write_into, _write_into,
)  # fmt: skip


def restructured(random: Random, seed: bytes, other: bytes) -> bytes:
    """`seed` with some of its nodes changed; as it is when it is no JSON, or when it becomes
    what Python cannot write: too deep, or with numbers too long."""
    try:
        root = {"root": json.loads(seed)}
        foreign = json.loads(other)
        for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
            _change(random, root, foreign)
        return written(root.get("root"), as_escapes=bool(random.randrange(2)))
    except (ValueError, OverflowError, RecursionError):
        return seed


def _change(random: Random, root: Any, foreign: Any) -> None:
    if ways := list(places(root)):
        *way, key = random.choice(ways)
        random.choice(CHANGES)(random, reached(root, way), key, foreign)


def written(value: Any, *, as_escapes: bool) -> bytes:
    """JSON, with what JSON should not hold: NaN, halves of surrogate pairs, keys twice."""
    raw = json.dumps(value, ensure_ascii=as_escapes).encode("utf-8", "surrogatepass")
    return raw.replace(TWICE.encode() + b'"', b'"')


# -- bytes -----------------------------------------------------------------------------


def _flip(random: Random, raw: bytes, _other: bytes) -> bytes:
    at = random.randrange(len(raw) or 1)
    return raw[:at] + bytes([random.randrange(256)]) + raw[at + 1 :]


def _truncate(random: Random, raw: bytes, _other: bytes) -> bytes:
    return raw[: random.randrange(len(raw) + 1)]


def _cut(random: Random, raw: bytes, _other: bytes) -> bytes:
    at = random.randrange(len(raw) + 1)
    return raw[:at] + raw[at + random.randrange(20) :]


def _join(random: Random, raw: bytes, other: bytes) -> bytes:
    return raw[: random.randrange(len(raw) + 1)] + other[random.randrange(len(other) + 1) :]


_WEDGES = (
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\x00", b"\\u0000",
    b"\\ud800", b"\\udc00\\ud800", b"NaN", b"1e999", b"-", b"9" * 5000, b"[" * 2000 + b"]" * 2000,
    b'{"":' * 1100 + b"1" + b"}" * 1100, b"[" * 100_000, b'"', b",", b"\\", b"//", b"{}", b"\r\n",
)  # fmt: skip


def _wedge(random: Random, raw: bytes, _other: bytes) -> bytes:
    at = random.choice((0, len(raw), random.randrange(len(raw) + 1)))
    return raw[:at] + random.choice(_WEDGES) + raw[at:]


def _repeat(random: Random, raw: bytes, _other: bytes) -> bytes:
    at = random.randrange(len(raw) + 1)
    piece = raw[at : at + random.choice((1, 8, 64))]
    return raw[:at] + piece * random.choice((2, 50, 2000)) + raw[at:]


def _in_utf16(random: Random, raw: bytes, _other: bytes) -> bytes:
    return raw.decode("utf-8", "replace").encode(random.choice(("utf-16", "utf-32", "utf-8-sig")))


_BYTES = (_flip, _flip, _truncate, _cut, _join, _wedge, _wedge, _repeat, _in_utf16)


def garbled(random: Random, raw: bytes, other: bytes) -> bytes:
    for _ in range(random.choice((1, 1, 2, 4))):
        raw = random.choice(_BYTES)(random, raw, other)[:LARGEST]
    return raw


def mutated(random: Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, made hostile in one way or the other, or in both."""
    seed, other = random.choice(seeds), random.choice(seeds)
    how = random.randrange(10)
    raw = restructured(random, seed, other) if how < 8 else seed
    raw = garbled(random, raw, other) if how in (0, 1, 8, 9) or raw == seed else raw
    return raw[:LARGEST]
