"""`make bench`: receive and turn throughput of the real code, as ratios to its yardsticks.

Everything runs on this machine: PostgreSQL (embedded, fsync on), the program (one process with
every role), and this process (load and emulator). Rounds alternate, so that what disturbs the
machine disturbs all alike; medians are printed with the range of the rounds.
"""

import asyncio
import contextlib
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import uvloop

from bot import app
from bot.database import embedded
from bot.database.migrations import upgrade
from bot.roles import settle_memory
from bot.settings import Settings
from bot.simulator.config import SimulatorConfig
from tests.benchmark.client import Client, Target
from tests.benchmark.load import Measured, People, Talk, receive
from tests.benchmark.servers import process
from tests.benchmark.world import Answers, world

QUICK = bool(os.environ.get("QUICK"))
ROUNDS, SECONDS = (1, 3.0) if QUICK else (3, 8.0)
PRODUCT, WORLD, BARE, TRANSACTION = 8931, 8932, 8933, 8934
SECRET, TOKEN, NUMBER = "bench-app-secret-0001", "bench-token", "100000000000009"
AT_ONCE, RECEIVE_AT_ONCE = 256, 128
BARE_NAME = "receive: bare aiohttp"  # checks the signature, parses, keeps nothing
MENU = ("language", "menu")  # steps that only change state
BROWSE = ("1", "back")  # a category's page of products, the categories again
ENTER_SHOP = ("menu", "1")


@dataclass
class Figures:
    """What the rounds gave, by name."""

    rounds: dict[str, list[Measured]] = field(default_factory=dict)

    def add(self, name: str, one: Measured) -> None:
        self.rounds.setdefault(name, []).append(one)
        errors = f", {one.errors} ERRORS" if one.errors else ""
        print(
            f"  {name:<34}{one.per_second:>9,.0f}/s   p50 {one.p50:>7.2f}  p99 {one.p99:>8.2f} ms"
            f"   {one.count:>6} messages{errors}",
            flush=True,
        )

    def median(self, name: str) -> float:
        return statistics.median(one.per_second for one in self.rounds[name])

    def range(self, name: str) -> tuple[float, float]:
        values = [one.per_second for one in self.rounds[name]]
        return min(values), max(values)

    def p99(self, name: str) -> float:
        return statistics.median(one.p99 for one in self.rounds[name])


@contextlib.asynccontextmanager
async def program(url: str, folder: Path) -> AsyncIterator[None]:
    """Our program, every role in one process, pointed at the emulator as at a real provider."""
    environment = {
        "DATABASE_URL": url,
        "DATA_DIR": str(folder / "data"),
        "PORT": str(PRODUCT),
        "LOG_LEVEL": "ERROR",
        "WHATSAPP_ACCESS_TOKEN": TOKEN,
        "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
        "WHATSAPP_BUSINESS_ACCOUNT_ID": "bench",
        "WHATSAPP_APP_SECRET": SECRET,
        "WHATSAPP_VERIFY_TOKEN": "bench-verify",
        "WHATSAPP_API_URL": f"http://127.0.0.1:{WORLD}",
        "WHATSAPP_MESSAGES_PER_SECOND": "100000",
    }
    async with process(PRODUCT, "-m", "bot", "run", **environment):
        yield


def simulated() -> SimulatorConfig:
    return SimulatorConfig(
        phone_number_id=NUMBER,
        display_phone_number="+1 202 555 0100",
        business_name="Bench",
        waba_id="bench",
        access_token=TOKEN,
        app_secret=SECRET,
        stripe_key="sk_test_bench",
        stripe_webhook_secret="whsec_bench",
        product_url=f"http://127.0.0.1:{PRODUCT}",
        public_url=f"http://127.0.0.1:{WORLD}",
    )


async def yardstick(kind: str, port: int, url: str, people: People) -> Measured:
    command = ("-m", "tests.benchmark.servers", kind, str(port), SECRET, url)
    async with process(port, *command):
        client = Client(Target("127.0.0.1", port, SECRET, NUMBER))
        await receive(client, people, RECEIVE_AT_ONCE, 1.0)
        return await receive(client, people, RECEIVE_AT_ONCE, SECONDS)


Crowd = Callable[[int, tuple[str, ...]], Awaitable[People]]


