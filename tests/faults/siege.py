"""The siege: the whole program under fire, and then its books.

    python -m tests.faults.siege --seconds 120 --seed 1

Every role twice over one PostgreSQL, hundreds of people who write and buy, an emulator that
misbehaves; and all of it killed, stopped, frozen and replaced while it runs. At the end the world
is well again, everything is waited for, and the laws are checked. 1 when one of them is broken.
The seed decides who says what when and what is done to whom when; how the machine interleaves
it all is never the same twice.
"""

import argparse
import asyncio
import contextlib
import logging
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import asyncpg
import uvloop
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot import app, world
from bot.database.connections import arguments, connect
from bot.simulator.config import SimulatorConfig
from bot.timers import InboxFacts
from services.shopping.facts import LowStock
from tests.engine.house import now
from tests.faults.crowd import Crowd
from tests.faults.fleet import Fleet
from tests.faults.laws import Case, Law, judge
from tests.faults.outside import Book, Door, emulator, pause, ports
from tests.faults.plan import SETTLING, Deed, Plan, plan

PATIENCE = 10.0  # seconds that a send of unknown outcome waits for its status
PEOPLE = 240
TIMERS = 40
QUIET_WITHIN = 300.0
HANGING = 35.0  # seconds after which no call to a provider is under way any more
NUMBER, PORTFOLIO = "100000000000009", "100000000000008"
TOKEN, SECRET = "token-of-the-siege", "app-secret-of-the-siege"
STRIPE_KEY, STRIPE_SECRET = "sk_test_siege", "whsec_siege"

# Evenings go on, and a cart's reminder waits for the morning: neither is waited for.
_OF_ITSELF = "rule IS NULL AND key NOT LIKE 'cart-waits:%'"
_LEFT = f"""
    SELECT (SELECT count(*) FROM webhooks) AS webhooks,
           (SELECT count(*) FROM inbox WHERE state = 'waiting') AS inbox,
           (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending', 'unknown')) AS outbox,
           (SELECT count(*) FROM timers WHERE {_OF_ITSELF}) AS timers,
           (SELECT count(*) FROM payment_events WHERE settled_at IS NULL) AS events,
           (SELECT count(*) FROM payments WHERE status IN ('created', 'unknown')) AS links,
           (SELECT count(*) FROM refunds WHERE status IN ('created', 'sent', 'unknown')) AS refunds
"""
_TIME_PASSES = (
    # A person's pace of a bubble in six seconds would be all that is waited for.
    """UPDATE recipients SET pace_at = least(pace_at, now()), closed_until = now()
       WHERE lease IS NULL AND closed_until > now() AND NOT EXISTS (
         SELECT FROM outbox o WHERE o.user_id = recipients.user_id
         AND o.state IN ('sending', 'unknown'))""",
)
_LEASES_END = (
    f"UPDATE timers SET due_at = now() WHERE due_at > now() AND {_OF_ITSELF}",
    # The leases and pauses of calls to the payment provider: nobody is at it any more.
    "UPDATE payments SET due_at = now() WHERE status IN ('created', 'unknown') AND due_at > now()",
    "UPDATE payment_events SET due_at = now() WHERE settled_at IS NULL AND due_at > now()",
    "UPDATE refunds SET due_at = now() WHERE status IN ('created', 'unknown') AND due_at > now()",
)


