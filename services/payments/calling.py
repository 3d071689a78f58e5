"""Calling a provider that is spoken to in plain JSON over HTTP."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from services.ground.wire import Unreadable, read_json
from services.payments.provider import NoAnswer, Raw

TIMEOUT = aiohttp.ClientTimeout(total=20)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider said: 2xx, or a refusal (4xx) that it would repeat."""

    status: int
    body: Raw

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


async def call(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    headers: Mapping[str, str],
    patience: aiohttp.ClientTimeout,
    *,
    spoken: Collection[int] = (),
    **content: Any,
) -> Answer:
    """`content` is aiohttp's `json`, `data` or `params`. Raises NoAnswer: silence, an error of
    theirs (5xx, but for those `spoken`), too many calls (429), or what cannot be read."""
    try:
        async with http.request(
            method, url, headers=headers, timeout=patience, allow_redirects=False, **content
        ) as response:
            status, body = response.status, await response.read()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise NoAnswer(type(error).__name__) from error
    known = 200 <= status < 300 or 400 <= status < 500 or status in spoken
    if status == 429 or not known:
        raise NoAnswer(f"HTTP {status}")
    return Answer(status, _object(body, status))


def _object(body: bytes, status: int) -> Raw:
    try:
        raw = read_json(body)
    except Unreadable as error:
        raise NoAnswer(f"unreadable, HTTP {status}") from error
    if not isinstance(raw, dict):
        raise NoAnswer(f"unreadable, HTTP {status}")
    return raw


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """An answer that cannot be read is none: what was done is asked again."""
    try:
        yield
    except (ValueError, OverflowError) as error:
        raise NoAnswer(f"unreadable: {type(error).__name__}") from error
