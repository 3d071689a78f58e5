"""The whole program in this process, with the simulator, on a database and a port of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import app
from bot.roles import Role
from bot.settings import Settings, simulated

PATIENCE = 60.0  # seconds a phone may wait for what it expects


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Phone:
    """One person's phone in the simulator."""

    def __init__(self, http: aiohttp.ClientSession, api: str, person: str) -> None:
        self._http = http
        self._url = f"{api}/people/{person}/messages"
        self.seen = 0

    async def say(self, text: str) -> None:
        await self._post({"text": text})

    async def tap(self, label: str) -> None:
        await self._post({"tap": label})

    async def share(self, **message: Any) -> None:
        await self._post(message)

    async def _post(self, message: dict[str, Any]) -> None:
        async with self._http.post(self._url, json=message) as answer:
            assert answer.status < 300, await answer.text()
            self.seen = max(self.seen, (await answer.json())["seq"])

    async def shows(self, words: str) -> dict[str, Any]:
        """The next bubble of the bot that has these words in its text or on a button."""
        read: list[str] = []
        async with asyncio.timeout(PATIENCE):
            while True:
                query = {"after": str(self.seen), "wait": "5"}
                async with self._http.get(self._url, params=query) as answer:
                    messages = (await answer.json())["messages"]
                for message in messages:
                    self.seen = max(self.seen, message["seq"])
                    labels = [choice["label"] for choice in message["choices"]]
                    read.append(f"{message['text']} {labels}")
                    if message["from"] == "bot" and words in read[-1]:
                        return dict(message)

    async def never_shows(self, words: str) -> None:
        """Nothing on the phone has these words."""
        async with self._http.get(self._url) as answer:
            messages = (await answer.json())["messages"]
        assert not [m for m in messages if m["from"] == "bot" and words in m["text"]]


class World:
    """The running program, seen from outside."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http = http
        self.address = address
        self.api = f"{address}/simulator/api"

    def phone(self, person: str) -> Phone:
        return Phone(self._http, self.api, person)

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        async with self._http.post(f"{self.api}{path}", json=body) as answer:
            assert answer.status < 300, await answer.text()
            return dict(await answer.json())

    async def faults(self, **faults: Any) -> None:
        async with self._http.put(f"{self.api}/faults", json=faults) as answer:
            assert answer.status < 300, await answer.text()

    async def behind(self, person: str) -> dict[str, Any]:
        """The session, cart and orders behind a phone."""
        async with self._http.get(f"{self.api}/people/{person}") as answer:
            return dict((await answer.json())["session"])


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    given = Settings(
        database_url=database_url, port=free_port(), data_dir=tmp_path, brand_name="Soko Moja"
    )
    settings = simulated(given)
    async with app.parts(settings, database_url) as opened:
        stop = asyncio.Event()
        playing = await app.play(opened)
        async with app.serving(opened, playing), aiohttp.ClientSession() as http:
            running = [_start(role, stop) for role in app.roles(opened, app.ROLES)]
            yield World(http, settings.address)
            stop.set()
            await asyncio.gather(*running)


def _start(role: Role, stop: asyncio.Event) -> asyncio.Task[None]:
    return asyncio.create_task(role.run(stop), name=role.name)
