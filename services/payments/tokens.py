"""Access tokens that end: kept, and renewed before they do, by one caller at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.payments.provider import NoAnswer


@dataclass(frozen=True, slots=True)
class Token:
    """`life`: seconds from when it was given."""

    value: str
    life: float


class Tokens:
    """The token of one account. `fetch` asks for a new one; it raises NoAnswer."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Token]],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._seconds = seconds
        self._token: Token | None = None
        self._given = 0.0
        self._renewing = asyncio.Lock()

    async def get(self) -> str:
        """A token that is good now. Past half its life it is renewed; until its end, an old one
        is better than none. Raises NoAnswer."""
        async with self._renewing:
            token, age = self._token, self._seconds() - self._given
            if token is not None and age < token.life / 2:
                return token.value
            try:
                return await self._renew()
            except NoAnswer:
                if token is not None and age < token.life:
                    return token.value
                raise

    def refused(self, value: str) -> None:
        """The provider does not take this one any more, whatever its life was to be."""
        if self._token is not None and self._token.value == value:
            self._token = None

    async def _renew(self) -> str:
        given = self._seconds()
        self._token = await self._fetch()
        self._given = given
        return self._token.value
