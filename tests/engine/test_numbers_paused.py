"""What an error decides beyond its bubble: the number, its bulk, a template, a person."""

from typing import Any

import pytest

from bot import holds, lease, outbox
from bot.channels.errors import Action
from bot.holds import Consequence
from bot.observe import metrics
from bot.outbox import BULK, NOTICE
from tests.engine.house import House, eventually, failed, phone, post, status
from tests.engine.outside import Outside

AMINA, BEN, CHE = phone(101), phone(102), phone(103)
TEMPLATE: dict[str, Any] = {"template": {"name": "order_news", "parameters": ["12", "ready"]}}


async def number(house: House, what: str) -> Any:
    return await house.value(f"SELECT {what} FROM channels WHERE id = $1", house.number.id)


async def refuse(outside: Outside, code: int, count: int = 1) -> None:
    await outside.faults(send_refused={"count": count}, refuse_code=code)


async def lanes_are_free(outside: Outside) -> None:
    """Everything leased has been written down."""
    leased = "SELECT NOT EXISTS (SELECT FROM recipients WHERE lease IS NOT NULL)"
    await eventually(lambda: outside.house.value(leased))


async def ready(outside: Outside) -> list[lease.Lane]:
    """What a sender would get now."""
    async with outside.house.database.pool.acquire() as db, db.transaction():
        leased = await lease.lease(
            db, outside.house.number.id, "00000000-0000-0000-0000-000000000001", 8, 64, 200, 32
        )
        return leased.lanes


async def carry_out(outside: Outside, action: Action, code: int = 0) -> None:
    person = await outside.person(AMINA)
    one = Consequence(action, outside.house.number.id, person, 1, code, "why")
    async with outside.house.database.pool.acquire() as db, db.transaction():
        await holds.carry_out(db, [one])


# -- a number that is stopped ------------------------------------------------------------------


@pytest.mark.parametrize("code", [190, 368])
async def test_what_stops_a_number_fails_no_bubble(outside: Outside, code: int) -> None:
    await outside.hello(AMINA, BEN)
    await refuse(outside, code)
    one, two, three = await outside.put(AMINA, "one", "two", "three")
    outside.start(probe=3600)
    await eventually(lambda: number(outside.house, "stopped_at IS NOT NULL"))
    [four] = await outside.put(BEN, "four")
    await outside.stop()
    assert [await outside.state(each) for each in (one, two, three, four)] == ["waiting"] * 4
    assert await outside.house.values("SELECT attempts FROM outbox ORDER BY id") == [0] * 4
    assert await number(outside.house, "stopped_code") == code
    assert len(outside.requests) == 1
    assert await ready(outside) == []


async def test_a_stopped_number_is_tried_with_one_bubble_and_goes_on_when_it_works(
    outside: Outside,
) -> None:
    people = [phone(n) for n in range(20)]
    await outside.hello(*people)
    await refuse(outside, 190, 2)
    for person in people:
        await outside.put(person, "words")
    outside.start(probe=0.3, at_once=1)
    await outside.done()
    assert await number(outside.house, "stopped_at") is None
    refused = [request for request in outside.requests if request.answered == 401]
    assert len(refused) == 2
    for person in people:
        await outside.shows(person, "words")


async def test_two_senders_do_not_both_try_a_stopped_number(outside: Outside) -> None:
    people = [AMINA, *(phone(n) for n in range(5))]
    await outside.hello(*people)
    await carry_out(outside, Action.STOP_CHANNEL, 190)
    await outside.house.execute("UPDATE channels SET paused_until = now()")
    for person in people:
        await outside.put(person, "words")
    assert len(await ready(outside)) == 1
    assert await ready(outside) == []
    await outside.house.execute("UPDATE outbox SET state = 'failed', reason = 'end of test'")


async def test_a_stop_is_counted_once_while_it_lasts(outside: Outside) -> None:
    await outside.hello(AMINA)
    stops = metrics.held(Action.STOP_CHANNEL)._value
    before = stops.get()
    await carry_out(outside, Action.STOP_CHANNEL, 190)
    await carry_out(outside, Action.STOP_CHANNEL, 190)
    assert stops.get() == before + 1


async def test_an_operator_lets_a_stopped_number_go_on(outside: Outside) -> None:
    await outside.hello(AMINA)
    await carry_out(outside, Action.STOP_CHANNEL, 190)
    await outside.put(AMINA, "one")
    outside.start(probe=3600)
    async with outside.house.database.pool.acquire() as db:
        assert await holds.resume(db, outside.house.number.id)
        assert not await holds.resume(db, outside.house.number.id)
    await outside.shows(AMINA, "one")


