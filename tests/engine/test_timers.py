"""A timer fires once: in time, or late if nobody was there; and one process ticks for all."""

import asyncio
from datetime import timedelta

from bot import timers
from bot.scheduler import LOCK, Job, Scheduler
from tests.engine.house import FACTS, Blackout, House, News, eventually, now


async def somebody(house: House) -> int:
    await house.say("hi")
    await house.settle()
    return await house.only_person()


async def schedule(house: House, fact: News, seconds: float) -> None:
    async with house.database.transaction() as tx:
        await FACTS.schedule(tx, fact, now() + timedelta(seconds=seconds))


async def fire(house: House) -> int:
    async with house.database.pool.acquire() as db, db.transaction():
        return await timers.fire(db)


async def news(house: House) -> list[str]:
    await house.settle()
    return [words for words in await house.said() if words.startswith("News")]


async def test_it_fires_when_it_is_due_and_once(house: House) -> None:
    me = await somebody(house)
    await schedule(house, News(user_id=me, what="soon"), -0.01)
    await schedule(house, News(user_id=me, what="tomorrow"), 86_400)
    assert [await fire(house), await fire(house)] == [1, 0]
    assert await news(house) == ["News: soon (en)"]
    assert await house.value("SELECT count(*) FROM timers") == 1


async def test_after_a_long_time_away_everything_fires_late_in_its_order(house: House) -> None:
    me = await somebody(house)
    for n in (3, 1, 2):
        await schedule(house, News(user_id=me, what=str(n)), n - 86_400)
    await fire(house)
    assert await news(house) == ["News: 1 (en)", "News: 2 (en)", "News: 3 (en)"]


async def test_a_cancelled_one_does_not_fire(house: House) -> None:
    me = await somebody(house)
    await schedule(house, News(user_id=me), -1)
    async with house.database.transaction() as tx:
        await FACTS.cancel(tx, News(user_id=me))
    assert await fire(house) == 0


async def test_scheduled_again_it_moves(house: House) -> None:
    me = await somebody(house)
    await schedule(house, News(user_id=me), -1)
    await schedule(house, News(user_id=me), 3600)
    assert await fire(house) == 0
    await schedule(house, News(user_id=me), -2)
    assert await fire(house) == 1


async def test_after_it_fired_it_can_be_scheduled_anew(house: House) -> None:
    me = await somebody(house)
    for seconds in (-2, -1):
        await schedule(house, News(user_id=me, what="x" * 600), seconds)
        assert await fire(house) == 1
    assert len(await news(house)) == 2


async def test_a_timer_goes_with_the_transaction_it_was_set_in(house: House) -> None:
    me = await somebody(house)
    try:
        async with house.database.transaction() as tx:
            await FACTS.schedule(tx, News(user_id=me), now())
            raise RuntimeError
    except RuntimeError:
        pass
    assert await house.value("SELECT count(*) FROM timers") == 0


async def test_two_that_fire_at_once_fire_each_timer_once(house: House) -> None:
    me = await somebody(house)
    for n in range(200):
        await schedule(house, News(user_id=me, what=str(n)), -1)
    fired = await asyncio.gather(*(fire(house) for _ in range(4)))
    assert sum(fired) == 200
    assert len(set(await news(house))) == 200


async def test_a_process_killed_while_firing_fires_afterwards(house: House) -> None:
    me = await somebody(house)
    await schedule(house, News(user_id=me), -1)
    db = await house.database.pool.acquire()
    transaction = db.transaction()
    await transaction.start()
    assert await timers.fire(db) == 1
    db.terminate()
    await house.database.pool.release(db)
    assert await fire(house) == 1
    assert await news(house) == ["News: it (en)"]


# -- who ticks ----------------------------------------------------------------------------


class Ticks:
    """Schedulers over one database, and who of them ticked."""

    def __init__(self, house: House, count: int) -> None:
        self.ticked: list[int] = []
        self.stop = asyncio.Event()
        self.tasks = [asyncio.create_task(self._one(house, n)) for n in range(count)]

    async def _one(self, house: House, n: int) -> None:
        async def tick() -> None:
            self.ticked.append(n)

        await Scheduler(house.database, [Job("tick", 0.05, tick)]).run(self.stop)

    async def end(self) -> None:
        self.stop.set()
        await asyncio.gather(*self.tasks)


async def test_one_scheduler_ticks_and_another_takes_over_when_it_is_gone(
    house: House, blackout: Blackout
) -> None:
    ticks = Ticks(house, 2)
    await eventually(lambda: _more(ticks, 5))
    [first] = set(ticks.ticked)
    holder = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted"
    for _ in range(2):
        pid = await house.value(holder, LOCK)
        ticks.ticked.clear()
        await house.execute("SELECT pg_terminate_backend($1)", pid)
        await eventually(lambda: _more(ticks, 3))
        assert await house.value(holder, LOCK) != pid
    await blackout.begin()
    ticks.ticked.clear()
    await blackout.end()
    await eventually(lambda: _more(ticks, 3))
    await ticks.end()
    assert first in (0, 1)


async def _more(ticks: Ticks, count: int) -> bool:
    return len(ticks.ticked) >= count


async def test_a_job_that_fails_does_not_end_the_ticking(house: House) -> None:
    tried: list[int] = []

    async def fail() -> None:
        tried.append(1)
        raise RuntimeError

    stop = asyncio.Event()
    running = asyncio.create_task(Scheduler(house.database, [Job("f", 0.03, fail)]).run(stop))

    async def thrice() -> bool:
        return len(tried) >= 3

    await eventually(thrice)
    stop.set()
    await running


async def test_two_schedulers_with_real_timers_fire_each_once(house: House) -> None:
    me = await somebody(house)
    for n in range(30):
        await schedule(house, News(user_id=me, what=str(n)), n * 0.02)

    async def run() -> None:
        await fire(house)

    stop = asyncio.Event()
    both = [
        asyncio.create_task(Scheduler(house.database, [Job("fire", 0.05, run)]).run(stop))
        for _ in range(2)
    ]
    await eventually(lambda: house.value("SELECT NOT EXISTS (SELECT FROM timers)"))
    stop.set()
    await asyncio.gather(*both)
    assert await news(house) == [f"News: {n} (en)" for n in range(30)]
