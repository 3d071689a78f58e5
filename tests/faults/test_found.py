"""What sieges have found, each told as small as it can be."""

import asyncio
import os
import select
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import lanes, webhooks
from bot.channels.channel import CloudChannel
from bot.channels.errors import Action
from bot.channels.outcome import Failed
from bot.database.connections import FAILED, Database, is_away
from bot.database.connections import connect as open_database
from bot.delivery import Delivery, address_of
from bot.dialog.reply import Media, Reply, Template
from bot.lanes import Opening
from bot.lease import Lane, Line, lease
from bot.outbox import MAY_HAVE_ARRIVED, Mark, State
from bot.repeats import Repeats
from bot.uploads import OwnFile, Uploads
from tests.engine.house import House, now, phone
from tests.engine.outside import Outside

DEAD = "00000000-0000-0000-0000-00000000dead"
NEXT = "00000000-0000-0000-0000-000000000001"


async def leased(house: House, who: str, seconds: float = 0.0) -> Lane:
    """The one lane that waits, leased by `who` for so long."""
    async with house.database.pool.acquire() as db:
        found = await lease(db, house.number.id, who, seconds, 8, 8, 8)
    [lane] = found.lanes
    return lane


async def patience_ends(house: House) -> None:
    async with house.database.pool.acquire() as db:
        await lanes.settle_unknown(db, 0.0)


async def state(house: House, id_: int) -> Any:
    return await house.value("SELECT state::text FROM outbox WHERE id = $1", id_)


async def test_who_was_thought_dead_gives_back_before_what_follows_is_sent(
    outside: Outside,
) -> None:
    """The lane was opened with its first bubble still unknown: the second one overtook it."""
    house, amina = outside.house, phone(1)
    await outside.hello(amina)
    [first] = await outside.put(amina, "first")
    lane = await leased(house, DEAD)
    async with house.database.pool.acquire() as db:
        await lanes.settle_unknown(db, 3600)
        assert await state(house, first) == "unknown"
        back = Mark(first, State.WAITING, tried=False)
        opening = Opening(lane.user_id, 0.0, lane.pace_at, DEAD, [back])
        await lanes.write_down(db, house.number.id, [opening])
    [second] = await outside.put(amina, "second")

    lane = await leased(house, NEXT)
    assert [(line.id, line.attempts) for line in lane.lines] == [(first, 1), (second, 1)]


async def test_who_was_thought_dead_does_not_take_up_again_what_will_be_repeated(
    outside: Outside,
) -> None:
    """The database came back, what its senders held was unknown, and one of them renewed its
    lease: it sent all of it, and so did the next one."""
    house, amina = outside.house, phone(1)
    await outside.hello(amina)
    await outside.put(amina, "first")
    lane = await leased(house, DEAD)
    async with house.database.pool.acquire() as db:
        await lanes.settle_unknown(db, 3600)
        assert await lanes.renew(db, house.number.id, {lane.user_id: DEAD}, 8.0) == []


async def test_who_leased_a_lane_anew_does_not_go_on_with_it_from_before(outside: Outside) -> None:
    """Its database had been away until its leases had run out, and it was given its own lanes
    again: what it had been about to send it sent, and what it had leased now as well."""
    house, amina = outside.house, phone(1)
    await outside.hello(amina)
    [first] = await outside.put(amina, "first")
    before = await leased(house, DEAD)
    await patience_ends(house)
    await patience_ends(house)
    lane = await leased(house, NEXT, 3600)
    sender = outside.sender()
    sender._leases[lane.user_id] = NEXT
    sender._held[lane.user_id] = now() + timedelta(hours=1)
    await sender._fly(before, DEAD, 0)
    await sender._write_finished()
    assert outside.tried() == []
    assert await state(house, first) == "sending"


async def test_what_was_perhaps_sent_under_an_old_lease_is_no_news(outside: Outside) -> None:
    """A sender that had given up waiting for an answer said so late: a bubble that was back in
    line was unknown again, in an open lane, and the next one overtook it."""
    house, amina = outside.house, phone(1)
    await outside.hello(amina)
    [first] = await outside.put(amina, "first")
    before = await leased(house, DEAD)
    await patience_ends(house)
    await patience_ends(house)
    lane = await leased(house, NEXT, 3600)
    refused = Mark(first, State.WAITING, reason="not now", error_code=131056)
    lost = Mark(first, State.UNKNOWN, reason="TimeoutError")
    async with house.database.pool.acquire() as db:
        for who, mark in ((NEXT, refused), (DEAD, lost)):
            back = Opening(lane.user_id, 0.0, before.pace_at, who, [mark])
            await lanes.write_down(db, house.number.id, [back])
    assert await state(house, first) == "waiting"


