"""A status moves a bubble only forward, in whatever order and company statuses come."""

import random
from typing import Any
from uuid import uuid4

import pytest

from bot import lanes, statuses
from bot.channels.cloud_in import parse
from bot.lanes import Opening
from bot.outbox import REPLY, Draft, Mark, State, add
from tests.engine.house import House, failed, now, post, status

RANK = list(State)
NAMES = ("sent", "delivered", "read", "played", "failed", "deleted")
BECOMES = {"played": State.READ} | {name: State(name) for name in NAMES[:3]}


@pytest.fixture
async def bubbles(house: House) -> list[int]:
    """A hundred bubbles that were sent."""
    await house.say("hi")
    await house.settle()
    await house.execute("DELETE FROM outbox WHERE inbox_id IS NULL")
    me = await house.only_person()
    draft = Draft(house.number.id, me, None, REPLY, '{"text": "x"}', "en")
    async with house.database.pool.acquire() as db:
        await add(db, [draft] * 100)
    ids = await house.values("SELECT id FROM outbox WHERE inbox_id IS NULL ORDER BY id")
    await house.execute(
        """UPDATE outbox SET state = 'sent', sent_at = now(), provider_id = 'wamid.' || id
           WHERE inbox_id IS NULL"""
    )
    return ids


async def test_whatever_comes_in_whatever_order_nothing_goes_back(
    house: House, bubbles: list[int]
) -> None:
    chance = random.Random(11)
    told: dict[int, list[str]] = {id_: [] for id_ in bubbles}
    before = dict.fromkeys(bubbles, State.SENT)
    for _ in range(40):
        items = []
        for id_ in chance.choices(bubbles, k=60):
            name = chance.choice(NAMES)
            more = failed(131026) if name == "failed" else {}
            ours = id_ if chance.random() < 0.5 else None
            items.append(status(f"wamid.{id_}", name, ours, **more))
            told[id_].append(name)
        await house.receive(post(*items, key="statuses"))
        now = await _states(house)
        for id_ in bubbles:
            assert RANK.index(now[id_]) >= RANK.index(before[id_])
        before = now
    for id_ in bubbles:
        reached = [BECOMES.get(name, State.FAILED) for name in told[id_] if name != "deleted"]
        assert before[id_] == max([State.SENT, *reached], key=RANK.index)


async def test_a_failure_after_the_delivery_is_no_failure(house: House, bubbles: list[int]) -> None:
    one, two = f"wamid.{bubbles[0]}", f"wamid.{bubbles[1]}"
    for name, more in (("delivered", {}), ("failed", failed(131026))):
        await house.receive(post(status(one, name, **more), key="statuses"))
    for name, more in (("failed", failed(131026)), ("sent", {})):
        await house.receive(post(status(two, name, **more), key="statuses"))
    rows = await house.rows(
        """SELECT state::text, reason, error_code, failed_at IS NOT NULL FROM outbox
           WHERE provider_id = ANY($1) ORDER BY id""",
        [one, two],
    )
    assert rows == [("delivered", None, None, False), ("failed", "It failed", 131026, True)]


async def test_statuses_of_one_message_in_one_post_are_all_taken(
    house: House, bubbles: list[int]
) -> None:
    wamid = f"wamid.{bubbles[0]}"
    price = {"billable": True, "category": "service"}
    items = [
        status(wamid, "read", timestamp="1795510805"),
        status(wamid, "sent", timestamp="1795510801", pricing=price),
        status(wamid, "delivered", timestamp="1795510803"),
    ]
    await house.receive(post(*items, key="statuses"))
    [row] = await house.rows(
        """SELECT state::text, extract(epoch FROM read_at)::bigint,
                  extract(epoch FROM delivered_at)::bigint, pricing FROM outbox
           WHERE provider_id = $1""",
        wamid,
    )
    assert row == ("read", 1795510805, 1795510803, price)


async def test_a_status_that_came_before_its_message_is_applied_when_it_is_known(
    house: House, bubbles: list[int]
) -> None:
    id_ = bubbles[0]
    await house.execute(
        "UPDATE outbox SET state = 'sending', provider_id = NULL WHERE id = $1", id_
    )
    for name in ("delivered", "sent"):
        await house.receive(post(status("wamid.early", name), key="statuses"))
    assert await house.value("SELECT count(*) FROM parked_statuses") == 2
    async with house.database.pool.acquire() as db:
        told = Opening(0, 0.0, now(), str(uuid4()), [Mark(id_, State.SENT, "wamid.early")])
        assert (await lanes.write_down(db, house.number.id, [told])).early
        async with db.transaction():
            await statuses.unpark(db, ["wamid.early"])
    assert (await _states(house))[id_] == State.DELIVERED
    assert await house.value("SELECT count(*) FROM parked_statuses") == 0


async def test_a_status_parked_in_the_very_moment_is_found_by_the_job(
    house: House, bubbles: list[int]
) -> None:
    id_ = bubbles[0]
    await house.execute("UPDATE outbox SET provider_id = NULL WHERE id = $1", id_)
    await house.receive(post(status("wamid.late", "read"), key="statuses"))
    await house.execute("UPDATE outbox SET provider_id = 'wamid.late' WHERE id = $1", id_)
    async with house.database.pool.acquire() as db, db.transaction():
        await statuses.match_parked(db)
    assert (await _states(house))[id_] == State.READ


async def test_another_programs_small_numbers_are_not_ours(
    house: House, bubbles: list[int]
) -> None:
    """Somebody else sends on the number too, and puts numbers of their own beside it."""
    await house.receive(
        post(status("wamid.not.ours", "failed", bubbles[0], **failed(1)), key="statuses")
    )
    assert (await _states(house))[bubbles[0]] == State.SENT


async def test_a_status_of_another_number_of_ours_moves_nothing(
    house: House, bubbles: list[int]
) -> None:
    item: Any = status(f"wamid.{bubbles[0]}", "read", bubbles[0])
    other = parse(post(item, key="statuses", to="777")).statuses
    async with house.database.pool.acquire() as db, db.transaction():
        await statuses.apply(db, [(house.green.id, each) for each in other])
    assert (await _states(house))[bubbles[0]] == State.SENT


async def _states(house: House) -> dict[int, State]:
    rows = await house.rows("SELECT id, state::text FROM outbox WHERE inbox_id IS NULL")
    return {id_: State(state) for id_, state in rows}


async def test_our_own_time_of_sending_is_kept(house: House, bubbles: list[int]) -> None:
    """The provider's has whole seconds only."""
    ours = "SELECT sent_at FROM outbox WHERE id = $1"
    sent_at = await house.value(ours, bubbles[0])
    await house.receive(post(status(f"wamid.{bubbles[0]}", "sent"), key="statuses"))
    assert await house.value(ours, bubbles[0]) == sent_at
    await house.execute("UPDATE outbox SET sent_at = NULL WHERE id = $1", bubbles[1])
    await house.receive(post(status(f"wamid.{bubbles[1]}", "sent"), key="statuses"))
    assert await house.value(ours, bubbles[1]) is not None


async def test_statuses_of_foreign_messages_are_forgotten_after_a_while(house: House) -> None:
    await house.receive(post(status("wamid.old", "sent"), key="statuses"))
    await house.execute("UPDATE parked_statuses SET received_at = now() - interval '8 days'")
    await house.receive(post(status("wamid.new", "sent"), key="statuses"))
    async with house.database.pool.acquire() as db:
        assert await statuses.sweep(db, 7) == 1
        assert await statuses.sweep(db, 7) == 0
    assert await house.values("SELECT provider_id FROM parked_statuses") == ["wamid.new"]
