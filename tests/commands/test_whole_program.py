"""The program as it is deployed, one process a task, beside a simulator in another process:
what its logs say, how it is asked what happened, and what the doctor finds.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from sqlalchemy.engine import make_url

from bot.database.connections import arguments
from tests.commands.program import PATIENCE, Ended, Program, command, free_port

PHONE = "+12025550163"
NAME = "Zebadiah Quillfeather"
WORDS = "xylophone marmalade"
SECRET = "an-entirely-made-up-secret"


class Deployed:
    """The program's processes, the simulator's phones, and the database between them."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.ports = {name: free_port() for name in ("simulator", "web", "worker")}
        self.processes: list[Program] = []
        self.settings: dict[str, str] = {}

    @property
    def written(self) -> str:
        """Everything the product wrote, not the simulator."""
        return "".join(process.written for process in self.processes[1:])

    async def up(self) -> None:
        address = f"http://127.0.0.1:{self.ports['web']}"
        away = {"PORT": str(self.ports["simulator"]), "DATA_DIR": str(self.folder / "outside")}
        simulator = await self._start(away, "simulator", "--product", address, until="WEBHOOK_SEC")
        told = re.findall(r"^([A-Z_]+)=(.*)$", simulator.written, re.M)
        self.settings = {
            **dict(told),
            "ENV": "production",
            "DATABASE_URL": self.url,
            "DATA_DIR": str(self.folder / "data"),
            "JWT_SECRET": SECRET,
            "PUBLIC_URL": address,
            "PORT": str(self.ports["web"]),
            "LOG_LEVEL": "DEBUG",
        }
        await self._start(self.settings, "web", until="Listening")
        told_at = {"METRICS_PORT": str(self.ports["worker"])}
        roles = ("worker", "sender", "scheduler")
        await self._start({**self.settings, **told_at}, "start", *roles, until="")
        await self._answers(f"http://127.0.0.1:{self.ports['worker']}/health")

    async def _start(self, settings: dict[str, str], *words: str, until: str) -> Program:
        process = Program(self.folder, settings, words)
        self.processes.append(process)
        await process.start(until)
        return process

    async def _answers(self, url: str) -> None:
        async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE):
            while True:
                try:
                    async with http.get(url) as answer:
                        assert answer.status == 200
                        return
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.05)

    async def down(self) -> list[int]:
        return [await process.stop() for process in reversed(self.processes)]

    # -- the phones, and what people ask ---------------------------------------------

    def people(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.ports['simulator']}/simulator/api/people{path}"

    async def say(self, **message: Any) -> None:
        url = self.people(f"/{PHONE.replace('+', '%2B')}/messages")
        async with aiohttp.ClientSession() as http, http.post(url, json=message) as answer:
            assert answer.status < 300, await answer.text()

    async def figures(self, name: str = "web") -> dict[str, float]:
        url = f"http://127.0.0.1:{self.ports[name]}/metrics"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            lines = [line for line in (await answer.text()).splitlines() if line[:1] != "#"]
        return {words: float(number) for words, _, number in (li.rpartition(" ") for li in lines)}

    async def bot(self, *words: str) -> Ended:
        return await command(self.folder, self.settings, *words)

    async def until(self, condition: str, *values: Any) -> None:
        """Wait for the database to say so."""
        db = await asyncpg.connect(**arguments(make_url(self.url)))
        try:
            async with asyncio.timeout(PATIENCE):
                while not await db.fetchval(f"SELECT {condition}", *values):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        finally:
            await db.close()

    async def server_log(self) -> Path:
        """What the embedded PostgreSQL of this run writes about us all."""
        db = await asyncpg.connect(**arguments(make_url(self.url)))
        folder = Path(await db.fetchval("SHOW data_directory"))
        await db.close()
        return folder.with_name("server.log")

    async def execute(self, statement: str) -> None:
        db = await asyncpg.connect(**arguments(make_url(self.url)))
        await db.execute(statement)
        await db.close()


ANSWERED = """(SELECT count(*) FROM inbox WHERE state = 'answered') = $1
              AND NOT EXISTS (SELECT FROM outbox WHERE state IN ('waiting', 'sending'))"""


