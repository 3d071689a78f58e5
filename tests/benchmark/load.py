"""Kinds of load: webhooks as fast as they are taken, and people who wait for their answer."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from tests.benchmark.client import Client
from tests.benchmark.world import Answers


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


class People:
    """People who take turns in speaking, so that nobody passes the pair rate (45 in a burst)."""

    def __init__(self, first: int, count: int, script: Sequence[str]) -> None:
        self.phones = [f"1202555{first + n:07d}" for n in range(count)]
        self._scripts: dict[str, Iterator[str]] = {p: cycle(script) for p in self.phones}
        self._free = asyncio.Queue[str]()
        for phone in self.phones:
            self._free.put_nowait(phone)

    async def next(self) -> tuple[str, str]:
        phone = await self._free.get()
        return phone, next(self._scripts[phone])

    def back(self, phone: str) -> None:
        self._free.put_nowait(phone)


async def receive(client: Client, people: People, at_once: int, seconds: float) -> Measured:
    """Webhooks, `at_once` outstanding; what matters is the 200."""
    latencies: list[float] = []
    errors = 0
    until = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal errors
        while (begun := time.perf_counter()) < until:
            phone, text = await people.next()
            errors += await client.say(phone, text) != 200
            people.back(phone)
            latencies.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(at_once)))
    return measured(latencies, time.perf_counter() - begun, errors)


class Talk:
    """Messages that are answered: from the webhook's first byte to the reply at the provider."""

    def __init__(self, client: Client, answers: Answers, people: People) -> None:
        self._client = client
        self._answers = answers
        self._people = people
        self.latencies: list[float] = []
        self.errors = 0

    async def turn(self) -> None:
        phone, text = await self._people.next()
        begun = time.perf_counter()
        answered = self._answers.expect(phone)
        try:
            async with asyncio.timeout(30):
                self.errors += await self._client.say(phone, text) != 200
                await answered
            self.latencies.append(time.perf_counter() - begun)
        except TimeoutError:
            self.errors += 1
        self._people.back(phone)

    async def closed(self, at_once: int, seconds: float) -> Measured:
        """`at_once` people always waiting for an answer."""
        self.latencies.clear()
        until = time.perf_counter() + seconds

        async def one() -> None:
            while time.perf_counter() < until:
                await self.turn()

        begun = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(at_once)))
        return measured(self.latencies, time.perf_counter() - begun, self.errors)

    async def offered(self, per_second: float, seconds: float) -> Measured:
        """Messages at a steady rate, whether or not the earlier ones are answered."""
        self.latencies.clear()
        begun, tasks = time.perf_counter(), []
        for n in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, begun + n / per_second - time.perf_counter()))
            tasks.append(asyncio.create_task(self.turn()))
        await asyncio.gather(*tasks)
        return measured(self.latencies, time.perf_counter() - begun, self.errors)
