"""A small house for the engine's tests: one number, a webhook to post to, people who write.

The dialog in it does what a test tells it to; everything else is the real thing.
"""

import asyncio
import hashlib
import hmac
import itertools
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import asyncpg
import orjson
from aiohttp import web
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot import inbox, numbers, webhooks
from bot.channels import cloud_in, green_in
from bot.channels.channel import CloudChannel
from bot.channels.cloud_client import CloudClient
from bot.database.connections import Database, arguments
from bot.dialog import Again, Dialog, Next, Reply, Said, Sentences, Step, Words
from bot.intake import Intake, Source
from bot.language import current, speak
from bot.numbers import Number
from bot.receiver import Receiver
from bot.timers import InboxFacts
from bot.wakeups import Wakeups
from bot.web.server import application
from bot.worker import Worker
from handlers.chat import consent
from handlers.webhooks.greenapi import GreenApiWebhook
from handlers.webhooks.whatsapp import WhatsAppWebhook
from services import Services, open_services
from services.ground.facts import Fact
from services.ground.people import Person
from services.ground.transaction import Transaction

NUMBER_ID, INSTANCE, PORTFOLIO = "106540352242922", "1101000001", "102290129340398"
APP_SECRET, VERIFY_TOKEN, GREEN_TOKEN = "app-secret-of-tests", "verify-me", "green-token"
TOKEN = "token-of-tests"
DEADLINE = 60.0
FACTS = InboxFacts()

transaction: ContextVar[Transaction] = ContextVar("transaction")
"""The transaction of the turn under way: the tests' steps write through it themselves."""


# -- what people send -----------------------------------------------------------------


def phone(n: int) -> str:
    """The n-th number of the range that is kept free for such things."""
    return f"1202555{n:04d}"


_ids = itertools.count(1)


def message(words: str, *, frm: str | None = None, bsuid: str | None = None, **more: Any) -> Any:
    """One text message as the Cloud API tells it."""
    item = {"id": f"wamid.{next(_ids)}", "timestamp": "1795510800", "type": "text"}
    ids = {"from": frm, "from_user_id": bsuid}
    given = {name: value for name, value in ids.items() if value is not None}
    return item | given | {"text": {"body": words}} | more


def post(*items: Any, key: str = "messages", to: str = NUMBER_ID, contacts: Any = None) -> Any:
    """A webhook's body that holds these items."""
    metadata = {"display_phone_number": "12025550100", "phone_number_id": to}
    value: dict[str, Any] = {"messaging_product": "whatsapp", "metadata": metadata}
    value |= {"contacts": contacts} if contacts else {}
    change = {"field": "messages", "value": value | {key: list(items)}}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": PORTFOLIO, "changes": [change]}],
    }


def status(wamid: str, name: str, ours: int | None = None, **more: Any) -> Any:
    item: dict[str, Any] = {"id": wamid, "status": name, "timestamp": "1795510800"} | more
    return item if ours is None else item | {"biz_opaque_callback_data": str(ours)}


def failed(code: int) -> Any:
    return {"errors": [{"code": code, "title": "It failed"}]}


def signed(body: Any, secret: str = APP_SECRET) -> tuple[bytes, dict[str, str]]:
    """The bytes and headers of a POST that Meta would make."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return raw, {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}


# -- what the bot says ----------------------------------------------------------------

Play = Callable[[Said, Services], Awaitable[Next | None]]


@dataclass
class Stage:
    """What the tests' steps do with a message, besides answering it."""

    play: Play | None = None


_stage: ContextVar[Stage] = ContextVar("stage")


class News(Fact):
    tag: ClassVar[str] = "news"
    what: str = "it"


class Wanted(Fact):
    """A fact that the step was waiting for."""

    tag: ClassVar[str] = "wanted"


class Home(Step):
    """Answers every message with itself, and writes it down as its effect."""

    tag: ClassVar[str] = "test.home"
    count: int = 0

    async def ask(self, do: Services) -> Words:
        return f"What else? ({self.count})"

    async def answer(self, said: Said, do: Services) -> Next:
        stage = _stage.get()
        if stage.play is not None and (there := await stage.play(said, do)) is not None:
            return there
        await effect(do, said.text)
        return Again(said.text, quietly=True)

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        if not isinstance(fact, Wanted):
            return None
        await effect(do, "wanted")
        return Again("It has come.", quietly=True)


