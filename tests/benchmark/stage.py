"""What all lines share: the database, the other side, our program, and how a line is measured."""

import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from bot import app
from bot.database.connections import arguments
from bot.settings import Settings
from tests.benchmark.figures import Figures, Round
from tests.benchmark.load import Line, Load, Measured, People
from tests.benchmark.processes import cpu_seconds, process
from tests.benchmark.provider import Provider
from tests.benchmark.speaking import WhatsApp
from tests.benchmark.wire import Client

SECRET, TOKEN, NUMBER = "bench-app-secret-0001", "bench-token", "100000000000009"
APART = (("web", "worker", "scheduler"), ("sender",))
GREETERS = 64  # people greeted at once, before the clock runs


@dataclass(frozen=True)
class Stage:
    """`postgres` is the server's pid; `seconds` a measurement lasts, `rounds` there are."""

    url: str
    postgres: int
    provider: Provider
    provider_port: int
    folder: Path
    figures: Figures
    rounds: int
    seconds: float

    async def measure(
        self, name: str, programs: list[int], run: Callable[[], Awaitable[Measured]], note: str = ""
    ) -> Measured:
        """One round of a line: its speed, and the CPU that `programs` (pids), PostgreSQL and this
        process used for it."""
        before = self._used(programs)
        measured = await run()
        used = {who: after - before[who] for who, after in self._used(programs).items()}
        each = {who: 1e6 * used[who] / max(1, measured.count) for who in used}
        self.figures.add(name, Round(measured, each), note)
        return measured

    def _used(self, programs: list[int]) -> dict[str, float]:
        return {
            "program": sum(cpu_seconds(pid) for pid in programs),
            "postgres": cpu_seconds(self.postgres),
            "load": time.process_time(),
        }

    @contextlib.asynccontextmanager
    async def program(self, *roles: str, port: int | None = None) -> AsyncIterator["Program"]:
        """Our program with these roles (none: all of them), pointed at the other side as at a real
        provider. Without the role web, `port` is where it answers /health."""
        port = port or free_port()
        environment = {
            "ENV": "production",
            "JWT_SECRET": SECRET,
            "DATABASE_URL": self.url,
            "DATA_DIR": str(self.folder / "data"),
            "PORT": str(port),
            "METRICS_PORT": str(port),
            "LOG_LEVEL": "ERROR",
            "WHATSAPP_ACCESS_TOKEN": TOKEN,
            "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
            "WHATSAPP_BUSINESS_ACCOUNT_ID": "bench",
            "WHATSAPP_APP_SECRET": SECRET,
            "WHATSAPP_VERIFY_TOKEN": "bench-verify",
            "WHATSAPP_API_URL": f"http://127.0.0.1:{self.provider_port}",
            "WHATSAPP_MESSAGES_PER_SECOND": "100000",
            "WHATSAPP_UPLOAD_MEDIA": "false",  # the other side takes pictures by address
            "SAME_WORDS_MOST": "0",  # few people, who get the same answer again and again
        }
        command = ("start", *roles) if roles else ("run",)
        async with process(port, "-m", "bot", *command, **environment) as pid:
            yield Program(self, [pid], port)

    @contextlib.asynccontextmanager
    async def programs(self) -> AsyncIterator["Program"]:
        """The same in as many processes as suit two cores best."""
        async with contextlib.AsyncExitStack() as stack:
            running = [await stack.enter_async_context(self.program(*roles)) for roles in APART]
            yield replace(running[0], pids=[pid for one in running for pid in one.pids])

    async def sql(self, *statements: str) -> None:
        """One statement after the other, on one connection."""
        db = await asyncpg.connect(**arguments(make_url(self.url)))
        try:
            for statement in statements:
                await db.execute(statement)
        finally:
            await db.close()

    async def forget(self) -> None:
        """What the last measurement left waiting, and the pair rate it used up, are not the
        next's."""
        await self.sql(
            "TRUNCATE webhooks",
            "UPDATE inbox SET state = 'ignored', reason = 'bench' WHERE state = 'waiting'",
            "UPDATE recipients SET pace_at = now(), closed_until = now()",
            "VACUUM (ANALYZE) inbox, outbox, recipients, sessions",
            "CHECKPOINT",
        )

    async def seed(self) -> None:
        """The demo shop, for people to look around in, and enough of everything to sell."""
        settings = Settings(whatsapp_access_token=TOKEN, whatsapp_phone_number_id=NUMBER)
        async with app.parts(settings, self.url) as opened:
            await app.seed(opened)
        await self.sql("UPDATE stock SET quantity = 1000000000")


@dataclass(frozen=True)
class Program:
    """Our program, running."""

    stage: Stage
    pids: list[int]
    port: int

    @contextlib.asynccontextmanager
    async def load(
        self, people: People, connections: int, *, answered: bool = True
    ) -> AsyncIterator[Load]:
        """Load for it over so many connections; `answered`: a turn lasts until the answer."""
        provider = self.stage.provider if answered else None
        async with Client(self.port, connections) as client:
            yield Load(client, WhatsApp(NUMBER, SECRET), people, provider)

    async def say(self, first: int, count: int, *script: Line) -> None:
        """Each of these people says all of it and is answered; nobody measures."""
        for line in script:
            await self.hear(People(first, count, [line]))

    async def hear(self, people: People) -> None:
        """Each of them says one line and is answered; nobody measures."""
        async with self.load(people, GREETERS) as load:
            await load.once(GREETERS, len(people.phones))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
