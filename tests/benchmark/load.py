"""Kinds of load: webhooks as fast as they are taken, and people who wait for their answers.

Everything is done in the calls of the sockets themselves: a task or a future for every message
would cost more than the message.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from tests.benchmark.provider import Provider
from tests.benchmark.speaking import Speaking
from tests.benchmark.wire import Client

PATIENCE = 10.0  # seconds until a message counts as never answered


@dataclass(frozen=True)
class Measured:
    """Messages per second, and the latency of each in milliseconds."""

    per_second: float
    p50: float
    p99: float
    count: int
    errors: int = 0


def measured(latencies: Sequence[float], seconds: float, errors: int = 0) -> Measured:
    ordered = sorted(latencies) or [0.0]

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2)

    return Measured(len(latencies) / seconds, at(0.5), at(0.99), len(latencies), errors)


@dataclass(frozen=True)
class Line:
    """What a person says, and in how many messages the answer comes."""

    text: str
    answers: int = 1


class People:
    """People who take turns in speaking, so that nobody passes the pair rate (45 in a burst). Each
    says one of the scripts again and again."""

    def __init__(
        self, first: int, count: int, *scripts: Sequence[Line], area: str = "202", apart: int = 1
    ) -> None:
        self.phones = [f"1{area}555{first + n * apart:07d}" for n in range(count)]
        dealt = cycle(scripts)
        self._scripts = {phone: cycle(next(dealt)) for phone in self.phones}
        self._free = deque(self.phones)

    def next(self) -> str | None:
        """Whoever has been silent for longest; None: everybody waits for an answer."""
        return self._free.popleft() if self._free else None

    def line(self, phone: str) -> Line:
        return next(self._scripts[phone])

    def back(self, phone: str) -> None:
        self._free.append(phone)


@dataclass(slots=True)
class _Waiting:
    """Somebody who spoke: since when, and what is still to come (the 200 is one of these)."""

    begun: float
    to_come: int


class Load:
    """Messages of people to one program. A turn lasts from the webhook's first byte until it is
    answered with 200 and, where `provider` is given, the last answer is at the provider."""

    def __init__(
        self, client: Client, speaking: Speaking, people: People, provider: Provider | None = None
    ) -> None:
        self._client = client
        self._speaking = speaking
        self._people = people
        self._provider = provider
        self._waiting: dict[str, _Waiting] = {}
        self._latencies: list[float] = []
        self._errors = 0
        self._left = 0  # messages that begin where others end
        self._think = 0.0  # seconds before each message of a person's
        self._random = random.Random(7)  # the same pauses each time
        self._until = 0.0
        self._ended = asyncio.Event()

    async def closed(self, at_once: int, seconds: float) -> Measured:
        """`at_once` messages always outstanding."""
        return await self._run(at_once, 1 << 60, seconds)

    async def once(self, at_once: int, count: int) -> Measured:
        """`count` messages, `at_once` outstanding."""
        return await self._run(at_once, count, PATIENCE * 10)

    async def _run(self, at_once: int, count: int, seconds: float) -> Measured:
        first = min(at_once, count)
        begun = self._begin(count - first, seconds)
        for _ in range(first):
            self._next()
        await self._end()
        return measured(self._latencies, time.perf_counter() - begun, self._errors)

    async def offered(self, per_second: float, seconds: float) -> Measured:
        """Messages at a steady rate, whether or not the earlier ones are answered."""
        begun = self._begin(0, 2 * seconds)
        for n in range(int(per_second * seconds)):
            if (early := begun + n / per_second - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            self._next()
        await self._end()
        return measured(self._latencies, time.perf_counter() - begun, self._errors)

    async def thinking(self, think: float, seconds: float) -> Measured:
        """Everybody talks, and thinks for about `think` seconds before each message."""
        self._think, begun = think, self._begin(1 << 60, seconds)
        for phone in self._people.phones:
            self._think_of(phone)
        await asyncio.sleep(seconds)
        await self._end()
        return measured(self._latencies, time.perf_counter() - begun, self._errors)

    def _think_of(self, phone: str) -> None:
        pause = self._random.expovariate(1 / self._think)
        asyncio.get_running_loop().call_later(pause, self._say, phone)

    def _begin(self, count: int, seconds: float) -> float:
        self._latencies, self._errors, self._left = [], 0, count
        if self._provider is not None:
            self._provider.heard = self._one_came
        begun = time.perf_counter()
        self._until = begun + seconds
        return begun

    async def _end(self) -> None:
        """Until everything is answered; what never is counts as an error."""
        while self._waiting:
            self._ended.clear()
            try:
                async with asyncio.timeout(1.0):
                    await self._ended.wait()
            except TimeoutError:
                self._give_up(time.perf_counter() - PATIENCE)

    def _give_up(self, before: float) -> None:
        for phone in [phone for phone, one in self._waiting.items() if one.begun < before]:
            self._errors += 1
            self._over(phone)

    def _next(self) -> None:
        """Somebody who is free says the next thing."""
        if (phone := self._people.next()) is None:
            self._errors += 1
        else:
            self._say(phone)

    def _say(self, phone: str) -> None:
        if time.perf_counter() >= self._until:
            return
        line = self._people.line(phone)
        to_come = 1 if self._provider is None else 1 + line.answers
        self._waiting[phone] = _Waiting(time.perf_counter(), to_come)
        request = self._speaking.request(phone, line.text)
        self._client.post(request, lambda status: self._taken(phone, status))

    def _taken(self, phone: str, status: int) -> None:
        if status == 200:
            self._one_came(phone)
        elif phone in self._waiting:
            self._errors += 1
            self._over(phone)

    def _one_came(self, phone: str) -> None:
        if (waiting := self._waiting.get(phone)) is None:
            return
        waiting.to_come -= 1
        if waiting.to_come == 0:
            self._latencies.append(time.perf_counter() - waiting.begun)
            self._over(phone)

    def _over(self, phone: str) -> None:
        """They have their answer, or have given up: somebody else's turn, or theirs again."""
        del self._waiting[phone]
        if self._think:
            self._think_of(phone)
        else:
            self._people.back(phone)
            if self._left > 0 and time.perf_counter() < self._until:
                self._left -= 1
                self._next()
        if not self._waiting:
            self._ended.set()
