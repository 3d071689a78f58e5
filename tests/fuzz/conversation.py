"""From a webhook's bytes to what people read, over a real database: intake, turns, outbox."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson

from bot import webhooks
from bot.channels import cloud_in, green_in
from bot.database.connections import Database, connect
from bot.intake import Intake, Source
from bot.numbers import Number, ensure
from handlers.chat import dialog
from services.ground.wire import Unreadable, read_json
from services.payments.events import store
from services.payments.provider import BadBody, BadSignature
from tests.conversations.phone import Phone
from tests.conversations.world import World
from tests.fuzz.channels import CLOUD, GREEN, MESSAGES
from tests.fuzz.money import EVENTS, STRIPE, signed
from tests.fuzz.seeds import LANGUAGE, dumped
from tests.fuzz.target import Target

NUMBER, INSTANCE = "106540352242922", "1101000001"
TIRED = 40  # things a person says before another takes their place

Run = Callable[[bytes], Awaitable[None]]


class Parked(Exception):
    """A turn failed; `why` is the kind of error."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.why = reason.partition(":")[0]


@contextlib.asynccontextmanager
async def targets(database_url: str) -> AsyncIterator[tuple[Target, ...]]:
    database = await connect(database_url, connections=4)
    world = World(database)
    await world.begin()
    async with database.pool.acquire() as db:
        ours = {
            "cloud": await ensure(db, "cloud", NUMBER, "portfolio", 80),
            "greenapi": await ensure(db, "greenapi", INSTANCE, INSTANCE, 50),
        }
    typed = tuple(one.encode() for one in LANGUAGE)
    refused = (Unreadable,)
    events = await _of_ours(world)
    yield (
        Target("cloud webhook kept", CLOUD, _kept(database, ours, "cloud"), refused, 3),
        Target("green webhook kept", GREEN, _kept(database, ours, "greenapi"), refused, 3),
        Target("stripe event settled", events, _settled(world), (BadBody, BadSignature), 3),
        Target("conversation", (*dumped(*MESSAGES), *TAPS, *typed), _talk(world), (), 5),
    )
    await database.close()


# -- webhooks --------------------------------------------------------------------------


def _kept(database: Database, ours: dict[str, Number], source: str) -> Run:
    parse = {"cloud": cloud_in.parse, "greenapi": green_in.parse}[source]
    known = {ours[source].address: ours[source]}
    intake = Intake(database, {source: Source(parse, known)})

    async def run(raw: bytes) -> None:
        """Everything the parser gives comes to lie in the inbox, whole; people's are known."""
        parsed = parse(read_json(raw))
        async with database.pool.acquire() as db:
            before = await db.fetchval("SELECT coalesce(max(id), 0) FROM inbox")
            await webhooks.store(db, [(source, raw, "fuzz")])
            while await intake.take():
                pass
            failed = await db.fetchval("DELETE FROM webhooks RETURNING failed")
            rows = await db.fetch(
                "DELETE FROM inbox WHERE id > $1 RETURNING kind, reason, payload", before
            )
            await db.execute("DELETE FROM parked_statuses")
        assert failed is None, failed
        assert not any(row["reason"] == "not storable" for row in rows)
        assert len(rows) == len({(u.address in known, u.provider_id) for u in parsed.updates})

    return run


# -- money -----------------------------------------------------------------------------


async def _of_ours(world: World) -> tuple[bytes, ...]:
    """The events on file as if they were about a payment of ours that waits."""
    amina = world.phones["amina"]
    for words in ("hi", "2x maize flour", "checkout", "[I pick it up]", "[Pay by card]"):
        await world.says(amina, words)
    uuid = str(await world.value("SELECT uuid FROM payments"))
    events = [orjson.loads(raw) for raw in EVENTS]
    for event in events:
        event["data"]["object"]["metadata"] = {"payment": uuid, "attempt": "1"}
    return (*EVENTS, *dumped(*events))


def _settled(world: World) -> Run:
    """A signed event is stored and settled: held, unmatched or ignored, and never in the way."""

    async def run(raw: bytes) -> None:
        told = STRIPE.verify(raw, {"Stripe-Signature": signed(raw)})
        word = STRIPE.read(told.raw)
        async with world.database.transaction() as tx:
            await store(tx, told, world.now)
        async with world.database.transaction() as tx:
            await world._desks["stripe"].settler(tx).settle(word)
        async with world.database.pool.acquire() as db:
            await db.execute("DELETE FROM payment_events")

    return run


# -- people ----------------------------------------------------------------------------


def _tap(id_: str) -> dict[str, Any]:
    reply = {"type": "button_reply", "button_reply": {"id": id_, "title": "?"}}
    return {"type": "interactive", "interactive": reply}


_CHOICES = ("1", "more:9", "add:1:1:9", "product:1", "zone:1", "yes", "x:y", "")
TAPS = dumped(
    *(_tap(f"!{tag}:{n}") for tag in dialog.actions for n in ("1", "1042")),
    *(_tap(f"{cls.tag}|1|{choice}") for cls in dialog.steps for choice in _CHOICES[:4]),
)


def _talk(world: World) -> Run:
    people = itertools.count(1)
    said = itertools.count(1)

    async def run(raw: bytes) -> None:
        """A person sends this: the turn is taken, and the session can be loaded."""
        if next(said) % TIRED == 1:
            number = f"120255{next(people):05d}"
            world.phones[number] = Phone(number, "F", number, f"US.9{number}")
        phone = [*world.phones.values()][-1]
        await world.sends(phone, _message(raw))
        async with world.database.pool.acquire() as db:
            reason = await db.fetchval("SELECT reason FROM inbox WHERE attempts > 0 LIMIT 1")
            await db.execute("DELETE FROM inbox WHERE attempts > 0 OR kind = 'unknown'")
        if reason is not None:
            raise Parked(reason)
        if phone.user_id and (state := await world.state(phone)):
            assert dialog.dump(dialog.load(state)) == state
        if len(raw) % 3 == 0:
            await _tap_something(world, phone, len(raw) // 3)

    return run


async def _tap_something(world: World, phone: Phone, which: int) -> None:
    """So that hostile words are said everywhere in the conversation."""
    taps = [tap for bubble in phone.seen[-3:] for tap in bubble.taps.values()]
    if taps:
        await world.sends(phone, taps[which % len(taps)])


def _message(raw: bytes) -> dict[str, Any]:
    """A message of this person, whatever else it is."""
    try:
        value = read_json(raw)
    except Unreadable:
        value = None
    if not isinstance(value, dict) or value.get("type") == "system":  # those no person can send
        words = raw.decode("utf-8", "replace").replace("\0", "")
        return {"type": "text", "text": {"body": words}}
    return {key: each for key, each in value.items() if key not in _WHOSE}


_WHOSE = frozenset(("id", "from", "from_user_id", "timestamp", "group_id"))