async def test_of_two_tries_told_at_once_the_one_that_got_further_counts(outside: Outside) -> None:
    """A lane was flown twice before the database was back: which of two words about a bubble
    was believed was left to chance."""
    house, amina = outside.house, phone(1)
    await outside.hello(amina)
    [first] = await outside.put(amina, "first")
    lane = await leased(house, NEXT, 3600)
    marks = Mark(first, State.SENT, "wamid.x"), Mark(first, State.WAITING, tried=False)
    backs = [Opening(lane.user_id, 0.0, lane.pace_at, NEXT, [mark]) for mark in marks]
    async with house.database.pool.acquire() as db:
        await lanes.write_down(db, house.number.id, backs)
    assert await state(house, first) == "sent"


async def test_what_is_written_down_again_does_not_move_what_is_leased_anew(
    outside: Outside,
) -> None:
    """The database had taken it and not said so. The sender told it again when it had the lane
    back, and the bubble in its hands was given to the next."""
    house, amina = outside.house, phone(1)
    await outside.hello(amina)
    [first] = await outside.put(amina, "first")
    lane = await leased(house, DEAD, 3600)
    back = Mark(first, State.WAITING, reason="not now", error_code=130429)
    opening = Opening(lane.user_id, 0.0, lane.pace_at, DEAD, [back])
    async with house.database.pool.acquire() as db:
        await lanes.write_down(db, house.number.id, [opening])
        await leased(house, NEXT, 3600)
        await lanes.write_down(db, house.number.id, [opening])
    assert await state(house, first) == "sending"
    assert str(await house.value("SELECT lease FROM recipients")) == NEXT


async def test_a_status_that_waits_to_be_taken_apart_keeps_a_bubble_from_being_repeated(
    house: House,
) -> None:
    """The workers were away for longer than the patience: what had arrived was sent again."""
    await house.say("hello")
    await house.settle()
    id_ = await house.value("SELECT min(id) FROM outbox")
    await leased(house, DEAD)
    async with house.database.pool.acquire() as db:
        await webhooks.store(db, [("cloud", b"a status, say", "test")])
    await patience_ends(house)
    await patience_ends(house)
    assert await state(house, id_) == "unknown"

    await house.execute("DELETE FROM webhooks")
    await patience_ends(house)
    assert await state(house, id_) == "waiting"


async def test_nothing_is_sent_after_what_was_refused_until_that_is_written(
    outside: Outside,
) -> None:
    """The window was closed for the first bubble and open for the second, and their sender died
    before it had written either down: the first was tried again, and came after the second."""
    amina = phone(1)
    await outside.hello(amina)
    [first, second] = await outside.put(amina, "first", "second")
    lane = await leased(outside.house, NEXT, 3600)
    await outside.faults(closed_window={"count": 1})
    sender = outside.sender()
    sender._leases[lane.user_id] = NEXT
    sender._held[lane.user_id] = now() + timedelta(hours=1)
    await sender._fly(lane, NEXT, 0)
    assert [request.words for request in outside.tried()] == ["first"]
    await sender._write_finished()
    assert await state(outside.house, first) == "skipped"
    assert await state(outside.house, second) == "waiting"


async def test_who_was_thought_dead_knows_what_was_not_sent(outside: Outside) -> None:
    """The database was away until the lease had run out, and what had been refused was unknown: its
    sender's word of it counted for nothing, but gave the lane back, and the next one overtook."""
    house, amina = outside.house, phone(1)
    await outside.hello(amina)
    [first, second] = await outside.put(amina, "first", "second")
    lane = await leased(house, DEAD)
    skipped = Mark(first, State.SKIPPED, reason="window closed")
    back = Mark(second, State.WAITING, tried=False)
    async with house.database.pool.acquire() as db:
        await lanes.settle_unknown(db, 3600)
        opening = Opening(lane.user_id, 0.0, lane.pace_at, DEAD, [skipped, back])
        await lanes.write_down(db, house.number.id, [opening])
    assert await state(house, first) == "skipped"
    assert [line.id for line in (await leased(house, NEXT)).lines] == [second]


