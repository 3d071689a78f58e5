"""An access token: kept for half its life, renewed once, and used to its end when need be."""

import asyncio
from dataclasses import dataclass, field

import pytest

from services.payments.provider import NoAnswer
from services.payments.tokens import Token, Tokens

LIFE = 3600.0


@dataclass
class Desk:
    """Hands out tokens "1", "2" …; `away`: it does not answer."""

    given: int = 0
    away: bool = False
    now: float = 0.0
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch(self) -> Token:
        await self.opened.wait()
        if self.away:
            raise NoAnswer("away")
        self.given += 1
        return Token(str(self.given), LIFE)

    def seconds(self) -> float:
        return self.now


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.opened.set()
    return made


@pytest.fixture
def tokens(desk: Desk) -> Tokens:
    return Tokens(desk.fetch, desk.seconds)


async def test_many_callers_share_one_request(desk: Desk, tokens: Tokens) -> None:
    desk.opened.clear()
    waiting = [asyncio.ensure_future(tokens.get()) for _ in range(20)]
    desk.opened.set()
    assert set(await asyncio.gather(*waiting)) == {"1"}
    assert desk.given == 1


async def test_it_is_renewed_before_its_end(desk: Desk, tokens: Tokens) -> None:
    assert await tokens.get() == "1"
    desk.now = LIFE / 2 - 1
    assert await tokens.get() == "1"
    desk.now = LIFE / 2
    assert await tokens.get() == "2"


async def test_while_no_other_is_given_the_old_one_serves_to_its_end(
    desk: Desk, tokens: Tokens
) -> None:
    await tokens.get()
    desk.away, desk.now = True, LIFE - 1
    assert await tokens.get() == "1"
    desk.now = LIFE
    with pytest.raises(NoAnswer):
        await tokens.get()


async def test_one_that_is_refused_is_not_used_again(desk: Desk, tokens: Tokens) -> None:
    first = await tokens.get()
    tokens.refused(first)
    assert await tokens.get() == "2"
    tokens.refused(first)  # somebody else's old news
    assert await tokens.get() == "2"
