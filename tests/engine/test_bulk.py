"""A campaign delays no answer, and reaches nobody who said stop."""

from functools import partial

import pytest

from bot import lease
from bot.outbox import BULK, NOTICE
from tests.engine.house import eventually, phone
from tests.engine.outside import Outside

AMINA, BEN = phone(9001), phone(9002)
ROWS = 5_000


async def campaign(outside: Outside, rows: int) -> None:
    """So many people who wrote lately, and an offer in line for each."""
    await outside.house.execute(
        """WITH people AS (INSERT INTO users (name) SELECT 'P' || n FROM generate_series(1, $1) n
                           RETURNING id),
                talked AS (INSERT INTO sessions (user_id, channel_id, talked_at)
                           SELECT id, $2, now() FROM people),
                lanes AS (INSERT INTO recipients (user_id, channel_id, address_kind, address)
                          SELECT id, $2, 'phone', '+1203' || lpad(id::text, 7, '0') FROM people)
           INSERT INTO outbox (channel_id, user_id, priority, content, language)
           SELECT $2, id, $3, '{"text": "offer"}', 'en' FROM people""",
        rows,
        outside.house.number.id,
        BULK,
    )


async def _came(outside: Outside, count: int) -> bool:
    return len(outside.requests) >= count


async def test_answers_do_not_wait_for_five_thousand_offers(outside: Outside) -> None:
    people = [phone(n) for n in range(40)]
    await outside.hello(*people)
    await campaign(outside, ROWS)
    await outside.house.execute("UPDATE channels SET rate = 80")
    outside.start()
    await eventually(lambda: _came(outside, 20))
    overtaken: list[int] = []
    for person in people:
        await outside.put(person, f"answer {person}")
        before = len(outside.requests)
        await eventually(partial(_answered, outside, person))
        place = [request.words for request in outside.requests].index(f"answer {person}")
        overtaken.append(place - before)
    assert max(overtaken) <= 80  # a second of the number's rate, on a busy machine
    assert sorted(overtaken)[len(overtaken) // 2] <= 12
    sent = len(outside.requests)
    await eventually(lambda: _came(outside, sent + 20))  # and the campaign goes on beside them
    await outside.house.execute("DELETE FROM outbox WHERE state = 'waiting'")


async def _answered(outside: Outside, person: str) -> bool:
    return any(request.words == f"answer {person}" for request in outside.requests)


async def test_slow_offers_leave_room_for_an_answer(outside: Outside) -> None:
    """However many offers hang at the provider, answers have connections of their own."""
    await outside.hello(AMINA)
    await campaign(outside, 40)
    await outside.faults(send_timeout={"count": 8})  # taken, and not answered
    outside.start(at_once=16)
    await eventually(lambda: _came(outside, 8))
    await outside.put(AMINA, "answer")
    await outside.shows(AMINA, "answer")
    assert len(outside.tried("offer")) == 8
    for task, _stop in list(outside.senders):
        await outside.kill(task)
    await outside.house.execute("DELETE FROM outbox WHERE state <> 'sent'")


async def test_a_person_gets_one_offer_at_a_time_and_answers_between(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.put(AMINA, "1", "2", "3", priority=BULK)
    async with outside.house.database.pool.acquire() as db:
        leased = await lease.lease(
            db, outside.house.number.id, "00000000-0000-0000-0000-000000000001", 8, 64, 200, 32
        )
    assert [len(lane.lines) for lane in leased.lanes] == [1]
    await outside.house.execute("UPDATE outbox SET state = 'waiting'")
    await outside.house.execute("UPDATE recipients SET lease = NULL, closed_until = now()")
    await outside.put(AMINA, "answer")
    outside.start()
    await outside.shows(AMINA, "answer", "1", "2", "3")


@pytest.mark.parametrize("rate", [1, 5, 14, 15, 20, 25, 80, 1000])
async def test_bulk_goes_at_any_rate_when_nobody_writes(outside: Outside, rate: int) -> None:
    """What it leaves to answers is less than what a number may save up, however little."""
    await campaign(outside, 3)
    await outside.house.execute("UPDATE channels SET rate = $1, next_send_at = now()", rate)
    async with outside.house.database.pool.acquire() as db:
        leased = await lease.lease(
            db, outside.house.number.id, "00000000-0000-0000-0000-000000000001", 8, 64, 200, 32
        )
    assert leased.lanes


async def test_whoever_said_stop_gets_no_offer_and_all_else(outside: Outside) -> None:
    """Also when they said it after the offer was in line."""
    await outside.hello(AMINA, BEN)
    [offer] = await outside.put(AMINA, "offer", priority=BULK)
    [news] = await outside.put(AMINA, "news", priority=NOTICE)
    await outside.put(AMINA, "answer")
    await outside.put(BEN, "offer", priority=BULK)
    person = await outside.person(AMINA)
    await outside.house.execute(
        "UPDATE users SET marketing_stopped_at = now() WHERE id = $1", person
    )
    outside.start()
    await outside.done()
    assert await outside.ended(offer) == ("skipped", "marketing stopped")
    assert await outside.state(news) != "skipped"
    await outside.shows(BEN, "offer")
    assert sorted(r.words for r in outside.requests if r.to == AMINA) == ["answer", "news"]


async def test_a_stop_in_the_midst_of_a_campaign_counts_from_then_on(outside: Outside) -> None:
    await campaign(outside, 300)
    await outside.house.execute("UPDATE channels SET rate = 10")
    outside.start()
    await eventually(lambda: _came(outside, 2))
    await outside.house.execute("UPDATE users SET marketing_stopped_at = now()")
    before = len(outside.requests)
    await outside.house.execute("UPDATE channels SET rate = 10000")
    await outside.done()
    assert len(outside.requests) - before <= 32  # what was in the air
    skipped = "SELECT count(*) FROM outbox WHERE reason = 'marketing stopped'"
    assert await outside.house.value(skipped) == 300 - len(outside.requests)
