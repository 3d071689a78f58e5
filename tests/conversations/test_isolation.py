"""Every step and button of a business, tried by somebody of another one: nothing is told of it,
and nothing in it changes."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.database.connections import Database
from bot.dialog import Again, Done, Go, NotUnderstood, Said, Step
from bot.dialog.reply import Words, bubbles
from handlers.chat import business, question
from services import Services
from services.businesses.errors import NotPermitted
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.ground.files import FileCame
from services.ground.people import Person
from services.ground.transaction import Transaction
from services.payments.errors import NoSuchPayment
from tests.conversations.world import World

STEPS = [*business.STEPS, *question.STEPS]
ACTIONS = {**business.ACTIONS, **question.ACTIONS}
THEIRS = ("Duka la Mfano", "Amina", "Salma", "Maize flour", "1042", "Is it fresh")
"""What only the people of the other business may read."""
PUBLIC = {"people.whom", "people.ask", "people.passing"}  # anybody may ask any shop, by its name
TABLES = {"businesses": "id", "order_events": "order_id"} | dict.fromkeys(
    ("business_members", "business_messages", "business_papers", "orders", "products"),
    "business_id",
)
"""What only they may change, and whose a row is."""
TYPED = ("yes", "no", "5", "Hello there", "+1 202 555 0102", "10:00-12:00")


async def market(database: Database) -> tuple[World, dict[str, int]]:
    """The story's shop with an order and a question; Ben has opened one of his own."""
    world = World(database)
    await world.begin()
    ben, amina = world.phones["ben"], world.phones["amina"]
    for words in ("hi", "1x maize flour", "checkout", "[I pick it up]", "[Cash at pick-up]"):
        await world.says(amina, words)
    for words in ("agent", "Is it fresh?", "menu"):
        await world.says(amina, words)
    lines = ("hi", "sell", "Ben's", "[Crafts and gifts]", "[That is right]", "Mfano Lane 3")
    for words in (*lines, "[They fetch it]", "[No cash]", "menu"):
        await world.says(ben, words)
    ids = {
        "business_id": await world.value("SELECT id FROM businesses WHERE slug = 'duka-la-mfano'"),
        "order_id": await world.value("SELECT max(id) FROM orders"),
        "message_id": await world.value("SELECT max(id) FROM business_messages"),
        "user_id": world.phones["juma"].user_id,
        **dict.fromkeys(("request_id", "proof_id", "voucher_id", "review_id", "product_id"), 1),
    }
    return world, ids


@contextlib.asynccontextmanager
async def turn_of(world: World, database_url: str) -> AsyncIterator[tuple[Services, Transaction]]:
    """Ben's turn, of which nothing remains."""
    ben = Person(world.phones["ben"].user_id, "Ben", "en", "Africa/Nairobi", is_member=True)
    engine = create_async_engine(database_url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.begin()
        tx = Transaction(connection)
        yield world._serve(tx, ben, world.now), tx
        await connection.rollback()
    await engine.dispose()


async def state(tx: Transaction, ids: dict[str, int]) -> list[Any]:
    """All that the other business has."""
    found = []
    for table, whose in TABLES.items():
        which = ids["order_id"] if whose == "order_id" else ids["business_id"]
        rows = text(f"SELECT * FROM {table} WHERE {whose} = :which ORDER BY 1, 2")
        found.append(list(await tx.rows(rows.bindparams(which=which))))
    return found


def steps(ids: dict[str, int]) -> list[Step]:
    """Each step as it would be if Ben's session named what is not his."""
    more = {"phone": "+12025550102", "name": "Cap", "price": 100, "quantity": 1, "expected": 7}
    more |= {"amount": 100, "left": 100, "currency": "KES", "to_do": False, "country": "KE"}
    more |= {"time_zone": "Africa/Nairobi", "words": "Hello", "sku": "FLOUR-2KG", "stock": 1}
    more |= {"code": "MINE", "kind": "fixed", "minimum": 0, "until": None, "times": None}
    more |= {"edition": 1, "file_id": 7, "item_id": 1, "return_id": 1, "shipped": 0}
    made = []
    for cls in STEPS:
        known = {n: v for n, v in {**more, **ids}.items() if n in cls.model_fields}
        if cls.tag in ("business.papers", "people.passing"):
            known["expected"] = (7,)
        made.append(cls(**known))
    return made


async def said_by(doing: Awaitable[Any]) -> str:
    """What a person would read of it."""
    try:
        to = await doing
    except (NotFound, NotPermitted, NoSuchPayment):
        return ""
    except NotUnderstood as why:
        return str(why)
    match to:
        case Go(say=say) | Again(say=say) | Done(say=say):
            return _text(say)
        case str() | tuple():
            return _text(to)
    return _text(to) if hasattr(to, "choices") else ""


def _text(words: Words) -> str:
    return "\n".join(
        "\n".join((one.text, *(f"{choice.label} {choice.description}" for choice in one.choices)))
        for one in bubbles(words)
    )


async def attempts(step: Step, do: Services) -> AsyncIterator[str]:
    asked = step.ask(do)
    yield await said_by(asked)
    choices: tuple[Any, ...] = ()
    with contextlib.suppress(NotFound, NotPermitted):
        choices = tuple(c for one in bubbles(await step.ask(do)) for c in one.choices)
    own = ("all", "keep", "role", "remove", "leave", "withdraw", "owner", "quiet", "orders", "0")
    for tap in {*own, *(choice.id for choice in choices)}:
        yield await said_by(step.answer(Said(tapped=tap, offered=choices), do))
    for words in TYPED:
        yield await said_by(step.answer(Said(words, offered=choices), do))
    fact: Fact = FileCame(user_id=do.me.id, file_id=7, kind="image", file_key="aa.jpg")
    heard = await _heard(step, fact, do)
    yield heard


async def _heard(step: Step, fact: Fact, do: Services) -> str:
    async def hear() -> Any:
        return await step.hear(fact, do) or ""

    return await said_by(hear())


async def test_no_step_tells_or_changes_what_is_another_s(
    database: Database, database_url: str
) -> None:
    world, ids = await market(database)
    for step in steps(ids):
        async with turn_of(world, database_url) as (do, tx):
            before = await state(tx, ids)
            async for words in attempts(step, do):
                shown = [one for one in THEIRS if one in words and step.tag not in PUBLIC]
                assert not shown, f"{step.tag} tells {shown}: {words}"
                if step.tag not in PUBLIC:
                    assert await state(tx, ids) == before, step.tag


async def test_no_button_tells_or_changes_what_is_another_s(
    database: Database, database_url: str
) -> None:
    world, ids = await market(database)
    for tag, number in itertools.product(ACTIONS, {*ids.values()}):
        async with turn_of(world, database_url) as (do, tx):
            before = await state(tx, ids)
            words = await said_by(ACTIONS[tag](str(number), do))
            assert not [one for one in THEIRS if one in words], f"{tag}: {words}"
            assert await state(tx, ids) == before, tag
