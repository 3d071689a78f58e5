"""A turn that fails leaves nothing behind, is tried again, and is parked with an apology."""

import asyncio
import time
from collections import Counter

import pytest
from sqlalchemy import literal, select, text
from sqlalchemy.exc import IntegrityError

from bot import inbox
from bot.dialog import Again, Choice, Next, Reply, Said
from services import Services
from tests.engine.house import Home, House, effect, eventually, phone, spoken, transaction

AMINA, BEN = phone(101), phone(102)


class Failing:
    """Fails at one word, after its effect, and counts how often."""

    def __init__(self, error: BaseException, times: int = 99) -> None:
        self.error = error
        self.times = times
        self.tried = 0

    async def __call__(self, said: Said, do: Services) -> Next | None:
        if said.text != "trouble":
            return None
        await effect(do, "half of the trouble")
        self.tried += 1
        if self.tried <= self.times:
            raise self.error
        return None


async def test_a_step_that_fails_once_is_tried_again_and_nothing_is_doubled(
    house: House,
) -> None:
    house.stage.play = failing = Failing(RuntimeError("once"), times=1)
    await house.say("before", "trouble", "after")
    await house.settle()
    assert failing.tried == 2
    assert await house.effects() == ["before", "half of the trouble", "trouble", "after"]
    assert await house.values("SELECT state FROM inbox ORDER BY id") == ["answered"] * 3


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("always"),
        FileNotFoundError("an OSError, and yet not the database"),
        ConnectionResetError("another one"),
        TimeoutError("its own, not the budget's"),
        KeyError("with a NUL \0 and half a pair \ud83d"),
        IntegrityError("statement", {}, ValueError()),
        NotImplementedError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_step_that_always_fails_is_parked_and_apologised_for(
    house: House, error: BaseException
) -> None:
    house.stage.play = failing = Failing(error)
    await house.say("trouble", "after")
    await house.say("one", "two", frm=BEN)
    await house.settle()
    assert failing.tried == 3
    assert sorted(await house.effects()) == ["after", "one", "two"]
    parked = await house.rows("SELECT attempts, reason, id FROM inbox WHERE state = 'parked'")
    [(attempts, reason, parked_id)] = parked
    assert attempts == 3
    assert reason.startswith(type(error).__name__)
    said = "SELECT content->>'text' FROM outbox WHERE inbox_id = $1"
    assert await house.values(said, parked_id) == ["Sorry (en)"]


async def test_a_look_that_fails_has_no_savepoint_and_spoils_nobody_elses_turn(
    house: House,
) -> None:
    async def looks(said: Said, do: Services) -> Next | None:
        if said.text == "trouble":
            await transaction.get().scalar(select(literal(1) / literal(0)))
        return None

    house.stage.play = looks
    await house.say("trouble", "after")
    await house.say("one", "two", frm=BEN)
    await house.settle()
    assert sorted(await house.effects()) == ["after", "one", "two"]
    [(attempts, reason)] = await house.rows(
        "SELECT attempts, reason FROM inbox WHERE state = 'parked'"
    )
    assert (attempts, "division by zero" in reason) == (3, True)


async def test_the_very_first_message_may_be_the_one_and_the_apology_can_be_sent(
    house: House,
) -> None:
    """The window is open: they have written, whatever became of it."""
    house.stage.play = Failing(RuntimeError())
    await house.say("trouble")
    await house.settle()
    [(talked, last, state)] = await house.rows(
        "SELECT talked_at IS NOT NULL, last_message_id, state FROM sessions"
    )
    assert (talked, last[:6], state) == (True, "wamid.", None)


async def test_the_apology_is_in_the_persons_language(house: House) -> None:
    async def play(said: Said, do: Services) -> Next | None:
        if said.text == "sw":
            await spoken("sw", do)
            return None
        raise RuntimeError

    house.stage.play = play
    await house.say("sw")
    await house.settle()
    await house.say("boom")
    await house.settle()
    assert (await house.said())[-1] == "Sorry (sw)"
    assert (await house.values("SELECT language FROM outbox ORDER BY id"))[-1] == "sw"


