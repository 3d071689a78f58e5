"""Who is recorded, for how long, and that recording is never in a turn's way."""

import ast
import inspect
from typing import Any

import pytest
from sqlalchemy import literal, select, text

from bot.commands.replay import replayed
from bot.database.connections import Database
from bot.dialog import Again, Next, Said
from bot.observe.metrics import UNRECORDED
from bot.replay import questions, recordings, tape
from bot.replay.again import Candidate, kinds
from bot.replay.compared import Compared, Trial
from bot.replay.playback import Playback
from bot.replay.tape import NOBODY, Recorder
from services import Services
from services.ground import transaction as transactions
from tests.engine.house import DIALOG, House, phone, transaction
from tests.replay.studio import EVERYBODY, PURCHASE, bought, other, shadow

COUNT = "SELECT count(*) FROM recordings"


def test_a_share_of_the_people_is_recorded_and_always_the_same_ones() -> None:
    chosen = [id_ for id_ in range(1, 20_001) if Recorder(0.05).wants(id_)]
    assert 900 < len(chosen) < 1100
    assert all(Recorder(0.5).wants(id_) for id_ in chosen)
    assert all(Recorder(1.0).wants(id_) for id_ in range(1, 1001))
    assert not any(NOBODY.wants(id_) for id_ in range(1, 1001))


async def test_nobody_else_is_recorded(house: House) -> None:
    some = Recorder(0.5)
    for n in range(20):
        await house.say("hi", frm=phone(100 + n))
    await house.settle(house.worker(recorder=some))
    recorded = set(await house.values("SELECT user_id FROM recordings"))
    everybody = await house.values("SELECT id FROM users")
    assert recorded == {id_ for id_ in everybody if some.wants(id_)}
    assert 0 < len(recorded) < 20


async def test_it_goes_with_the_person(database: Database) -> None:
    world = await bought(database, PURCHASE[:2])
    assert await world.value(COUNT) == 2
    async with database.pool.acquire() as db:
        await db.execute("DELETE FROM users WHERE id = $1", world.phones["amina"].user_id)
    assert await world.value(COUNT) == 0


async def test_old_ones_and_those_beyond_the_size_are_forgotten(database: Database) -> None:
    world = await bought(database, PURCHASE[:4])
    async with database.pool.acquire() as db:
        ids = [row["inbox_id"] for row in await db.fetch("SELECT inbox_id FROM recordings")]
        assert await recordings.forget(db, 14, 1) == 0
        await db.execute(
            "UPDATE recordings SET recorded_at = now() - interval '15 days' WHERE inbox_id = $1",
            ids[0],
        )
        assert await recordings.forget(db, 14, 1) == 1
        await db.execute(
            "UPDATE recordings SET body = decode(repeat('00', 600000), 'hex') WHERE inbox_id > $1",
            ids[1],
        )
        assert await recordings.forget(db, 14, 1) == 2
    assert await world.value("SELECT array_agg(inbox_id) FROM recordings") == [ids[3]]


async def test_words_cannot_be_read_from_the_table(database: Database) -> None:
    world = await bought(database, PURCHASE[:8])
    dump = await world.value("SELECT string_agg(encode(body, 'escape'), '') FROM recordings")
    assert "Kilimani" not in dump


def test_there_is_no_way_to_the_database_past_the_recorder() -> None:
    """Whatever of a transaction reaches the connection is recorded and played back; but for a
    savepoint, which answers nothing."""
    [cls] = [
        node
        for node in ast.parse(inspect.getsource(transactions)).body
        if isinstance(node, ast.ClassDef)
    ]
    ways = {
        method.name
        for method in cls.body
        if isinstance(method, ast.AsyncFunctionDef)
        and any(
            isinstance(node, ast.Attribute) and node.attr in ("_connection", "_driver")
            for node in ast.walk(method)
        )
    }
    assert ways == {"execute", "read", "savepoint"}
    answering = ways - {"savepoint"}
    assert all(answering <= vars(way).keys() for way in (tape._Taped, Playback))


# -- trouble with recording --------------------------------------------------------------


async def test_what_cannot_be_recorded_is_answered_all_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> str:
        raise RuntimeError("of the recorder's own")

    before = UNRECORDED.labels("RuntimeError")._value.get()
    monkeypatch.setattr(questions, "fingerprint", broken)
    world = await bought(database)
    assert await world.value("SELECT count(*) FROM orders WHERE status = 'placed'") == 1
    assert await world.value("SELECT count(*) FROM inbox WHERE attempts > 0") == 0
    recorded = await world.value(COUNT)
    turns = await world.value("SELECT count(*) FROM inbox")
    assert recorded < turns  # those that asked the database nothing
    assert UNRECORDED.labels("RuntimeError")._value.get() == before + turns - recorded