async def test_what_is_skipped_after_a_try_of_unknown_outcome_says_that_it_may_have_arrived(
    outside: Outside,
) -> None:
    """Its sender had died, no status came, and by the repeat the window was closed: "skipped",
    it said, of what had arrived."""
    house, amina = outside.house, phone(1)
    await outside.hello(amina)
    [first] = await outside.put(amina, "first")
    await leased(house, DEAD)
    await patience_ends(house)
    await patience_ends(house)
    lane = await leased(house, NEXT, 3600)
    skipped = Mark(first, State.SKIPPED, reason="window closed")
    opening = Opening(lane.user_id, 0.0, lane.pace_at, NEXT, [skipped])
    async with house.database.pool.acquire() as db:
        await lanes.write_down(db, house.number.id, [opening])
    reason = await house.value("SELECT reason FROM outbox WHERE id = $1", first)
    assert reason == f"window closed; {MAY_HAVE_ARRIVED}"


async def test_a_connection_being_closed_says_that_the_database_is_away(
    database: Database,
) -> None:
    """Between PostgreSQL's last word and the end of the connection asyncpg raises an error of its
    own; senders ended over it."""
    async with database.pool.acquire() as db:
        pid = await db.fetchval("SELECT pg_backend_pid()")
        os.kill(pid, signal.SIGTERM)
        select.select([db._transport.get_extra_info("socket")], [], [], 30)
        for _ in range(2):  # the word has been read, the end has not
            await asyncio.sleep(0)
        with pytest.raises(Exception) as lost:
            await db.fetch("SELECT 1")
    assert is_away(lost.value)
    assert isinstance(lost.value, FAILED)  # else the scheduler ended over it
    assert await database.pool.fetchval("SELECT 1") == 1


async def test_slow_turns_are_committed_before_there_are_too_many(house: House) -> None:
    """Sixty people's turns in one transaction, on a machine where that takes longer than the
    program is left alone, never came to an end."""
    people = [phone(n) for n in range(3)]
    for each in people:
        await house.say("hello", frm=each)
    worker = house.worker(span=0.0)
    for answered in range(1, 4):
        assert await worker.take_turns()
        assert len(await house.effects()) == answered
    assert not await worker.take_turns()


async def test_a_bubble_whose_file_the_database_was_asked_for_in_vain_is_tried_again(
    outside: Outside, database_url: str, tmp_path: Path
) -> None:
    """It was given up as our own mistake, and the person never had their answer."""
    lane, line = await with_a_picture(outside)
    away = await open_database(database_url, connections=1)
    await away.close()

    outcome = await delivery(outside, away, tmp_path).attempt(
        lane, address_of(lane), line, lambda: True
    )
    assert isinstance(outcome, Failed)
    assert outcome.failure.action is Action.RETRY
    assert outside.tried() == []


async def test_a_bubble_made_ready_too_slowly_is_not_sent_past_its_lease(
    outside: Outside, tmp_path: Path
) -> None:
    """The database took so long that another sender had the lane by then: it was said twice."""
    lane, line = await with_a_picture(outside)
    outcome = await delivery(outside, outside.house.database, tmp_path).attempt(
        lane, address_of(lane), line, lambda: False
    )
    assert outcome == Mark(line.id, State.WAITING, tried=False)
    assert outside.tried() == []


async def test_nor_is_its_template(outside: Outside, tmp_path: Path) -> None:
    """Only words were held back: what goes by its template went past its lease."""
    lane, line = await with_a_picture(outside)
    content = Reply("look", template=Template("order_news", ("1", "here"))).json().decode()
    outcome = await delivery(outside, outside.house.database, tmp_path).attempt(
        replace(lane, talked_at=None), address_of(lane), replace(line, content=content),
        lambda: False,
    )  # fmt: skip
    assert outcome == Mark(line.id, State.WAITING, tried=False)
    assert outside.tried() == []


async def with_a_picture(outside: Outside) -> tuple[Lane, Line]:
    """A leased bubble with a file of ours."""
    await outside.hello(phone(1))
    await outside.put(phone(1), "look")
    lane = await leased(outside.house, NEXT, 3600)
    content = Reply("look", image=Media("/picture.png")).json().decode()
    return lane, replace(lane.lines[0], content=content)


def delivery(outside: Outside, database: Database, folder: Path) -> Delivery:
    picture = folder / "picture.png"
    picture.write_bytes(b"a picture, say")
    client = outside.client()
    number, clock = outside.house.number.id, now
    find = {"/picture.png": OwnFile(picture, "image/png")}.get
    uploads = Uploads(database, number, client, find)
    repeats = Repeats(database, number, clock)
    return Delivery(CloudChannel(client), "https://shop.example", repeats, uploads, clock)