@pytest.fixture
async def deployed(tmp_path: Path, database_url: str) -> AsyncIterator[Deployed]:
    deployed = Deployed(tmp_path, database_url)
    await deployed.up()
    yield deployed
    await deployed.down()


async def test_what_happened_is_told_and_nobody_is_quoted(deployed: Deployed) -> None:
    """One long way, as the processes are slow to start: a good turn, a failing one whose
    error quotes the person's row, a provider that fails, an operator, and the logs at the end.
    """
    async with aiohttp.ClientSession() as http:
        profile = {"name": NAME, "phone": PHONE}
        async with http.post(deployed.people(), json=profile) as answer:
            assert answer.status < 300, await answer.text()
    await deployed.say(text=f"hello, {WORDS}")
    await deployed.until(ANSWERED, 1)
    doctor = await deployed.bot("doctor", "--json")
    _sees_all_but_the_public_address(json.loads(doctor.out))
    assert doctor.code == 1

    await _fails_and_is_tried_again(deployed)
    await _adds_up(deployed)
    server_log = await deployed.server_log()
    assert await deployed.down() == [0, 0, 0]
    _quotes_nobody(deployed, server_log)


def _sees_all_but_the_public_address(report: dict[str, Any]) -> None:
    levels = {finding["subject"]: finding["level"] for finding in report["findings"]}
    assert levels.pop("public address") == "wrong"  # it is this machine's own
    assert set(levels) >= {"database", "migrations", "whatsapp", "templates", "webhook", "stripe"}
    assert {levels[subject] for subject in levels if subject != "settings"} == {"ok"}


async def _fails_and_is_tried_again(deployed: Deployed) -> None:
    await deployed.execute("ALTER TABLE users ADD CONSTRAINT no_swahili CHECK (language <> 'sw')")
    await deployed.say(text="language")
    await deployed.until(ANSWERED, 2)
    await deployed.say(text="Kiswahili")
    await deployed.until("EXISTS (SELECT FROM inbox WHERE state = 'parked')")
    [parked] = json.loads((await deployed.bot("parked", "list", "--json")).out)
    assert "…" in parked["reason"]
    story = await deployed.bot("explain", str(parked["id"]))
    assert "parked" in story.out
    assert NAME not in story.out + story.err
    quoted = await deployed.bot("explain", str(parked["id"]), "--with-words")
    assert "no_swahili" in quoted.out

    await deployed.execute("ALTER TABLE users DROP CONSTRAINT no_swahili")
    assert (await deployed.bot("parked", "retry", str(parked["id"]))).code == 0
    await deployed.until(ANSWERED, 3)
    again = await deployed.bot("parked", "drop", str(parked["id"]), "--why", "too late")
    assert (again.code, again.err.strip()) == (1, f"Not parked: {parked['id']}")


async def _adds_up(deployed: Deployed) -> None:
    """received = answered + ignored + parked + waiting, whichever process did what."""
    figures = await deployed.figures()
    states = ("answered", "ignored", "parked", "waiting")
    counted = [figures[f'inbox_messages{{state="{state}"}}'] for state in states]
    assert sum(counted) == figures["inbox_messages_stored"] == 3
    assert figures["webhooks_stored_total"] >= 3
    worker = await deployed.figures("worker")
    assert worker["inbox_received_total"] == 3
    assert worker["turn_seconds_count"] == 3
    assert worker['outbox_sent_total{code="0",outcome="sent"}'] >= 3
    assert worker["event_loop_lag_seconds_count"] > 0


def _quotes_nobody(deployed: Deployed, server_log: Path) -> None:
    logged = [json.loads(line) for line in deployed.written.splitlines() if line[:1] == "{"]
    failed = [line for line in logged if line["event"] == "turn.failed"]
    assert len(failed) == 3
    [correlation_id] = {line["correlation_id"] for line in failed}
    assert len(correlation_id) == 16
    assert "no_swahili" in json.dumps(failed[0])  # enough to mend it by
    searched = (deployed.written + server_log.read_text(errors="replace")).casefold()
    private = [*NAME.split(), *WORDS.split(), "Kiswahili", PHONE.strip("+"), SECRET]
    private += [deployed.settings["WHATSAPP_ACCESS_TOKEN"], deployed.settings["STRIPE_SECRET_KEY"]]
    assert [each for each in private if each.casefold() in searched] == []