async def one_round(n: int, figures: Figures, url: str, folder: Path, answers: Answers) -> None:
    print(f"round {n + 1} of {ROUNDS}")
    crowd = 2000
    strangers = People(0, crowd, ("hello",))
    figures.add("receive: aiohttp, 200 and no more", await yardstick("bare", BARE, url, strangers))
    figures.add(BARE_NAME, await yardstick("verified", BARE, url, strangers))
    figures.add(
        "receive: a transaction a request",
        await yardstick("transaction", TRANSACTION, url, strangers),
    )
    async with web_only(url, folder):
        client = Client(Target("127.0.0.1", PRODUCT, SECRET, NUMBER))
        known = People(9_000_000, 500, ("hello",))
        await receive(client, known, RECEIVE_AT_ONCE, 1.5)
        ours = await receive(client, known, RECEIVE_AT_ONCE, SECONDS)
        figures.add("receive: ours, durable", ours)
    await forget(url)
    async with program(url, folder):
        client = Client(Target("127.0.0.1", PRODUCT, SECRET, NUMBER))
        first = 1_000_000 * (n + 1)
        people = People(first, crowd, MENU)
        await greet(Talk(client, answers, People(first, crowd, ("hi",))), crowd)
        talk = Talk(client, answers, people)
        figures.add("menu turn", await talk.closed(AT_ONCE, SECONDS))
        await forget(url)
        figures.add("menu turn, 80/s offered", await talk.offered(80, SECONDS))
        for step in ENTER_SHOP:
            await greet(Talk(client, answers, People(first, crowd, (step,))), crowd)
        await forget(url)
        shopping = Talk(client, answers, People(first, crowd, BROWSE))
        figures.add("browse turn", await shopping.closed(AT_ONCE, SECONDS))


async def greet(talk: Talk, count: int) -> None:
    """Everybody says one thing and is answered, before the clock runs."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            await talk.turn()

    await asyncio.gather(*(one() for _ in range(count)))


@contextlib.asynccontextmanager
async def web_only(url: str, folder: Path) -> AsyncIterator[None]:
    """Only the receiving role: what is stored waits."""
    environment = {"DATABASE_URL": url, "PORT": str(PRODUCT), "LOG_LEVEL": "ERROR",
                   "DATA_DIR": str(folder / "data"), "WHATSAPP_ACCESS_TOKEN": TOKEN,
                   "WHATSAPP_PHONE_NUMBER_ID": NUMBER, "WHATSAPP_APP_SECRET": SECRET,
                   "WHATSAPP_VERIFY_TOKEN": "bench-verify"}  # fmt: skip
    async with process(PRODUCT, "-m", "bot", "web", **environment):
        yield


async def forget(url: str) -> None:
    """What the last measurement left waiting, and the pair rate it used up, are not the next's."""
    import asyncpg
    from sqlalchemy.engine import make_url

    from bot.database.connections import arguments

    db = await asyncpg.connect(**arguments(make_url(url)))
    await db.execute("TRUNCATE webhooks")
    await db.execute("UPDATE inbox SET state = 'ignored', reason = 'bench' WHERE state = 'waiting'")
    await db.execute("UPDATE recipients SET pace_at = now(), closed_until = now()")
    await db.execute("VACUUM (ANALYZE) inbox, outbox, recipients, sessions")
    await db.close()


async def main() -> None:
    settle_memory()
    figures, answers = Figures(), Answers()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    server = await embedded.start(folder / "postgres")
    try:
        await upgrade(server.url)
        await seed(server.url)
        async with world(simulated(), WORLD, answers):
            for n in range(ROUNDS):
                await one_round(n, figures, server.url, folder, answers)
    finally:
        await embedded.stop(server)
        shutil.rmtree(folder, ignore_errors=True)
    report(figures)


async def seed(url: str) -> None:
    """The demo shop, for people to look around in."""
    settings = Settings(whatsapp_access_token=TOKEN, whatsapp_phone_number_id=NUMBER)
    async with app.parts(settings, url) as opened:
        await app.seed(opened)


def report(figures: Figures) -> None:
    bare = figures.median(BARE_NAME)
    each = figures.median("receive: a transaction a request")
    ours = figures.median("receive: ours, durable")
    menu = figures.median("menu turn")
    print("\nmedians [range of the rounds]")
    for name in figures.rounds:
        low, high = figures.range(name)
        print(f"  {name:<34}{figures.median(name):>9,.0f}/s  [{low:,.0f}–{high:,.0f}]"
              f"   p99 {figures.p99(name):.1f} ms")  # fmt: skip
    ratios = {
        "receive_vs_bare_aiohttp": ours / bare,
        "receive_vs_aiohttp_200_and_no_more": ours
        / figures.median("receive: aiohttp, 200 and no more"),
        "receive_vs_one_transaction_per_request": ours / each,
        "menu_turn_vs_bare_aiohttp_receive": menu / bare,
    }
    print("\nratios")
    for name, value in ratios.items():
        print(f"  {name:<42}{value:.2f}")
    written = {
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "commit": commit(),
        **{name: round(value, 3) for name, value in ratios.items()},
        "figures": {
            name: {
                "per_second": round(figures.median(name)),
                "range": [round(one) for one in figures.range(name)],
                "p99_ms": figures.p99(name),
            }
            for name in figures.rounds
        },
    }
    Path("bench.json").write_bytes(orjson.dumps(written, option=orjson.OPT_INDENT_2))


def commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    uvloop.run(main())