async def test_nothing_overtakes_a_message_that_is_tried_again(house: House) -> None:
    house.stage.play = Failing(RuntimeError(), times=2)
    await house.say("trouble", "after")
    worker = house.worker()
    assert await worker.take_turns()
    assert not await worker.take_turns()  # nor does the worker go round in circles meanwhile
    await house.say("much later")
    assert not await worker.take_turns()
    await house.settle(worker)
    assert (await house.effects())[-3:] == ["trouble", "after", "much later"]


async def test_a_parked_message_can_be_run_again(house: House) -> None:
    house.stage.play = Failing(RuntimeError(), times=3)
    await house.say("trouble")
    await house.settle()
    [parked] = await house.values("SELECT id FROM inbox WHERE state = 'parked'")
    async with house.database.pool.acquire() as db:
        assert await inbox.retry(db, [parked]) == 1
    await house.settle()
    assert await house.effects() == ["half of the trouble", "trouble"]


async def test_a_parked_message_that_fails_again_is_apologised_for_once(house: House) -> None:
    house.stage.play = Failing(RuntimeError())
    await house.say("trouble")
    await house.settle()
    [parked] = await house.values("SELECT id FROM inbox WHERE state = 'parked'")
    async with house.database.pool.acquire() as db:
        assert await inbox.retry(db, [parked]) == 1
    await house.settle()
    assert await house.values("SELECT attempts FROM inbox WHERE state = 'parked'") == [3]
    assert await house.said() == ["Sorry (en)"]
    async with house.database.pool.acquire() as db:
        assert await inbox.retry(db, [parked]) == 1
    house.stage.play = None
    await house.settle()
    assert (await house.said())[:2] == ["Sorry (en)", "trouble"]


async def test_a_parked_message_that_is_given_up_stays_unanswered(house: House) -> None:
    house.stage.play = Failing(RuntimeError())
    await house.say("trouble")
    await house.settle()
    async with house.database.pool.acquire() as db:
        assert await inbox.drop(db, await house.values("SELECT id FROM inbox"), "dropped") == 1
    await house.say("after")
    await house.settle()
    assert await house.effects() == ["after"]
    assert await house.rows("SELECT state, reason FROM inbox ORDER BY id") == [
        ("ignored", "dropped"),
        ("answered", None),
    ]


async def test_a_step_that_hangs_is_stopped_and_the_others_are_answered(house: House) -> None:
    async def hang(said: Said, do: Services) -> Next | None:
        if said.text == "hang":
            await effect(do, "half")
            await transaction.get().execute(text("SELECT pg_sleep(60)"))
        return None

    house.stage.play = hang
    await house.say("before", "hang", "after")
    for n in range(5):
        await house.say(str(n), frm=phone(200 + n))
    begun = time.monotonic()
    await house.settle(house.worker(budget=0.3))
    assert time.monotonic() - begun < 8
    assert Counter(await house.effects()) == Counter(("before", "after", *"01234"))
    assert await house.values("SELECT reason FROM inbox WHERE state = 'parked'") == [
        "TimeoutError: "
    ]


async def test_a_step_that_waits_for_something_else_is_stopped_too(house: House) -> None:
    never = asyncio.Event()

    async def hang(said: Said, do: Services) -> Next | None:
        if said.text == "hang":
            await never.wait()
        return None

    house.stage.play = hang
    await house.say("hang", "after")
    await house.settle(house.worker(budget=0.2))
    assert await house.effects() == ["after"]


