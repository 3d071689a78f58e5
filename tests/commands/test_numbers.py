"""`bot numbers` shows what errors hold back, and lets it go on."""

import orjson
from prometheus_client import REGISTRY

from bot import holds
from bot.channels.errors import Action
from bot.commands import numbers
from bot.commands.doctor import database as doctor
from bot.commands.doctor.finding import Level
from bot.database.connections import Database
from bot.holds import Consequence
from bot.observe import held, providers
from bot.observe.figures import Figures
from tests.commands import rows


async def carry_out(database: Database, action: Action, code: int) -> int:
    ours = await rows.number(database)
    one = Consequence(action, ours.id, 1, 1, code, "It is so.", "order_new", "en")
    async with database.pool.acquire() as db, db.transaction():
        await holds.carry_out(db, [one])
    return ours.id


async def test_a_number_that_works_is_ok(database: Database) -> None:
    ours = await rows.number(database)
    async with database.pool.acquire() as db:
        said = numbers.as_text(await held.look(db))
        assert await numbers.resume(db, ours.id) is False
        assert await numbers.resume(db, 999) is None
    assert said == f"{ours.id:>4}  cloud {rows.ADDRESS}: ok; 0 bubbles wait"


async def test_everything_that_holds_it_is_shown_and_taken_away(database: Database) -> None:
    for action, code in (
        (Action.STOP_CHANNEL, 190),
        (Action.PAUSE_CAMPAIGNS, 131048),
        (Action.SLOW_NUMBER, 130429),
        (Action.DISABLE_TEMPLATE, 132015),
    ):
        id_ = await carry_out(database, action, code)
    async with database.pool.acquire() as db:
        found = await held.look(db)
        said = numbers.as_text(found)
        for words in ("stopped since", "code 190", "bulk paused", "slowed to 40 of 80"):
            assert words in said
        assert "held templates: order_new/en" in said
        [told] = orjson.loads(numbers.as_json(found))
        assert told["holds"] == ["stopped", "bulk paused", "slowed", "templates"]
        assert await numbers.resume(db, id_) is True
        assert [one.holds for one in await held.look(db)] == [()]


async def test_a_stopped_number_is_seen_everywhere(database: Database) -> None:
    id_ = await carry_out(database, Action.STOP_CHANNEL, 190)
    async with database.pool.acquire() as db:
        [state] = await providers.look(db)
        findings = [f for number in await held.look(db) for f in doctor._number(number)]
    assert (state.state, state.holds) == ("stopped", ("stopped",))
    assert [finding.level for finding in findings] == [Level.WRONG]
    assert f"numbers resume {id_}" in findings[0].advice
    assert await Figures(database, {}).measure()
    labels = {"number": str(id_), "what": "stopped"}
    assert REGISTRY.get_sample_value("number_held", labels) == 1
    async with database.pool.acquire() as db:
        await numbers.resume(db, id_)
    assert await Figures(database, {}).measure()
    assert REGISTRY.get_sample_value("number_held", labels) == 0