async def effect(do: Services, what: str) -> None:
    """Something a turn does to the database: found twice if the turn took effect twice."""
    await transaction.get().execute(
        text("INSERT INTO effects (user_id, what) VALUES (:user_id, :what)"),
        {"user_id": do.me.id, "what": what},
    )


async def _welcome(said: Said | Fact, do: Services) -> Words:
    if isinstance(said, Said):
        await Home().answer(said, do)
        return said.text
    return ""


async def _unreadable(do: Services) -> Words:
    return "I lost the thread."


async def _stale(do: Services) -> Words:
    return "That is over."


async def _changed(do: Services) -> Words:
    return "Changed."


async def _slow(do: Services) -> Words:
    return "Slow down."


async def _news(fact: News, do: Services) -> Words:
    return f"News: {fact.what} ({current()})"


async def _wanted(fact: Wanted, do: Services) -> Words:
    return "Nobody waited for this."


DIALOG = Dialog(
    home=Home(),
    steps=[Home],
    sentences=Sentences(
        _welcome, _stale, _stale, _stale, _stale, _stale, _stale, _unreadable, _changed, _slow
    ),
    commands=lambda words: None,
    notices={News: _news, Wanted: _wanted, **consent.NOTICES},
)


def apology() -> Reply:
    return Reply(f"Sorry ({current()})")


# -- the house ------------------------------------------------------------------------


@dataclass
class House:
    """A number over a fresh database, with everything that can be built on it."""

    database: Database
    number: Number
    green: Number
    wakeups: Wakeups
    stage: Stage = field(default_factory=Stage)

    @property
    def known(self) -> dict[str, Number]:
        return {self.number.address: self.number}

    def webhooks(self, receiver: Receiver, secret: str = APP_SECRET) -> web.Application:
        """The real routes over `receiver`."""
        cloud = WhatsAppWebhook(secret, VERIFY_TOKEN, receiver)
        green = GreenApiWebhook(GREEN_TOKEN, receiver)
        return application([*cloud.routes(), *green.routes()])

    def worker(self, **more: Any) -> Worker:
        nowhere = CloudChannel(CloudClient(None, "http://127.0.0.1:1", "v1.0", "", ""))  # type: ignore[arg-type]
        return Worker(
            self.database,
            more.pop("dialog", DIALOG),
            {self.number.id: nowhere},
            self.serve,
            self.wakeups,
            apology=apology,
            **more,
        )

    def serve(self, tx: Transaction, person: Person, now: datetime) -> Services:
        transaction.set(tx)
        _stage.set(self.stage)
        return open_services(tx, now, FACTS, person)

    def intake(self) -> Intake:
        sources = {
            "cloud": Source(cloud_in.parse, self.known),
            "greenapi": Source(green_in.parse, {self.green.address: self.green}),
        }
        return Intake(self.database, sources)

    async def take_in(self) -> None:
        """What is stored by now comes into the inbox."""
        intake = self.intake()

        async def none_left() -> bool:
            while await intake.take():
                pass
            waiting = "SELECT EXISTS (SELECT FROM webhooks WHERE failed IS NULL)"
            return not await self.value(waiting)

        await eventually(none_left)

    async def receive(self, *bodies: Any) -> None:
        """Webhooks arrive, one after the other, past the HTTP that other tests are about."""
        posts = [("cloud", orjson.dumps(body), "test") for body in bodies]
        async with self.database.pool.acquire() as db:
            await webhooks.store(db, posts)
        await self.take_in()

    async def say(self, *words: str, frm: str | None = None, **more: Any) -> None:
        frm = None if "bsuid" in more else frm or phone(101)
        await self.receive(post(*(message(w, frm=frm, **more) for w in words)))

    async def settle(self, worker: Worker | None = None) -> None:
        """Turns, until nothing is left to answer; pauses before another try pass at once."""
        worker = worker or self.worker()

        async def quiet() -> bool:
            while await worker.take_turns():
                pass
            await self.execute("UPDATE inbox SET due_at = now() WHERE due_at > now()")
            return not await self.value("SELECT count(*) FROM inbox WHERE state = 'waiting'")

        await eventually(quiet)

    async def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        async with self.database.pool.acquire() as db:
            return [tuple(row) for row in await db.fetch(query, *arguments)]

    async def values(self, query: str, *arguments: Any) -> list[Any]:
        return [row[0] for row in await self.rows(query, *arguments)]

    async def value(self, query: str, *arguments: Any) -> Any:
        async with self.database.pool.acquire() as db:
            return await db.fetchval(query, *arguments)

    async def execute(self, statement: str, *arguments: Any) -> None:
        async with self.database.pool.acquire() as db:
            await db.execute(statement, *arguments)

    async def said(self) -> list[str]:
        """The words of every bubble, in the order they will leave."""
        return await self.values("SELECT content->>'text' FROM outbox ORDER BY id")

    async def effects(self) -> list[str]:
        return await self.values("SELECT what FROM effects ORDER BY id")

    async def announce(self, *facts: Fact) -> None:
        async with self.database.transaction() as tx:
            await inbox.announce(tx, facts)

    async def only_person(self) -> int:
        return int(await self.value("SELECT id FROM users"))


