"""How the reminder of a cart goes out: what it may not disturb, and by which way it is sent."""

from datetime import timedelta

from bot import handover
from bot.database.connections import Database
from bot.dialog.reply import Reply, reply_from
from bot.outbox import BULK
from tests.conversations.world import World


async def left(database: Database, *words: str) -> World:
    """Amina has said these words, and put something in her cart."""
    world = World(database)
    await world.begin()
    for said in ("hi", *words, "2x maize flour"):
        await world.says(world.phones["amina"], said)
    return world


async def reminders(world: World) -> list[tuple[int, Reply]]:
    """Their priority, and what they say."""
    async with world.database.pool.acquire() as db:
        rows = await db.fetch(
            """SELECT priority, content::text FROM outbox
               WHERE content ->> 'text' LIKE 'Your cart is still here%' ORDER BY id"""
        )
    return [(row["priority"], reply_from(row["content"])) for row in rows]


async def test_it_is_marketing_and_outside_the_window_not_sent(database: Database) -> None:
    world = await left(database)
    await world.later(timedelta(hours=4))
    [(priority, said)] = await reminders(world)
    assert priority == BULK
    assert said.template is None


async def test_who_agreed_gets_it_by_template(database: Database) -> None:
    world = await left(database, "news", "[Yes, please]")
    await world.later(timedelta(hours=4))
    [(_, said)] = await reminders(world)
    assert said.template is not None
    assert said.template.name == "cart_reminder"
    assert said.template.parameters == ("2 × Maize flour 2 kg", "Ksh 370")


async def test_who_is_with_an_agent_is_not_disturbed(database: Database) -> None:
    world = await left(database)
    amina, salma = (world.phones[name].user_id for name in ("amina", "salma"))
    async with database.pool.acquire() as db, db.transaction():
        await handover.take(db, amina, salma)
    await world.later(timedelta(hours=4))
    assert await reminders(world) == []
    async with database.pool.acquire() as db, db.transaction():
        await handover.hand_back(db, amina, salma)
    await world.later(timedelta(minutes=59))
    assert await reminders(world) == []
    await world.later(timedelta(minutes=1))
    assert len(await reminders(world)) == 1


async def test_a_cart_changed_while_the_timer_went_off_is_counted_anew(database: Database) -> None:
    world = await left(database)
    async with database.pool.acquire() as db:  # it fires early, as if the change had come late
        await db.execute("UPDATE timers SET due_at = $1", world.now)
    await world.later(timedelta(0))
    assert await reminders(world) == []
    await world.later(timedelta(hours=4))
    assert len(await reminders(world)) == 1
