"""Replies to one person leave in order, none twice, none before its time."""

import asyncio
from collections import Counter
from functools import partial
from typing import Any

import pytest

from bot import lanes
from bot.outbox import BULK, NOTICE
from tests.engine.house import House, eventually, failed, phone, post, status
from tests.engine.outside import Outside

AMINA, BEN = phone(101), phone(102)
PATIENCE = 0.4  # seconds that an unknown send waits for its status, in these tests


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider is given up on after 0.3 seconds."""
    import aiohttp

    from bot.channels import posting

    monkeypatch.setattr(posting, "TIMEOUT", aiohttp.ClientTimeout(total=0.3))


async def settling(house: House) -> None:
    """What the scheduler does every other second."""
    async with house.database.pool.acquire() as db, db.transaction():
        await lanes.settle_unknown(db, PATIENCE)
    house.wakeups.wake("outbox")


async def test_bubbles_leave_in_the_order_they_were_said(outside: Outside) -> None:
    people = [phone(n) for n in range(30)]
    await outside.hello(*people)
    wanted = [str(n) for n in range(10)]
    for person in people:
        await outside.put(person, *wanted)
    outside.start()
    await outside.done()
    for person in people:
        await outside.shows(person, *wanted)
    assert len(outside.requests) == 300


@pytest.mark.parametrize("fault", ["send_429", "send_5xx", "send_131056"])
async def test_a_refused_bubble_holds_back_the_ones_after_it(outside: Outside, fault: str) -> None:
    await outside.hello(AMINA, BEN)
    await outside.faults(**{fault: {"count": 3}})
    await outside.put(AMINA, "one", "two", "three")
    outside.start()
    async with outside.hurrying():
        await outside.done()
    await outside.shows(AMINA, "one", "two", "three")
    tried = [request.words for request in outside.requests]
    assert tried == ["one"] * 4 + ["two", "three"]


async def test_order_is_kept_whatever_is_refused(outside: Outside) -> None:
    people = [phone(n) for n in range(12)]
    await outside.hello(*people)
    # Eight refusals in a row fail a bubble: rare enough that it happens once in 60,000 runs.
    await outside.faults(send_429=0.05, send_5xx=0.05, send_131056=0.05, seed=3)
    wanted = [str(n) for n in range(8)]
    for person in people:
        await outside.put(person, *wanted)
    outside.start()
    outside.start()
    async with outside.hurrying():
        await outside.done()
    for person in people:
        await outside.shows(person, *wanted)


async def test_what_was_not_tried_does_not_count_as_a_try(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.faults(send_5xx={"count": 5})
    first, second = await outside.put(AMINA, "one", "two")
    outside.start()
    async with outside.hurrying():
        await outside.done()
    attempts = await outside.house.values("SELECT attempts FROM outbox ORDER BY id")
    assert attempts == [6, 1]
    assert (first, second) == tuple(await outside.house.values("SELECT id FROM outbox ORDER BY id"))


async def test_a_bubble_that_never_goes_is_failed_and_the_next_one_goes(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.faults(send_5xx={"count": 8})
    one, _two = await outside.put(AMINA, "one", "two")
    outside.start()
    async with outside.hurrying():
        await outside.done()
    await outside.shows(AMINA, "two")
    assert await outside.state(one) == "failed"


async def test_a_bubble_that_cannot_be_read_does_not_block_its_lane(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.put(AMINA, "one")
    bad = (await outside.put(AMINA, "of another release"))[0]
    await outside.put(AMINA, "three")
    await outside.house.execute("""UPDATE outbox SET content = '{"a": 1}' WHERE id = $1""", bad)
    outside.start()
    await outside.done()
    await outside.shows(AMINA, "one", "three")
    assert await outside.state(bad) == "failed"


# -- sends whose outcome nobody knows -------------------------------------------------------


@pytest.mark.usefixtures("short_timeouts")
async def test_a_send_that_timed_out_is_settled_by_its_early_status(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.faults(send_timeout={"count": 1})
    await outside.put(AMINA, "one", "two")
    outside.start(unknown_wait=PATIENCE)
    await outside.done()
    await outside.shows(AMINA, "one", "two")
    assert [request.words for request in outside.requests] == ["one", "two"]


@pytest.mark.usefixtures("short_timeouts")
async def test_a_send_that_timed_out_is_settled_by_its_late_status(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.faults(send_timeout={"count": 1}, statuses="none")
    one, _ = await outside.put(AMINA, "one", "two")
    outside.start(unknown_wait=60)
    await outside.until(one, "unknown")
    assert [request.words for request in outside.requests] == ["one"]
    await outside.house.receive(post(status("wamid.late", "delivered", one), key="statuses"))
    await outside.shows(AMINA, "one", "two")
    assert await outside.state(one) == "delivered"
    assert [request.words for request in outside.requests] == ["one", "two"]


@pytest.mark.usefixtures("short_timeouts")
async def test_a_send_that_no_status_settles_is_repeated_before_what_follows(
    outside: Outside,
) -> None:
    await outside.hello(AMINA)
    await outside.faults(send_timeout={"count": 1}, statuses="none")
    one, _ = await outside.put(AMINA, "one", "two")
    outside.start(unknown_wait=PATIENCE)
    await outside.until(one, "unknown")
    await asyncio.sleep(PATIENCE + 0.3)  # its time is over, but nobody has said so yet
    assert [request.words for request in outside.requests] == ["one"]
    await settling(outside.house)
    await outside.done()
    assert [request.words for request in outside.requests] == ["one", "one", "two"]


@pytest.mark.usefixtures("short_timeouts")
async def test_one_status_does_not_settle_the_other_unknown_of_its_lane(outside: Outside) -> None:
    await outside.hello(AMINA)
    one, two, _three = await outside.put(AMINA, "one", "two", "three")
    await outside.house.execute(
        """UPDATE outbox SET state = 'unknown', reason = 'the sender died' WHERE id = ANY($1)""",
        [one, two],
    )
    await outside.house.execute("UPDATE recipients SET closed_until = now() + interval '1 minute'")
    await outside.house.receive(post(status("wamid.1", "sent", one), key="statuses"))
    await settling(outside.house)
    assert await outside.state(two) == "unknown"
    outside.start()
    await outside.house.receive(post(status("wamid.2", "sent", two), key="statuses"))
    await outside.shows(AMINA, "three")


async def test_two_statuses_at_once_leave_no_lane_closed(outside: Outside) -> None:
    await outside.hello(AMINA)
    outside.start()
    for n in range(10):
        await outside.house.execute(
            "UPDATE recipients SET closed_until = now() + interval '1 minute'"
        )
        one, two, three = await outside.put(AMINA, "one", "two", f"three {n}")
        await outside.house.execute(
            "UPDATE outbox SET state = 'unknown', reason = 'x' WHERE id = ANY($1)", [one, two]
        )
        await asyncio.gather(
            outside.house.receive(post(status(f"wamid.{one}", "sent", one), key="statuses")),
            outside.house.receive(post(status(f"wamid.{two}", "sent", two), key="statuses")),
        )
        await outside.until(three, "sent", "delivered", "read")


# -- senders that die ------------------------------------------------------------------------


async def test_what_a_killed_sender_had_sent_is_not_sent_again(outside: Outside) -> None:
    """The provider took it and told us so by its status; the sender was gone before."""
    await outside.hello(AMINA)
    await outside.faults(send_timeout={"count": 1})
    one, _ = await outside.put(AMINA, "one", "two")
    killed = outside.start(lease=1.0, unknown_wait=PATIENCE)
    await eventually(lambda: _came(outside, 1))
    await outside.kill(killed)
    await outside.until(one, "sent", "delivered", "read")
    outside.start()

    async def settled() -> bool:
        await settling(outside.house)
        return len(await outside.shown(AMINA)) == 2

    await eventually(settled)
    await outside.shows(AMINA, "one", "two")
    assert [request.words for request in outside.requests] == ["one", "two"]


async def test_what_a_killed_sender_may_have_sent_waits_for_its_status_first(
    outside: Outside,
) -> None:
    await outside.hello(AMINA)
    await outside.faults(send_timeout={"count": 1}, statuses="none")
    one, two = await outside.put(AMINA, "one", "two")
    killed = outside.start(lease=0.3, unknown_wait=PATIENCE)
    await eventually(lambda: _came(outside, 1))
    await outside.kill(killed)
    outside.start(unknown_wait=PATIENCE)
    assert (await outside.state(one), await outside.state(two)) == ("sending", "sending")

    async def noticed() -> bool:
        await settling(outside.house)
        return await outside.state(one) == "unknown"

    await eventually(noticed)
    assert len(outside.requests) == 1

    async def sent() -> bool:
        await settling(outside.house)
        return await outside.state(two) == "sent"

    await eventually(sent)
    assert [request.words for request in outside.requests] == ["one", "one", "two"]


LEASE_ENDS = "SELECT closed_until FROM recipients WHERE lease IS NOT NULL"


async def test_a_lease_is_kept_while_its_sender_lives(outside: Outside) -> None:
    """However slow the provider is: nobody else takes the lane, nothing is sent twice."""
    await outside.hello(AMINA)
    await outside.faults(delay_ms=0, send_timeout={"count": 1}, statuses="none")
    one, two = await outside.put(AMINA, "one", "two")
    outside.start(lease=0.6, unknown_wait=PATIENCE)
    outside.start(lease=0.6, unknown_wait=PATIENCE)
    await eventually(lambda: _came(outside, 1))
    for _ in range(3):  # leases, each longer than the one before it
        ends = await outside.house.value(LEASE_ENDS)
        await eventually(partial(outside.house.value, f"SELECT ({LEASE_ENDS}) > $1", ends))
        await settling(outside.house)
        assert (await outside.state(one), await outside.state(two)) == ("sending", "sending")
    assert len(outside.requests) == 1
    for task, _stop in list(outside.senders):
        await outside.kill(task)
    await outside.house.execute("UPDATE outbox SET state = 'failed', reason = 'end of test'")


async def test_a_sender_that_cannot_write_down_tries_until_it_can(outside: Outside) -> None:
    await outside.hello(AMINA, BEN)
    await outside.house.execute("CREATE SEQUENCE shots")
    await outside.house.execute(
        """CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.state = 'sent' AND nextval('shots') <= 2 THEN
               PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END $$"""
    )
    await outside.house.execute(
        "CREATE TRIGGER t BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION die()"
    )
    await outside.faults(statuses="none")
    await outside.put(AMINA, "one", "two")
    await outside.put(BEN, "three")
    outside.start()
    await outside.done()
    assert Counter(request.words for request in outside.requests) == Counter(
        ("one", "two", "three")
    )


async def test_a_sender_told_to_stop_ends_between_two_bubbles(outside: Outside) -> None:
    await outside.hello(AMINA)
    wanted = [str(n) for n in range(40)]
    await outside.put(AMINA, *wanted)
    outside.start()
    await eventually(lambda: _came(outside, 3))
    begun = asyncio.get_running_loop().time()
    await outside.stop()
    assert asyncio.get_running_loop().time() - begun < 3
    assert await outside.house.value("SELECT count(*) FROM outbox WHERE state = 'sending'") == 0
    outside.start()
    await outside.done()
    await outside.shows(AMINA, *wanted)
    assert len(outside.requests) == 40


async def _came(outside: Outside, count: int) -> bool:
    return len(outside.requests) >= count


# -- several senders, rates and pace ------------------------------------------------------------


async def test_two_senders_send_nothing_twice_and_keep_the_order(outside: Outside) -> None:
    people = [phone(n) for n in range(40)]
    await outside.hello(*people)
    wanted = [str(n) for n in range(6)]
    for _ in range(2):
        outside.start()
    for words in wanted:
        for person in people:
            await outside.put(person, words)
    await outside.done()
    for person in people:
        await outside.shows(person, *wanted)
    assert len(outside.requests) == 240


async def test_the_numbers_rate_holds_for_all_its_senders_together(outside: Outside) -> None:
    people = [phone(n) for n in range(30)]
    await outside.hello(*people)
    await outside.house.execute("UPDATE channels SET rate = 20")
    for person in people:
        await outside.put(person, "one", "two")
    await asyncio.sleep(1)  # an idle second must not save up a burst
    for _ in range(2):
        outside.start()
    await outside.done()
    times = sorted(request.at for request in outside.requests)
    assert len(times) == 60
    densest = max(sum(1 for at in times if start <= at < start + 1) for start in times)
    assert densest < 32  # what one's own clock makes of 20: a rate for each would be 40


async def test_one_persons_long_queue_does_not_eat_the_numbers_rate(outside: Outside) -> None:
    await outside.hello(AMINA, BEN)
    await outside.house.execute("UPDATE channels SET rate = 40")
    await outside.faults(send_5xx=True)
    await outside.put(AMINA, *(str(n) for n in range(200)))
    outside.start()
    await eventually(lambda: _came(outside, 1))
    await outside.faults()
    begun = asyncio.get_running_loop().time()
    await outside.put(BEN, "quick")
    await outside.shows(BEN, "quick")
    assert asyncio.get_running_loop().time() - begun < 2
    await outside.house.execute("DELETE FROM outbox WHERE state = 'waiting'")


async def test_one_person_gets_a_burst_and_then_waits(outside: Outside) -> None:
    await outside.hello(AMINA, BEN)
    await outside.faults(pair_rate=True)
    await outside.put(AMINA, *(str(n) for n in range(50)))
    await outside.put(BEN, "not held up by it")
    outside.start()
    await outside.shows(BEN, "not held up by it")
    await eventually(lambda: _came(outside, 46))
    await asyncio.sleep(0.3)
    assert len([r for r in outside.requests if r.to == AMINA]) == 45
    assert {request.answered for request in outside.requests} == {200}
    await outside.faults()
    await outside.house.execute(
        "UPDATE recipients SET pace_at = now() - interval '1 hour', closed_until = now()"
    )
    await outside.done()
    await outside.shows(AMINA, *(str(n) for n in range(50)))


async def test_replies_go_before_notices_before_bulk(outside: Outside) -> None:
    people = [phone(n) for n in range(60)]
    await outside.hello(*people)
    await outside.house.execute("UPDATE channels SET rate = 30")
    for person in people[:40]:
        await outside.put(person, "bulk", priority=BULK)
    for person in people[40:50]:
        await outside.put(person, "notice", priority=NOTICE)
    for person in people[50:]:
        await outside.put(person, "reply")
    outside.start()
    await eventually(lambda: _came(outside, 10))
    late = await outside.put(people[0], "late reply")
    await outside.done()
    order = [request.words for request in outside.requests]
    assert max(i for i, words in enumerate(order) if words == "reply") < 14
    assert max(i for i, words in enumerate(order) if words == "notice") < 26
    assert order.index("late reply") < order.index("bulk") + 12
    assert await outside.state(late[0]) in ("sent", "delivered", "read")


async def test_bulk_of_a_person_does_not_go_before_their_reply(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.put(AMINA, "bulk 1", "bulk 2", priority=BULK)
    await outside.put(AMINA, "reply 1", "reply 2")
    outside.start()
    await outside.done()
    await outside.shows(AMINA, "reply 1", "reply 2", "bulk 1", "bulk 2")


# -- the window ---------------------------------------------------------------------------------


TEMPLATE: dict[str, Any] = {"template": {"name": "order_news", "parameters": ["12", "ready"]}}


async def test_outside_the_window_only_templates_go(outside: Outside) -> None:
    await outside.hello(AMINA, BEN)
    await outside.house.execute("UPDATE sessions SET talked_at = now() - interval '25 hours'")
    plain = await outside.put(AMINA, "words")
    templated = await outside.put(AMINA, "other words", **TEMPLATE)
    outside.start()
    await outside.done()
    assert await outside.house.rows(
        "SELECT state::text, reason FROM outbox WHERE id = $1", *plain
    ) == [("skipped", "window closed")]
    assert await outside.state(templated[0]) != "skipped"
    assert [request.words for request in outside.requests] == ["template order_news"]


async def test_whoever_never_wrote_has_no_window(outside: Outside) -> None:
    await outside.hello(AMINA)
    await outside.house.execute("UPDATE sessions SET talked_at = NULL")
    plain = await outside.put(AMINA, "words")
    outside.start()
    await outside.done()
    assert await outside.state(plain[0]) == "skipped"


async def test_where_the_provider_says_it_is_closed_the_template_goes_at_once(
    outside: Outside,
) -> None:
    await outside.hello(AMINA)
    await outside.faults(closed_window={"count": 2})
    plain = await outside.put(AMINA, "words")
    await outside.put(AMINA, "other words", **TEMPLATE)
    outside.start()
    await outside.done()
    assert await outside.state(plain[0]) == "skipped"
    words = [request.words for request in outside.requests]
    assert words == ["words", "other words", "template order_news"]


async def test_green_api_has_no_window(outside: Outside, green: Any) -> None:
    channel, came = green
    await outside.hello(AMINA)
    await outside.house.execute("UPDATE sessions SET talked_at = now() - interval '3 days'")
    await outside.put(AMINA, "words")
    outside.start(channel=channel)
    await outside.done()
    assert came == ["words"]


async def test_a_phone_that_is_somebody_elses_now_gets_nothing(outside: Outside) -> None:
    await outside.hello(AMINA)
    [gone] = await outside.put(AMINA, "words")
    await outside.house.execute("UPDATE recipients SET address = '', unreachable_at = now()")
    outside.start()
    await outside.done()
    assert await outside.state(gone) == "failed"
    assert outside.requests == []


async def test_a_failure_told_by_status_keeps_its_reason(outside: Outside) -> None:
    """Even when the status was quicker than the answer to the send."""
    await outside.hello(AMINA)
    [one] = await outside.put(AMINA, "one")
    await outside.house.receive(
        post(status("wamid.x", "failed", one, **failed(131026)), key="statuses")
    )
    rows = await outside.house.rows("SELECT state::text, error_code, reason FROM outbox")
    assert rows == [("failed", 131026, "It failed")]
    [two] = await outside.put(AMINA, "two")
    await outside.faults(statuses="none")
    await outside.house.execute(
        """CREATE FUNCTION early() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.state = 'sending' THEN NEW.state := 'failed'; NEW.error_code := 131026;
               NEW.reason := 'It failed'; END IF; RETURN NEW; END $$"""
    )
    await outside.house.execute(
        "CREATE TRIGGER t BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION early()"
    )
    outside.start()
    await eventually(
        lambda: outside.house.value("SELECT provider_id IS NOT NULL FROM outbox WHERE id = $1", two)
    )
    rows = await outside.house.rows(
        "SELECT state::text, error_code, reason FROM outbox WHERE id = $1", two
    )
    assert rows == [("failed", 131026, "It failed")]