async def build(database: Database) -> House:
    async with database.pool.acquire() as db:
        number = await numbers.ensure(db, "cloud", NUMBER_ID, PORTFOLIO, 10_000)
        green = await numbers.ensure(db, "greenapi", INSTANCE, INSTANCE, 50)
    return House(database, number, green, Wakeups(database))


async def check_the_books(house: House) -> None:
    """received = answered + ignored(why) + parked(why) + waiting, and what each means."""
    wrong = await house.rows(
        """SELECT id, kind, state, reason FROM inbox AS i WHERE
             state NOT IN ('answered', 'ignored', 'parked', 'waiting')
             OR (state IN ('ignored', 'parked') AND reason IS NULL)
             OR (state = 'waiting' AND user_id IS NULL)
             OR (state = 'answered' AND kind <> 'fact' AND NOT EXISTS (
                   SELECT FROM outbox o WHERE o.inbox_id = i.id))
             OR (state = 'parked' AND kind <> 'fact' AND (
                   SELECT count(*) FROM outbox o WHERE o.inbox_id = i.id) <> 1)
             OR (state IN ('ignored', 'waiting') AND attempts < 3 AND EXISTS (  -- 3: was parked
                   SELECT FROM outbox o WHERE o.inbox_id = i.id))"""
    )
    assert not wrong, f"rows of the inbox that do not add up: {wrong}"
    unexplained = await house.rows(
        """SELECT id, state FROM outbox
           WHERE state IN ('skipped', 'failed', 'unknown') AND reason IS NULL"""
    )
    assert not unexplained, f"bubbles that do not say why: {unexplained}"


async def eventually(true: Callable[[], Awaitable[Any]], within: float = DEADLINE) -> Any:
    """What `true()` answers once it is true; AssertionError past the deadline."""
    deadline = asyncio.get_running_loop().time() + within
    while not (found := await true()):
        assert asyncio.get_running_loop().time() < deadline, "it never came true"
        await asyncio.sleep(0.01)
    return found


class Blackout:
    """The database can be away for a while: nobody is let in, who is in is thrown out."""

    def __init__(self, postgres: str, database: Database) -> None:
        self._arguments = arguments(make_url(postgres))
        self._name = database.url.database

    async def begin(self) -> None:
        await self._do(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false")
        await self.throw_out()

    async def throw_out(self, like: str = "%") -> None:
        """End the connections whose last statement was like this."""
        await self._do(
            """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
               WHERE datname = $1 AND query LIKE $2""",
            self._name,
            like,
        )

    async def end(self) -> None:
        await self._do(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")

    async def _do(self, statement: str, *arguments: Any) -> None:
        db = await asyncpg.connect(**self._arguments)
        try:
            await db.execute(statement, *arguments) if not arguments else await db.fetch(
                statement, *arguments
            )
        finally:
            await db.close()


def now() -> datetime:
    return datetime.now(UTC)


async def together(*work: Awaitable[Any]) -> Sequence[Any]:
    return await asyncio.gather(*work)


def words_of(items: Iterable[Any]) -> list[str]:
    return [item["text"]["body"] for item in items]


async def spoken(language: str, do: Services) -> None:
    """From here on this language, and kept."""
    await do.people.choose_language(do.me.id, language)
    speak(language)