async def test_a_stop_told_by_a_status_stops_the_number_once(outside: Outside) -> None:
    await outside.hello(AMINA)
    [one] = await outside.put(AMINA, "one")
    unpaid = post(status("wamid.x", "failed", one, **failed(131042)), key="statuses")
    await outside.house.receive(unpaid)
    assert await outside.ended(one) == ("failed", "It failed")
    assert await number(outside.house, "stopped_code") == 131042
    async with outside.house.database.pool.acquire() as db:
        await holds.resume(db, outside.house.number.id)
    await outside.house.receive(unpaid)  # told again, days later
    assert await number(outside.house, "stopped_at") is None


# -- slower, later ------------------------------------------------------------------------------


async def test_a_paused_number_waits_for_minutes_and_longer_each_time(outside: Outside) -> None:
    await outside.hello(AMINA)
    await refuse(outside, 4)
    [one] = await outside.put(AMINA, "one")
    outside.start()
    await eventually(lambda: number(outside.house, "paused_until > now() + interval '50 s'"))
    await lanes_are_free(outside)
    assert await outside.state(one) == "waiting"
    await carry_out(outside, Action.PAUSE_NUMBER, 4)  # it is paused already
    assert await number(outside.house, "pauses") == 1
    await outside.house.execute("UPDATE channels SET paused_until = now()")
    await carry_out(outside, Action.PAUSE_NUMBER, 4)
    assert await number(outside.house, "paused_until > now() + interval '110 s'")
    await outside.house.execute("UPDATE channels SET paused_until = now()")
    outside.house.wakeups.wake("outbox")
    await outside.shows(AMINA, "one")


