"""One person's messages are answered one at a time, in their order, each exactly once."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text

from bot import claims
from bot.dialog import Again, Next, Said
from bot.observe.metrics import UNREADABLE
from services import Services
from tests.engine.house import (
    DIALOG,
    FACTS,
    Blackout,
    House,
    News,
    Wanted,
    effect,
    eventually,
    message,
    now,
    phone,
    post,
    spoken,
    transaction,
)

AMINA, BEN = phone(101), phone(102)


async def test_order_per_person_is_kept_by_two_workers(house: House) -> None:
    chance = random.Random(7)

    async def slowly(said: Said, do: Services) -> Next | None:
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() * 0.004)
        return None

    house.stage.play = slowly
    people = [phone(n) for n in range(50)]
    workers = [house.worker(people=8), house.worker(people=8)]
    stop = asyncio.Event()
    running = [asyncio.create_task(worker.run(stop)) for worker in workers]
    lines = [(str(n), person) for n in range(20) for person in people]
    for start in range(0, len(lines), 100):
        part = lines[start : start + 100]
        await house.receive(post(*(message(words, frm=person) for words, person in part)))
    await eventually(
        lambda: house.value("SELECT count(*) = 1000 FROM inbox WHERE state = 'answered'")
    )
    stop.set()
    house.wakeups.wake("inbox")
    await asyncio.gather(*running)
    wanted = [str(n) for n in range(20)]
    for user_id in await house.values("SELECT id FROM users"):
        mine = "SELECT what FROM effects WHERE user_id = $1 ORDER BY id"
        assert await house.values(mine, user_id) == wanted
        said = "SELECT content->>'text' FROM outbox WHERE user_id = $1 ORDER BY id"
        assert [w for w in await house.values(said, user_id) if "What" not in w] == wanted


DIE = """CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF nextval('shots') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
           RETURN NEW; END $$"""
POINTS = {
    "at its first effect": "BEFORE INSERT ON effects FOR EACH ROW",
    "at its session": "AFTER UPDATE ON sessions FOR EACH ROW",
    "at its replies": "AFTER INSERT ON outbox FOR EACH ROW",
    "at its inbox row": "AFTER UPDATE ON inbox FOR EACH ROW",
}
AT_COMMIT = "AFTER INSERT ON effects DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"


@pytest.mark.parametrize("point", [*POINTS, "at its commit"])
async def test_a_worker_whose_connection_is_killed_does_everything_once(
    house: House, point: str
) -> None:
    await house.say("one", "two")
    await house.say("three", frm=BEN)
    await house.execute("CREATE SEQUENCE shots")
    await house.execute(DIE)
    where, kind = POINTS.get(point, AT_COMMIT), "" if point in POINTS else "CONSTRAINT"
    await house.execute(f"CREATE {kind} TRIGGER t {where} EXECUTE FUNCTION die()")
    await running_until_quiet(house)
    assert Counter(await house.effects()) == Counter(("one", "two", "three"))
    said = [words for words in await house.said() if "What" not in words]
    assert Counter(said) == Counter(("one", "two", "three"))
    assert await house.value("SELECT last_value > 1 FROM shots")


async def test_connections_killed_between_statements_lose_and_double_nothing(
    house: House, blackout: Blackout
) -> None:
    """Killed from outside, wherever the worker happens to be."""

    async def slowly(said: Said, do: Services) -> Next | None:
        await effect(do, said.text)
        await asyncio.sleep(0.005)
        return Again(said.text, quietly=True)

    house.stage.play = slowly
    await house.say(*(str(n) for n in range(40)))
    await house.say(*(str(n) for n in range(40, 80)), frm=BEN)
    stop = asyncio.Event()
    running = asyncio.create_task(house.worker(people=2).run(stop))
    for _ in range(6):
        await asyncio.sleep(0.03)
        await blackout.throw_out("%INTO effects%")
    await house.settle()
    stop.set()
    house.wakeups.wake("inbox")
    await running
    assert Counter(await house.effects()) == Counter(str(n) for n in range(80))
    mine = await house.values("SELECT what FROM effects WHERE user_id = 1 ORDER BY id")
    assert mine == [str(n) for n in range(40)]


async def running_until_quiet(house: House) -> None:
    """A worker in its own loop, until nothing waits."""
    stop = asyncio.Event()
    running = asyncio.create_task(house.worker().run(stop))

    async def quiet() -> bool:
        house.wakeups.wake("inbox")
        waiting = "SELECT count(*) FROM inbox WHERE state = 'waiting'"
        return not await house.value(waiting)

    await eventually(quiet)
    stop.set()
    house.wakeups.wake("inbox")
    await running


async def test_while_the_database_is_away_the_worker_waits_for_it(
    house: House, blackout: Blackout
) -> None:
    await house.say("one")
    await blackout.begin()
    stop = asyncio.Event()
    running = asyncio.create_task(house.worker().run(stop))
    await asyncio.sleep(0.1)
    await blackout.end()

    async def answered() -> bool:
        house.wakeups.wake("inbox")
        return bool(await house.value("SELECT count(*) FROM inbox WHERE state = 'answered'"))

    await eventually(answered)
    stop.set()
    house.wakeups.wake("inbox")
    await running
    assert await house.effects() == ["one"]


async def test_a_deadlock_between_two_turns_runs_them_again_one_by_one(house: House) -> None:
    await house.execute("CREATE TABLE shelves (id int PRIMARY KEY)")
    await house.execute("INSERT INTO shelves VALUES (1), (2)")
    both = asyncio.Barrier(2)
    order = {"a": (1, 2), "b": (2, 1)}
    tries: Counter[str] = Counter()

    async def cross(said: Said, do: Services) -> Next | None:
        tries[said.text] += 1
        lock = text("SELECT id FROM shelves WHERE id = :id FOR UPDATE")
        for id_ in order[said.text]:
            await transaction.get().execute(lock, {"id": id_})
            if tries[said.text] == 1 and id_ == order[said.text][0]:
                await both.wait()
        return None

    house.stage.play = cross
    await house.say("a")
    await house.say("b", frm=BEN)
    await asyncio.gather(house.worker(people=1).take_turns(), house.worker(people=1).take_turns())
    await house.settle()
    assert sorted(await house.effects()) == ["a", "b"]
    assert sorted(tries.values()) == [1, 2]


async def test_who_had_a_turn_between_the_claims_look_and_its_lock_is_left_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock would be had, and what was read with it be out of date."""
    await house.say("once")
    lock = "SELECT pg_advisory_xact_lock(4711)"
    slow = claims._CLAIM.replace("WHERE user_id IS NOT NULL", f"WHERE ({lock}) IS NOT NULL")
    assert slow != claims._CLAIM
    async with house.database.transaction() as gate:
        await gate.execute(text(lock))
        with monkeypatch.context() as patched:
            patched.setattr(claims, "_CLAIM", slow)
            late = asyncio.create_task(house.worker().take_turns())
            looking = "SELECT EXISTS (SELECT FROM pg_locks WHERE objid = 4711 AND NOT granted)"
            await eventually(lambda: house.value(looking))
        await house.settle()
        assert not late.done()
    assert not await late
    assert await house.effects() == ["once"]