async def test_a_turn_is_not_to_blame_for_the_time_its_process_was_stopped(
    monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    """After a SIGSTOP, or on a machine that slept: nothing ran, and it is much later."""
    loop = asyncio.get_running_loop()
    awake, slept = loop.time, 0.0
    monkeypatch.setattr(loop, "time", lambda: awake() + slept)

    async def sleep(said: Said, do: Services) -> Next | None:
        nonlocal slept
        slept += 3600
        await effect(do, "afterwards")
        return None

    house.stage.play = sleep
    await house.say("hi")
    assert await house.worker().take_turns()
    assert await house.effects() == ["afterwards", "hi"]
    assert await house.rows("SELECT state, attempts FROM inbox") == [("answered", 0)]


async def test_an_error_of_the_database_that_a_step_swallowed_is_not_committed(
    house: House,
) -> None:
    async def swallow(said: Said, do: Services) -> Next | None:
        if said.text != "trouble":
            return None
        try:
            await transaction.get().execute(text("SELECT 1 / 0"))
        except Exception:
            return Again("all is well", quietly=True)
        raise AssertionError

    house.stage.play = swallow
    await house.say("before", "trouble", "after")
    await house.settle()
    assert await house.effects() == ["before", "after"]
    assert "all is well" not in await house.said()


@pytest.mark.parametrize(
    "reply",
    [
        Reply("words with a NUL \0"),
        Reply("half a pair \ud83d"),
        Reply("x", choices=(Choice("a", object()),)),  # type: ignore[arg-type]
    ],
)
async def test_a_reply_that_cannot_be_stored_is_that_turns_fault_alone(
    house: House, reply: Reply
) -> None:
    async def say(said: Said, do: Services) -> Next | None:
        return Again(reply) if said.text == "trouble" else None

    house.stage.play = say
    await house.say("before", "trouble", "after")
    await house.say("one", frm=BEN)
    await house.settle()
    assert sorted(await house.effects()) == ["after", "before", "one"]
    assert await house.value("SELECT count(*) FROM inbox WHERE state = 'parked'") == 1


async def test_a_session_that_cannot_be_stored_is_that_turns_fault_alone(house: House) -> None:
    async def go(said: Said, do: Services) -> Next | None:
        return Home(count=10**30) if said.text == "trouble" else None

    house.stage.play = go
    await house.say("before", "trouble", "after")
    await house.say("one", frm=BEN)
    await house.settle()
    assert sorted(await house.effects()) == ["after", "before", "one"]
    assert await house.value("SELECT count(*) FROM inbox WHERE state = 'parked'") == 1


async def test_what_only_fails_at_the_commit_is_that_turns_fault_alone(house: House) -> None:
    await house.execute(
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.what = 'trouble' THEN RAISE EXCEPTION 'the sum is not zero'
               USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"""
    )
    await house.execute(
        """CREATE CONSTRAINT TRIGGER t AFTER INSERT ON effects DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION refuse()"""
    )
    await house.say("before", "trouble", "after")
    await house.say("one", frm=BEN)
    await house.settle()
    assert sorted(await house.effects()) == ["after", "before", "one"]
    assert await house.value("SELECT attempts FROM inbox WHERE state = 'parked'") == 3


async def test_a_turn_that_can_never_be_serialised_ends_too(house: House) -> None:
    async def raise_it(said: Said, do: Services) -> Next | None:
        if said.text == "trouble":
            await transaction.get().execute(
                text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$")
            )
        return None

    house.stage.play = raise_it
    await house.say("trouble", "after")
    await house.say("one", frm=BEN)
    await house.settle()
    assert sorted(await house.effects()) == ["after", "one"]


async def test_a_failure_that_another_worker_made_good_is_not_parked(house: House) -> None:
    """Between the roll-back of a batch and its blame, somebody else may take the turn."""
    worker, other = house.worker(budget=0.2), house.worker(budget=0.2)
    hung = asyncio.Event()

    async def hang_once(said: Said, do: Services) -> Next | None:
        if not hung.is_set():
            hung.set()
            await asyncio.Event().wait()
        return None

    house.stage.play = hang_once
    await house.say("hi")
    await house.execute("UPDATE inbox SET attempts = 2")
    stop = asyncio.Event()
    running = [asyncio.create_task(w.run(stop)) for w in (worker, other)]
    await eventually(lambda: house.value("SELECT count(*) FROM inbox WHERE state <> 'waiting'"))
    stop.set()
    house.wakeups.wake("inbox")
    await asyncio.gather(*running)
    [(state, said)] = await house.rows("SELECT state, (SELECT count(*) FROM outbox) FROM inbox")
    assert (state, said) in (("answered", 2), ("parked", 1))


async def test_a_fact_that_fails_is_parked_without_words(house: House) -> None:
    await house.say("hi")
    await house.settle()
    await house.execute(
        """INSERT INTO inbox (provider_id, user_id, kind, payload)
           SELECT 'f', id, 'fact', '{"tag": "of another release"}' FROM users"""
    )
    await house.say("after")
    await house.settle()
    assert await house.effects() == ["hi", "after"]
    assert await house.values("SELECT kind FROM inbox WHERE state = 'parked'") == ["fact"]
    assert not [words for words in await house.said() if "Sorry" in words]