async def test_a_number_that_sends_too_fast_slows_down_and_comes_back(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.house.execute("UPDATE channels SET rate = 80")
    await carry_out(outside, Action.SLOW_NUMBER, 130429)
    await carry_out(outside, Action.SLOW_NUMBER, 130429)  # the others that were in the air
    assert await number(outside.house, holds.RATE) == pytest.approx(40, abs=1)
    await outside.house.execute("UPDATE channels SET slowed_at = now() - interval '15 s'")
    assert await number(outside.house, holds.RATE) == pytest.approx(60, abs=1)
    await carry_out(outside, Action.SLOW_NUMBER, 130429)
    assert await number(outside.house, holds.RATE) == pytest.approx(30, abs=1)
    await outside.house.execute("UPDATE channels SET slowed_at = now() - interval '2 min'")
    assert await number(outside.house, holds.RATE) == 80


async def test_a_refusal_for_speed_slows_the_number(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.faults(send_429={"count": 1})
    await outside.put(AMINA, "one")
    outside.start()
    async with outside.hurrying():
        await outside.done()
    assert await number(outside.house, "slowed_to") == 5000


# -- campaigns --------------------------------------------------------------------------------


async def test_a_spam_limit_holds_bulk_and_lets_answers_go(outside: Outside) -> None:
    await outside.hello(AMINA, BEN)
    await refuse(outside, 131048)
    [offer] = await outside.put(AMINA, "offer", priority=BULK)
    outside.start()
    await eventually(lambda: number(outside.house, "bulk_paused_until IS NOT NULL"))
    [second] = await outside.put(BEN, "offer", priority=BULK)
    await outside.put(AMINA, "answer")
    await outside.put(BEN, "news", priority=NOTICE)
    await outside.shows(AMINA, "answer")
    await outside.shows(BEN, "news")
    assert [await outside.state(each) for each in (offer, second)] == ["waiting"] * 2
    await outside.house.execute("UPDATE channels SET bulk_paused_until = now()")
    outside.house.wakeups.wake("outbox")
    await outside.shows(BEN, "news", "offer")


async def test_an_offer_refused_for_today_waits_a_day_and_holds_up_nothing(
    outside: Outside,
) -> None:
    await outside.hello(AMINA)
    await refuse(outside, 131049)
    [offer] = await outside.put(AMINA, "offer", priority=BULK)
    outside.start()
    later = "SELECT not_before > now() + interval '23 hours' FROM outbox WHERE id = $1"
    await eventually(lambda: outside.house.value(later, offer))
    await outside.put(AMINA, "answer")
    await outside.shows(AMINA, "answer")
    await lanes_are_free(outside)
    assert await outside.state(offer) == "waiting"
    await outside.house.execute("UPDATE outbox SET not_before = now() WHERE id = $1", offer)
    async with outside.house.database.pool.acquire() as db:
        assert await outbox.due_again(db) == 1
        assert await outbox.due_again(db) == 0
    await outside.shows(AMINA, "answer", "offer")


async def test_an_offer_refused_every_day_is_given_up(outside: Outside) -> None:
    await outside.hello(AMINA)
    await refuse(outside, 131049, 3)
    [offer] = await outside.put(AMINA, "offer", priority=BULK)
    outside.start()
    put_off = "SELECT not_before IS NOT NULL FROM outbox WHERE id = $1"
    for _ in range(2):
        await eventually(lambda: outside.house.value(put_off, offer))
        await lanes_are_free(outside)
        await outside.house.execute("UPDATE outbox SET not_before = NULL WHERE id = $1", offer)
        outside.house.wakeups.wake("outbox")
    await outside.until(offer, "failed")


# -- templates ----------------------------------------------------------------------------------


async def test_a_template_that_is_refused_is_held_for_a_while(outside: Outside) -> None:
    await outside.hello(AMINA, BEN, CHE)
    await outside.house.execute("UPDATE sessions SET talked_at = now() - interval '25 hours'")
    await refuse(outside, 132015)
    [one] = await outside.put(AMINA, "words", **TEMPLATE)
    outside.start()
    await outside.until(one, "failed")
    [two] = await outside.put(BEN, "words", **TEMPLATE)
    await outside.until(two, "skipped")
    assert await outside.ended(two) == ("skipped", "template held, code 132015")
    assert len(outside.requests) == 1
    await outside.house.execute("UPDATE held_templates SET held_until = now()")
    [three] = await outside.put(CHE, "words", **TEMPLATE)
    await outside.until(three, "sent", "delivered", "read")


async def test_a_held_template_keeps_nobody_from_being_answered(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.house.execute(
        """INSERT INTO held_templates SELECT id, 'order_news', 'en', 132015, 'paused',
                                            now() + interval '1 hour' FROM channels"""
    )
    await outside.put(AMINA, "words", **TEMPLATE)
    outside.start()
    await outside.shows(AMINA, "words")


async def test_parameters_that_do_not_fit_do_not_hold_the_template(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.house.execute("UPDATE sessions SET talked_at = now() - interval '25 hours'")
    await refuse(outside, 132012)
    [one] = await outside.put(AMINA, "words", **TEMPLATE)
    [two] = await outside.put(AMINA, "words", **TEMPLATE)
    outside.start()
    await outside.until(one, "failed")
    await outside.until(two, "sent", "delivered", "read")


# -- people -------------------------------------------------------------------------------------


async def test_nothing_unasked_goes_to_somebody_who_cannot_be_reached(outside: Outside) -> None:
    """Until they write again."""
    await outside.hello(AMINA)
    [one] = await outside.put(AMINA, "one")
    await outside.house.receive(
        post(status("wamid.x", "failed", one, **failed(131026)), key="statuses")
    )
    [news] = await outside.put(AMINA, "news", priority=NOTICE)
    [offer] = await outside.put(AMINA, "offer", priority=BULK)
    outside.start()
    await outside.done()
    assert await outside.ended(news) == ("skipped", "unreachable")
    assert await outside.ended(offer) == ("skipped", "unreachable")
    assert outside.requests == []
    await outside.hello(AMINA)
    await outside.put(AMINA, "news", priority=NOTICE)
    await outside.shows(AMINA, "news")


async def test_a_send_that_says_so_marks_the_person_as_unreachable(outside: Outside) -> None:
    await outside.hello(AMINA)
    await refuse(outside, 131026)
    [one] = await outside.put(AMINA, "one")
    outside.start()
    await outside.until(one, "failed")
    assert await outside.house.value("SELECT unreachable_at IS NOT NULL FROM recipients")


@pytest.mark.parametrize("by_status", [True, False])
async def test_a_stop_at_the_provider_is_a_stop_of_ours(outside: Outside, by_status: bool) -> None:
    await outside.hello(AMINA)
    [offer] = await outside.put(AMINA, "offer", priority=BULK)
    if by_status:
        told = status("wamid.x", "failed", offer, **failed(131050))
        await outside.house.receive(post(told, key="statuses"))
        await outside.house.receive(post(told, key="statuses"))
    else:
        await refuse(outside, 131050)
    outside.start()
    await outside.until(offer, "failed")
    await outside.house.settle()
    assert await outside.house.rows("SELECT source, decision FROM consents") == [
        ("provider", "stopped")
    ]
    [second] = await outside.put(AMINA, "offer", priority=BULK)
    await outside.put(AMINA, "answer")
    await outside.shows(AMINA, "answer")
    await outside.until(second, "skipped")
    assert await outside.ended(second) == ("skipped", "marketing stopped")