# -- facts ------------------------------------------------------------------------------


async def test_a_fact_announced_twice_is_told_once(house: House) -> None:
    await house.say("hi")
    await house.settle()
    me = await house.only_person()
    await house.announce(News(user_id=me, what="it came"), News(user_id=me, what="it came"))
    await house.announce(News(user_id=me, what="it came"))
    await house.settle()
    await house.announce(News(user_id=me, what="it came"), News(user_id=me, what="again"))
    await house.settle()
    told = [words for words in await house.said() if words.startswith("News")]
    assert told == ["News: it came (en)", "News: again (en)"]


async def test_a_fact_goes_with_the_transaction_it_was_announced_in(house: House) -> None:
    await house.say("hi")
    await house.settle()
    me = await house.only_person()
    with pytest.raises(RuntimeError):
        async with house.database.transaction() as tx:
            await FACTS.announce(tx, News(user_id=me))
            raise RuntimeError
    assert await house.value("SELECT count(*) FROM inbox WHERE kind = 'fact'") == 0


async def test_a_fact_of_a_turn_that_failed_is_not_told(house: House) -> None:
    once = [RuntimeError("once")]

    async def tell(said: Said, do: Services) -> Next | None:
        await FACTS.announce(transaction.get(), News(user_id=do.me.id, what=said.text))
        if once:
            raise once.pop()
        return None

    house.stage.play = tell
    await house.say("hi")
    await house.settle()
    assert [words for words in await house.said() if "News" in words] == ["News: hi (en)"]


async def test_a_fact_is_claimed_by_the_step_or_becomes_a_notice(house: House) -> None:
    await house.say("hi")
    await house.settle()
    me = await house.only_person()
    await house.announce(Wanted(user_id=me), News(user_id=me))
    await house.settle()
    assert await house.effects() == ["hi", "wanted"]
    assert (await house.said())[-2:] == ["It has come.", "News: it (en)"]
    priorities = await house.values("SELECT priority FROM outbox ORDER BY id")
    assert priorities == [0] * (len(priorities) - 2) + [1, 1]


async def test_a_fact_with_very_long_words_is_told(house: House) -> None:
    await house.say("hi")
    await house.settle()
    me = await house.only_person()
    for end in ("one", "two", "one"):
        await house.announce(News(user_id=me, what="x" * 2000 + end))
    await house.settle()
    told = [words[-8:] for words in await house.said() if words.startswith("News")]
    assert told == ["one (en)", "two (en)"]


# -- sessions and languages ---------------------------------------------------------------


async def test_a_session_of_another_release_starts_over(house: House) -> None:
    await house.say("hi")
    await house.settle()
    states: list[str] = [
        '{"version": 9, "stack": [{"tag": "not.known"}], "asked": 7}',
        '{"stack": [{"tag": "test.home", "count": "many"}], "asked": 7}',
        '{"stack": [{"tag": "test.home"}], "offered": 5, "asked": 7}',
        '{"stack": [{"tag": "test.home"}], "offered": [[1, 2, 3]], "asked": "x"}',
        '{"stack": "test.home"}',
        "{}",
    ]
    for state in states:
        await house.execute("UPDATE sessions SET state = $1::text::jsonb", state)
        await house.say("hi again")
        await house.settle()
        assert (await house.said())[-2] == "I lost the thread."
    assert await house.values("SELECT DISTINCT state FROM inbox") == ["answered"]