async def test_one_that_is_too_large_is_not_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape, "LARGEST", 100)
    world = await bought(database, PURCHASE[:3])
    assert await world.value(COUNT) == 0
    assert await world.value("SELECT count(*) FROM inbox WHERE state = 'answered'") == 3


# -- the engine's own ways ---------------------------------------------------------------


async def again(house: House, play: Any = None) -> list[Compared]:
    """Everything the house recorded, once more."""
    if play is not None:
        house.stage.play = play
    candidate = Candidate(
        DIALOG, lambda brand, *rest: house.serve(*rest), await kinds(house.database.pool)
    )
    trial = Trial(candidate, house.database, "")
    return await replayed(trial, f"+{phone(101)}", 50)


async def _asks(do: Services) -> None:
    await transaction.get().scalar(select(literal(1) / literal(0)))


async def _reads(do: Services) -> None:
    await transaction.get().read(_WRONG, {})


_WRONG = select(literal(1) / literal(0))


@pytest.mark.parametrize(
    ("breaks", "error"), [(_asks, "DBAPIError"), (_reads, "DivisionByZeroError")]
)
async def test_the_databases_own_error_is_the_same_again(
    house: House, breaks: Any, error: str
) -> None:
    """It spoils the whole transaction, and the recording outlives it."""

    async def looks(said: Said, do: Services) -> Next | None:
        await breaks(do)
        return None

    house.stage.play = looks
    await house.say("trouble")
    await house.settle(house.worker(recorder=EVERYBODY))
    assert await house.values("SELECT state FROM inbox") == ["parked"]
    [one] = await again(house)
    assert (one.is_recorded, one.differences, one.new, one.unasked) == (True, [], 0, 0)

    async def mended(said: Said, do: Services) -> Next | None:
        return None

    [one] = await again(house, mended)
    assert [each.how for each in one.differences] == [f"{error} → none"]


async def test_turns_of_one_burst_are_each_taken_from_where_the_one_before_ended(
    house: House,
) -> None:
    await house.say("one", "two", "three")
    await house.settle(house.worker(recorder=EVERYBODY))
    turns = await again(house)
    assert [one.step_before for one in turns] == [None, "test.home", "test.home"]
    assert other(turns) == []


async def test_a_session_nobody_can_read_starts_over_again(house: House) -> None:
    worker = house.worker(recorder=EVERYBODY)
    await house.say("one")
    await house.settle(worker)
    await house.execute('UPDATE sessions SET state = \'{"stack": [{"tag": "gone.step"}]}\'')
    await house.say("two")
    await house.settle(worker)
    assert (await house.said())[-2:][0] == "I lost the thread."
    assert other(await again(house)) == []


async def test_a_database_default_drawn_at_random_is_the_same_again(house: House) -> None:
    async def draws(said: Said, do: Services) -> Next | None:
        drawn = await transaction.get().scalar(text("SELECT gen_random_uuid()"))
        return Again(str(drawn))

    house.stage.play = draws
    await house.say("one", "two")
    await house.settle(house.worker(recorder=EVERYBODY))
    turns = await again(house)
    assert len(turns) == 2
    assert other(turns) == []


async def test_chance_of_a_turns_own_is_found_out(house: House) -> None:
    """A turn that looks at a clock or rolls dice itself differs when it is taken again."""
    rolls = iter("12345")

    async def rolls_dice(said: Said, do: Services) -> Next | None:
        return Again(next(rolls))

    await house.say("hi")
    await house.settle(house.worker(recorder=EVERYBODY))
    house.stage.play = rolls_dice
    await house.say("one")
    await house.settle(house.worker(recorder=EVERYBODY))
    *_, one = await again(house)
    assert ("bubble 1", "other text") in [(d.about, d.how) for d in one.differences]


async def test_turns_that_failed_and_then_went_well_are_recorded_once(house: House) -> None:
    failures = iter([True, False])

    async def fails_once(said: Said, do: Services) -> Next | None:
        if said.text == "trouble" and next(failures):
            raise RuntimeError("once")
        return None

    house.stage.play = fails_once
    await house.say("hi", "trouble")
    await house.settle(house.worker(recorder=EVERYBODY))

    async def well(said: Said, do: Services) -> Next | None:
        return None

    turns = await again(house, well)
    assert len(turns) == 2
    assert other(turns) == []


async def test_the_shadow_of_nothing_is_empty(database: Database) -> None:
    assert (await shadow(database)).is_empty
