"""Killed at every point at which it waits, started again, and nothing is lost, doubled or out of
order: receiving, taking apart, a turn, a timer. (Sending and money have files of their own.)
"""

import asyncio
from datetime import timedelta

import orjson
import pytest

from bot import timers, webhooks
from bot.receiver import Receiver
from tests.engine.house import FACTS, House, News, eventually, message, now, phone, post
from tests.faults.conftest import over
from tests.faults.kills import Process, lives


async def test_a_turn_takes_effect_once(house: House, database_url: str) -> None:
    async for process in lives(database_url):
        amina = phone(process.dies_at)
        words = [f"{one} {process.dies_at}" for one in ("first", "second")]
        await house.say(*words, frm=amina)
        worker = over(house, process).worker()

        await process.run(worker.take_turns())

        await house.settle()
        assert (await house.effects())[-2:] == words
        assert [each for each in await house.said() if each in words] == words
        assert len(await house.effects()) == 2 * process.dies_at
        assert len(await house.said()) == 3 * process.dies_at  # and the question to a stranger
    assert process.suspensions >= 10  # a turn that waited for nothing would not have been tested


async def test_a_failing_turn_fails_no_more_often_for_it(house: House, database_url: str) -> None:
    async def breaks(*_: object) -> None:
        raise RuntimeError("on purpose")

    async for process in lives(database_url):
        house.stage.play = breaks
        await house.say("please", frm=phone(process.dies_at))
        worker = over(house, process).worker()

        await process.run(worker.take_turns())
        await house.settle()

        assert await house.values("SELECT DISTINCT state FROM inbox") == ["parked"]
        assert await house.said() == ["Sorry (en)"] * process.dies_at


async def test_what_is_taken_apart_is_taken_once_and_in_order(
    house: House, database_url: str
) -> None:
    async for process in lives(database_url):
        frm = phone(process.dies_at)
        words = [f"{one} {process.dies_at}" for one in ("one", "two", "three")]
        first, second, third = (message(each, frm=frm) for each in words)
        bodies = [post(first, second), post(second, third)]  # and one of them told twice
        posts = [("cloud", orjson.dumps(body), "test") for body in bodies]
        async with house.database.pool.acquire() as db:
            await webhooks.store(db, posts)

        await process.run(over(house, process).intake().take())

        await house.take_in()
        found = await house.values("SELECT payload->'text'->>'body' FROM inbox ORDER BY id")
        assert found[-3:] == words
        assert len(found) == 3 * process.dies_at
    await house.settle()


@pytest.mark.parametrize("at_once", [1, 3])
async def test_what_was_answered_200_is_on_disk(
    house: House, database_url: str, at_once: int
) -> None:
    async for process in lives(database_url):
        frm = phone(process.dies_at)
        bodies = [orjson.dumps(post(message(f"{n}", frm=frm))) for n in range(at_once)]
        answered: list[bytes] = []

        async def receive(process: Process, bodies: list[bytes], answered: list[bytes]) -> None:
            receiver = Receiver(process.database)
            receiver.start()

            async def one(body: bytes) -> None:
                await receiver.store("cloud", body, "test")
                answered.append(body)

            await asyncio.gather(*(one(body) for body in bodies))
            await receiver.stop()

        await process.run(receive(process, bodies, answered))

        kept = await house.values("SELECT body FROM webhooks")
        assert not [body for body in answered if body not in kept]
        again = [("cloud", body, "test") for body in bodies if body not in answered]
        if again:  # nobody told the provider that it had arrived
            async with house.database.pool.acquire() as db:
                await webhooks.store(db, again)
        await house.take_in()
        assert await house.value("SELECT count(*) FROM inbox") == at_once * process.dies_at
    await house.settle()


async def test_a_timer_fires_once(house: House, database_url: str) -> None:
    await house.say("hello")
    await house.settle()
    me = await house.only_person()

    async def fire(process: Process) -> None:
        async with process.database.pool.acquire() as db, db.transaction():
            await timers.fire(db)

    async for process in lives(database_url):
        due = now() - timedelta(seconds=1)
        async with house.database.transaction() as tx:
            await FACTS.schedule(tx, News(user_id=me, what=str(process.dies_at)), due)

        await process.run(fire(process))

        async def fired() -> bool:
            async with house.database.pool.acquire() as db, db.transaction():
                await timers.fire(db)
            return not await house.value("SELECT count(*) FROM timers")

        await eventually(fired)
        await house.settle()
        told = await house.values("SELECT content->>'text' FROM outbox WHERE priority = 1")
        assert [each for each in told if each] == [
            f"News: {n} (en)" for n in range(1, process.dies_at + 1)
        ]