async def test_who_comes_back_after_days_to_a_step_that_is_gone_goes_on_from_home(
    house: House,
) -> None:
    """Whatever they begin with; it is counted, and what they say next is heard as ever."""
    unreadable = UNREADABLE._value.get()
    await house.say("hi")
    await house.settle()
    tap = {"type": "button_reply", "button_reply": {"id": "test.gone|3|x", "title": "Go"}}
    picture = {"id": "m1", "mime_type": "image/jpeg"}
    kinds: tuple[dict[str, Any], ...] = (
        {},
        {"type": "interactive", "interactive": tap},
        {"type": "image", "image": picture},
    )
    for more in kinds:
        await house.execute(
            """UPDATE sessions SET talked_at = now() - interval '9 days', state =
               '{"version": 1, "stack": [{"tag": "test.home"}, {"tag": "test.gone"}]}'"""
        )
        await house.say("hello", **more)
        await house.settle()
        assert (await house.said())[-2] == "I lost the thread."
        await house.say("again")
        await house.settle()
        assert (await house.said())[-1] == "again"
    assert UNREADABLE._value.get() == unreadable + 3


async def test_a_tap_on_an_old_bubble_whose_step_is_gone_says_so(house: House) -> None:
    await house.say("hi")
    await house.settle()
    tap = {"type": "button_reply", "button_reply": {"id": "test.gone|3|x", "title": "Go"}}
    await house.say("", type="interactive", interactive=tap)
    await house.settle()
    assert (await house.said())[-2] == "That is over."
    assert await house.values("SELECT DISTINCT state FROM inbox") == ["answered"]


async def test_a_persons_language_is_kept(house: House) -> None:
    async def talk(said: Said, do: Services) -> Next | None:
        if said.text in ("en", "sw"):
            await spoken(said.text, do)
        return None

    house.stage.play = talk
    await house.say("hi", "sw", "habari")
    await house.settle()
    await house.announce(News(user_id=await house.only_person()))
    await house.settle()
    assert (await house.said())[-1] == "News: it (sw)"
    languages = await house.values("SELECT DISTINCT language FROM outbox WHERE id > 2")
    assert languages == ["sw"]
    await house.say("en", "hello")
    await house.settle()
    assert (await house.values("SELECT language FROM outbox ORDER BY id"))[-1] == "en"


async def test_a_language_chosen_in_a_turn_that_failed_is_not_kept(house: House) -> None:
    failures: list[Any] = [RuntimeError()]

    async def talk(said: Said, do: Services) -> Next | None:
        if said.text == "sw" and failures:
            await spoken("sw", do)
            raise failures.pop()
        return None

    house.stage.play = talk
    await house.say("sw", "hi")
    await house.settle()
    assert set(await house.values("SELECT language FROM outbox")) == {"en"}


async def test_two_workers_on_one_person_agree_on_the_language(house: House) -> None:
    """What the claim saw of the person may be older than the session it locked."""

    async def talk(said: Said, do: Services) -> Next | None:
        if said.text in ("en", "sw"):
            await spoken(said.text, do)
        return None

    house.stage.play = talk
    workers = [house.worker(people=1), house.worker(people=1)]
    stop = asyncio.Event()
    running = [asyncio.create_task(worker.run(stop)) for worker in workers]
    for n in range(60):
        await house.say(("sw", "en")[n % 2])
    await eventually(
        lambda: house.value("SELECT count(*) = 60 FROM inbox WHERE state = 'answered'")
    )
    stop.set()
    house.wakeups.wake("inbox")
    await asyncio.gather(*running)
    said = await house.rows(
        "SELECT content->>'text', language FROM outbox WHERE content->>'text' IN ('en', 'sw')"
    )
    assert all(words == language for words, language in said)


async def test_what_a_turn_said_is_linked_to_its_message(house: House) -> None:
    await house.say("hi")
    await house.settle()
    [(answered, window)] = await house.rows(
        """SELECT count(*) FILTER (WHERE o.inbox_id = i.id), max(s.talked_at) = max(i.received_at)
           FROM inbox i, outbox o, sessions s"""
    )
    assert (answered, window) == (2, True)
    assert DIALOG.home.tag == await house.value("SELECT current_step FROM sessions")
    assert now() > await house.value("SELECT done_at FROM inbox")


async def test_a_stranger_is_met_in_the_language_of_the_house(house: House) -> None:
    await house.say("hi")
    await house.say("one", frm=BEN)
    await house.execute("UPDATE users SET language = 'en' WHERE id = 2")
    await house.settle(house.worker(language="sw"))
    spoken_to = await house.rows("SELECT DISTINCT user_id, language FROM outbox ORDER BY user_id")
    assert spoken_to == [(1, "sw"), (2, "en")]
