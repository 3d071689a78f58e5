"""A recorded turn taken again: on the same code it is the same, whatever the data has become."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.commands import replay
from bot.commands.replay import replayed
from bot.database.connections import Database
from bot.dialog import Reply
from handlers.chat.shopping.receiving import Receive
from services import Services
from services.ground.people import Person
from services.ground.transaction import Transaction
from services.shopping.facts import OrderAccepted
from tests.conversations.world import FACTS, Trouble, World
from tests.replay.studio import PURCHASE, bought, contents, opened, other, shadow, trial

AMINA = "+12025550101"
GONE = """TRUNCATE businesses, shops, products, product_variants, stock, carts, orders, payments
          RESTART IDENTITY CASCADE"""


async def test_a_whole_conversation_is_the_same_on_the_same_code(database: Database) -> None:
    await bought(database)
    found = await shadow(database)
    assert len(found.turns) > len(PURCHASE)  # the shop hears of the order
    assert other(found.turns) == []
    assert found.conversations == 2  # the customer's, the owner's


async def test_the_data_may_have_changed_since(database: Database) -> None:
    world = await bought(database)
    for change in ("price FLOUR 199", "stock FLOUR-2 0", "gone RICE"):
        await world.changes(change)
    await world.later(timedelta(days=2))
    assert other((await shadow(database)).turns) == []


async def test_the_data_may_even_be_gone(database: Database) -> None:
    await bought(database)
    async with database.pool.acquire() as db, db.transaction():
        await db.execute("SET LOCAL session_replication_role = replica")  # the ledger would refuse
        await db.execute(GONE)
    assert other((await shadow(database)).turns) == []


async def test_nothing_is_written_or_sent(database: Database) -> None:
    world = await bought(database)
    before = await contents(database)
    tried = await trial(database)
    assert len(await replayed(tried, AMINA, 50)) == len(PURCHASE)
    await shadow(database)
    async with database.pool.acquire() as db:
        await db.execute("CREATE TABLE kept AS TABLE recordings; TRUNCATE recordings")
    assert not any(one.is_recorded for one in await replayed(tried, AMINA, 50))
    async with database.pool.acquire() as db:
        await db.execute("INSERT INTO recordings TABLE kept; DROP TABLE kept")
    assert await contents(database) == before
    assert not await world._worker.take_turns()


async def test_what_new_code_writes_is_undone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks what nobody asked then: today's data answers, and the report says so."""
    asks = Receive.ask

    async def forgets_the_cart(self: Receive, do: Services) -> object:
        await do.shopping.clear(do.me.id)
        await FACTS.schedule(
            do.shopping._tx, OrderAccepted(user_id=do.me.id, order_id=1, order_number=1), do.now
        )
        return await asks(self, do)

    await bought(database)
    before = await contents(database)
    monkeypatch.setattr(Receive, "ask", forgets_the_cart)
    found = await shadow(database)
    [one] = found.asked_new
    assert (one.step_before, one.differences, one.new > 0) == ("shopping.added", [], True)
    assert await contents(database) == before


async def test_a_statement_asked_twice_is_answered_twice_as_then(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = Receive.ask

    async def asks_twice(self: Receive, do: Services) -> object:
        await asks(self, do)
        return await asks(self, do)

    world = await bought(database)
    await world.changes("price FLOUR 199")
    monkeypatch.setattr(Receive, "ask", asks_twice)
    assert other((await shadow(database)).turns) == []


# -- turns that failed -------------------------------------------------------------------


def failing(tx: Transaction, person: Person, now: object, world: World) -> Services:
    world.trouble = Trouble("shopping", "categories", 1)
    return world._serve(tx, person, now)  # type: ignore[arg-type]


async def test_a_turn_that_was_parked_ends_in_the_same_exception(database: Database) -> None:
    world = await opened(database)
    world.trouble = Trouble("shopping", "categories", 3)
    for words in ("hi", "[Shop]"):
        await world.says(world.phones["amina"], words)
    parked = await world.value("SELECT id FROM inbox WHERE state = 'parked'")
    world.trouble = None

    same = await trial(
        database, serve=lambda _brand, tx, of, now: failing(tx, of, now, world=world)
    )
    [again] = await replayed(same, str(parked), 1)
    assert (again.is_recorded, again.differences, again.new) == (True, [], 0)

    [mended] = await replayed(await trial(database), str(parked), 1)
    assert [(each.about, each.how) for each in mended.differences] == [
        ("error", "RuntimeError → none")
    ]


# -- turns that were not recorded --------------------------------------------------------


async def unrecorded(database: Database, said: Sequence[str]) -> World:
    world = await bought(database, said)
    async with database.pool.acquire() as db:
        await db.execute("TRUNCATE recordings")
    return world


async def test_without_a_recording_the_data_of_today_answers(database: Database) -> None:
    world = await unrecorded(database, PURCHASE[:4])
    turns = await replayed(await trial(database), AMINA, 50)
    assert [one.differences for one in turns] == [[]] * 4
    assert {one.is_recorded for one in turns} == {False}
    assert "on the data of today" in replay.as_text(turns, with_words=False)

    await world.changes("gone FLOUR")
    *_, shelf, product = await replayed(await trial(database), AMINA, 50)
    assert ("bubble 1", "other choices and text") in [(d.about, d.how) for d in shelf.differences]
    assert product.differs


async def test_where_nobody_knows_any_more_what_was_known_it_says_so(database: Database) -> None:
    await unrecorded(database, PURCHASE)
    *_, ordered, _ = await replayed(await trial(database), AMINA, 50)
    assert ordered.problem == "it was not recorded, nor is what was known at shopping.summary"


async def test_a_parked_one_is_taken_from_the_session_it_waits_at(database: Database) -> None:
    world = await opened(database)
    world.trouble = Trouble("shopping", "categories", 3)
    for words in ("hi", "[Shop]"):
        await world.says(world.phones["amina"], words)
    async with database.pool.acquire() as db:
        await db.execute("TRUNCATE recordings")
    parked = await world.value("SELECT id FROM inbox WHERE state = 'parked'")
    [mended] = await replayed(await trial(database), str(parked), 1)
    assert [each.how for each in mended.differences] == ["RuntimeError → none"]


async def test_what_had_no_turn_cannot_be_taken_again(database: Database) -> None:
    world = await bought(database)
    async with database.pool.acquire() as db:
        await db.execute(
            """INSERT INTO inbox (provider_id, kind, payload, state, reason)
               VALUES ('wamid.odd', 'unknown', '{}', 'ignored', 'unknown number')"""
        )
    [one] = await replayed(await trial(database), "wamid.odd", 1)
    assert one.problem == "it had no turn: unknown number"
    assert await replayed(await trial(database), "wamid.nobody", 1) == []
    assert world.phones["amina"].user_id


# -- what is shown -----------------------------------------------------------------------


async def test_words_are_shown_only_when_asked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asks(self: Receive, do: Services) -> Reply:
        return Reply("A very new sentence.")

    await bought(database)
    monkeypatch.setattr(Receive, "ask", asks)
    turns = await replayed(await trial(database), AMINA, 50)
    for told in (replay.as_text, replay.as_json):
        assert "A very new sentence." not in told(turns, with_words=False)
        assert "How would you like to get it?" not in told(turns, with_words=False)
        assert "A very new sentence." in told(turns, with_words=True)
        assert "How would you like to get it?" in told(turns, with_words=True)