def _start(group: asyncio.TaskGroup, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Whatever ends the storm early is told at once: its end may take long, or be waited for in
    vain."""

    def tell(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            say("".join(traceback.format_exception(error)))

    task = group.create_task(work)
    task.add_done_callback(tell)
    return task


@dataclass
class Siege:
    plan: Plan
    seconds: float
    seed: int
    folder: Path
    loud: bool = False
    book: Book = field(default_factory=Book)
    timers: int = 0

    async def run(self) -> list[Law]:
        emulating, door = ports()
        self.fleet = Fleet(self.folder, _settings(emulating, door))
        try:
            self.url = await self.fleet.start_postgres()
            self.fleet.settings["DATABASE_URL"] = self.url
            await self.fleet.command("migrate")
            await self.fleet.command("seed")
            await self._execute("UPDATE stock SET quantity = 1000000")
            async with contextlib.AsyncExitStack() as stack:
                await stack.enter_async_context(Door(self.fleet.ports, self.book).open(door))
                self.api = await stack.enter_async_context(
                    emulator(_world(emulating, door), emulating, self.book)
                )
                self.http = await stack.enter_async_context(
                    aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
                )
                self.crowd = Crowd(self.http, self.api)
                await self.fleet.start()
                say(f"{len(self.fleet.slots)} processes are up")
                await self._storm()
                return await self._books()
        finally:
            await self.fleet.end()

    # -- the storm ---------------------------------------------------------------------------------

    async def _storm(self) -> None:
        begun = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for person in self.plan.people:
                _start(group, self.crowd.live(person, begun))
            for deed in self.plan.deeds:
                _start(group, self._do(deed, begun))
            _start(group, self._set_timers(begun))
            ticking = _start(group, self._tell(begun))
            await pause(begun + self.seconds)
            ticking.cancel()
            await self._switch({})
        say("the fire is over")

    async def _do(self, deed: Deed, begun: float) -> None:
        await pause(begun + deed.at)
        if self.loud:
            say(str(deed))
        if deed.what == "switches":
            await self._switch(deed.switches)
        else:
            await self.fleet.do(deed)

    async def _switch(self, switches: dict[str, Any]) -> None:
        async with self.http.put(f"{self.api}/faults", json=switches) as answer:
            if answer.status != 200:
                raise RuntimeError(await answer.text())

    async def _set_timers(self, begun: float) -> None:
        """Facts with a time, for the first who have written. Setting one again moves it, so what
        the database did not answer for may be repeated: none is due yet."""
        await pause(begun + SETTLING - 2)
        while not self.timers:
            with contextlib.suppress(OSError, asyncpg.PostgresError, SQLAlchemyError):
                self.timers = await self._timers_set()
            await asyncio.sleep(0.5)

    async def _timers_set(self) -> int:
        chance = Random(f"timers {self.seed}")
        database = await connect(self.url, connections=1)
        try:
            people = await database.pool.fetch(
                "SELECT user_id FROM sessions WHERE talked_at IS NOT NULL ORDER BY 1 LIMIT $1",
                TIMERS,
            )
            async with database.transaction() as tx:
                for n, row in enumerate(people):
                    due = now() + timedelta(seconds=20 + chance.uniform(0, self.seconds))
                    await InboxFacts().schedule(tx, _timer(row["user_id"], n), due)
        finally:
            await database.close()
        return len(people)

    async def _tell(self, begun: float) -> None:
        while True:
            await asyncio.sleep(30)
            done = ", ".join(f"{n} {what}" for what, n in sorted(self.fleet.done.items()))
            say(f"{time.monotonic() - begun:6.0f} s: {self.crowd.said.total()} said,"
                f" {len(self.book.accepted)} bubbles; {done}")  # fmt: skip

    # -- the books ---------------------------------------------------------------------------------

    async def _books(self) -> list[Law]:
        await self.fleet.rest()
        left = await self._quiet()
        await self.fleet.stop()
        async with self.http.get(f"{self.api}/payments") as answer:
            payments = (await answer.json())["payments"]
        async with self._connected() as db:
            case = Case(db, self.book, payments, PATIENCE, self.timers)
            laws = await judge(case)
        waits = [f"{n} {what}" for what, n in left.items() if n]
        late = [f"{each} did not leave when told to" for each in self.fleet.kept_waiting]
        died = [f"ended by itself: {each}" for each in self.fleet.deaths]
        return [
            *laws,
            Law("nothing waits any more", 1, waits),
            Law("processes that ran until they were told to leave", len(died), died),
            Law("processes that left when they were told to", 1, late),
        ]

    async def _quiet(self) -> dict[str, int]:
        """Wait until nothing is under way; answers what is, where that takes too long."""
        begun = time.monotonic()
        left = {"everything": 1}
        calm = 0
        while calm < 3 and time.monotonic() - begun < QUIET_WITHIN:
            await asyncio.sleep(1)
            hurry: tuple[str, ...] = _TIME_PASSES
            if time.monotonic() - begun > HANGING:
                hurry += _LEASES_END
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                left = await self._left(hurry)
            calm = 0 if any(left.values()) else calm + 1
        say(f"quiet after {time.monotonic() - begun:.0f} s: {left}")
        return left

    async def _left(self, hurry: tuple[str, ...]) -> dict[str, int]:
        async with self._connected() as db:
            for statement in hurry:
                await db.execute(statement)
            left = dict(await db.fetchrow(_LEFT))
        async with self.http.get(self.api) as answer:
            left["untold"] = (await answer.json())["waiting_webhooks"]
        return left

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        db = await asyncpg.connect(**arguments(make_url(self.url)))
        try:
            yield db
        finally:
            await db.close()

    async def _execute(self, statement: str) -> None:
        async with self._connected() as db:
            await db.execute(statement)


def _timer(user_id: int, n: int) -> LowStock:
    """A fact whose notice needs no more than it says itself."""
    return LowStock(
        user_id=user_id, business_id=1, variant_id=1, sku="T", name=f"Timer {n}", left=2, order_id=n
    )


def _settings(emulating: int, door: int) -> dict[str, str]:
    """The program's, as for a real number."""
    outside = f"http://127.0.0.1:{emulating}"
    return {
        "LOG_LEVEL": "WARNING",
        "ENV": "development",
        "PUBLIC_URL": f"http://127.0.0.1:{door}",
        "UNKNOWN_SEND_SECONDS": str(PATIENCE),
        "WHATSAPP_API_URL": outside,
        "WHATSAPP_ACCESS_TOKEN": TOKEN,
        "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
        "WHATSAPP_BUSINESS_ACCOUNT_ID": PORTFOLIO,
        "WHATSAPP_APP_SECRET": SECRET,
        "WHATSAPP_VERIFY_TOKEN": "verify-the-siege",
        "WHATSAPP_MESSAGES_PER_SECOND": "300",
        "STRIPE_API_URL": outside,
        "STRIPE_SECRET_KEY": STRIPE_KEY,
        "STRIPE_WEBHOOK_SECRET": STRIPE_SECRET,
    }


def _world(emulating: int, door: int) -> SimulatorConfig:
    return SimulatorConfig(
        phone_number_id=NUMBER,
        display_phone_number="+1 202 555 0100",
        business_name="Siege",
        waba_id=PORTFOLIO,
        access_token=TOKEN,
        app_secret=SECRET,
        stripe_key=STRIPE_KEY,
        stripe_webhook_secret=STRIPE_SECRET,
        product_url=f"http://127.0.0.1:{door}",
        public_url=f"http://127.0.0.1:{emulating}",
        demo_people=world.PEOPLE,
        templates=app.templates(),
    )


def say(line: str) -> None:
    print(line, flush=True)


async def main(given: argparse.Namespace) -> int:
    logging.disable(logging.WARNING)  # of our own pool, whose server is killed on purpose
    drawn = plan(given.seed, given.seconds, given.people)
    if given.plan:
        say("\n".join(str(deed) for deed in drawn.deeds))
        return 0
    folder = _folder(given.folder)
    say(f"siege: seed {given.seed}, {given.seconds:.0f} s, {given.people} people, {folder}")
    siege = Siege(drawn, given.seconds, given.seed, folder, given.loud)
    laws = await siege.run()
    say("\n" + "\n".join(map(str, laws)))
    broken = sum(bool(law.broken) for law in laws)
    done = ", ".join(f"{n} {what}" for what, n in sorted(siege.fleet.done.items()))
    say(f"\nseed {given.seed}: {len(laws) - broken} laws held, {broken} broken"
        f" ({siege.crowd.said.total()} messages, {done})")  # fmt: skip
    if not broken and not given.folder:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if broken else 0


def _folder(given: str | None) -> Path:
    if given is None:
        return Path(tempfile.mkdtemp(prefix="siege-"))
    Path(given).mkdir(parents=True, exist_ok=True)
    return Path(given).absolute()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.siege")
    parser.add_argument("--seconds", type=float, default=120, help="of fire (120)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--folder", help="keep the data and the logs there")
    parser.add_argument("--plan", action="store_true", help="print what would be done to it")
    parser.add_argument("--loud", action="store_true", help="say every deed when it is done")
    return parser.parse_args()


def run(work: Coroutine[Any, Any, int]) -> int:
    """Ctrl-C and SIGTERM end it in order: what it started is ended with it."""

    async def stoppable() -> int:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            say("stopped")
            return 130

    return uvloop.run(stoppable())


if __name__ == "__main__":
    sys.exit(run(main(_arguments())))
