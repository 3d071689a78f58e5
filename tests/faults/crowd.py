"""The people of a siege: they say what the plan has for them, whatever they are answered."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.faults.outside import pause
from tests.faults.plan import Person

LINK_WITHIN = 60.0  # seconds after which somebody who wanted to pay gives up


@dataclass
class Crowd:
    """Their phones, at the emulator's API."""

    http: aiohttp.ClientSession
    api: str
    said: Counter[str] = field(default_factory=Counter)  # message ids of the emulator
    paid: Counter[str] = field(default_factory=Counter)  # ends of payments

    async def live(self, person: Person, begun: float) -> None:
        """Everything this person says, each at its time; links are paid beside it."""
        async with asyncio.TaskGroup() as group:
            for at, say in person.says:
                await pause(begun + at)
                if "pay" in say:
                    group.create_task(self._pay(person, say["pay"]))
                else:
                    await self._say(person, say)

    async def _say(self, person: Person, say: dict[str, Any]) -> None:
        url = f"{self.api}/people/{person.called}/messages"
        async with self.http.post(url, json=say) as answer:
            told = await answer.json()
            if answer.status == 202:
                self.said[told["id"]] += 1
                return
        if "tap" not in say:
            raise RuntimeError(f"the emulator will not say {say}: {told}")
        await self._say(person, {"text": say["tap"]})  # the button is not there (yet)

    async def _pay(self, person: Person, ends: list[str]) -> None:
        """The newest link on the phone, once it is there."""
        if not ends or (session := await self._link(person)) is None:
            return
        for end in ends:
            async with self.http.post(f"{self.api}/payments/{session}/{end}") as answer:
                self.paid[end if answer.status == 200 else f"{end} refused"] += 1
            await asyncio.sleep(2)

    async def _link(self, person: Person) -> str | None:
        url = f"{self.api}/people/{person.called}/messages?from=bot"
        after, until = await self._newest(person), time.monotonic() + LINK_WITHIN
        while time.monotonic() < until:
            async with self.http.get(f"{url}&after={after}") as answer:
                found = (await answer.json())["messages"]
            for message in reversed(found):
                if link := message.get("payment_link"):
                    return str(link).rpartition("/")[2]
            await asyncio.sleep(1)
        return None

    async def _newest(self, person: Person) -> int:
        """How far their phone has come: an earlier errand's link is not paid."""
        async with self.http.get(f"{self.api}/people/{person.called}/messages") as answer:
            seen = [m["seq"] for m in (await answer.json())["messages"] if m["from"] == "person"]
        return max(seen, default=0)
