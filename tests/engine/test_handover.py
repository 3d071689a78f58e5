"""While a person is with a human agent the bot is silent; it never is for longer than that."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot import handover, lease
from bot.commands import handover as talks
from bot.commands.explain import explain
from bot.dialog import Reply
from bot.handover import OutboxHandovers
from bot.outbox import BULK, NOTICE
from handlers.chat.commands import command
from handlers.chat.consent import is_about_consent
from services.ground.handovers import AlreadyTaken, NotTaken
from tests.engine.house import DIALOG, House, News, eventually, phone
from tests.engine.outside import Outside

AMINA = phone(101)


@pytest.fixture
async def agents(house: House) -> AsyncIterator[tuple[int, int]]:
    """Two people who answer in the bot's place."""
    named = "INSERT INTO users (name) VALUES ($1) RETURNING id"
    yield await house.value(named, "Wanjiru"), await house.value(named, "Otieno")


async def take(house: House, agent: int, minutes: float = 30) -> int:
    person = await house.value("SELECT user_id FROM user_identities")
    async with house.database.pool.acquire() as db, db.transaction():
        await handover.take(db, person, agent, minutes)
    return int(person)


async def say(house: House, person: int, agent: int, words: str) -> None:
    async with house.database.pool.acquire() as db, db.transaction():
        await handover.say(db, person, agent, Reply(words))


async def hand_back(house: House, person: int, agent: int) -> None:
    async with house.database.pool.acquire() as db:
        await handover.hand_back(db, person, agent)


async def said(house: House) -> list[str]:
    """What the bot said to it, but for the question it began with."""
    return [words for words in await house.said() if not words.startswith("What else?")]


async def inbox(house: House) -> list[tuple[Any, ...]]:
    return await house.rows("SELECT state, reason FROM inbox ORDER BY id")


async def test_what_a_person_writes_to_an_agent_is_kept_and_not_answered(
    house: House, agents: tuple[int, int]
) -> None:
    await house.say("hello")
    await house.settle()
    person = await take(house, agents[0])
    talked_at = await house.value("SELECT talked_at FROM sessions")
    await house.say("is it fresh?", "and today's?")
    await house.settle()
    assert await inbox(house) == [("answered", None), *[("ignored", "with a person")] * 2]
    assert await said(house) == ["hello"]
    assert await house.value("SELECT talked_at FROM sessions") > talked_at  # the window is open
    await hand_back(house, person, agents[0])
    await house.say("thank you")
    await house.settle()
    assert await said(house) == ["hello", "thank you"]


async def test_a_person_met_by_an_agent_first_is_greeted_afterwards(
    house: House, agents: tuple[int, int]
) -> None:
    await house.say("hello")
    person = await take(house, agents[0])
    await house.settle()
    assert await said(house) == []
    await hand_back(house, person, agents[0])
    await house.say("anybody?")
    await house.settle()
    assert await said(house) == ["anybody?"]


async def test_the_bot_is_silent_and_the_agent_is_not(
    outside: Outside, agents: tuple[int, int]
) -> None:
    await outside.hello(AMINA)
    [old] = await outside.put(AMINA, "an answer from before")
    [news] = await outside.put(AMINA, "your parcel left", priority=NOTICE)
    [offer] = await outside.put(AMINA, "offer", priority=BULK)
    person = await take(outside.house, agents[0])
    await say(outside.house, person, agents[0], "Wanjiru here")
    outside.start()
    await outside.shows(AMINA, "Wanjiru here")
    await outside.until(old, "skipped")
    assert await outside.ended(old) == ("skipped", "with a person")
    assert [await outside.state(each) for each in (news, offer)] == ["waiting", "waiting"]
    await hand_back(outside.house, person, agents[0])
    await outside.shows(AMINA, "Wanjiru here", "your parcel left", "offer")


async def test_a_sender_does_not_turn_in_circles_over_what_must_wait(
    outside: Outside, agents: tuple[int, int]
) -> None:
    await outside.hello(AMINA)
    await outside.put(AMINA, "your parcel left", priority=NOTICE)
    await take(outside.house, agents[0])
    async with outside.house.database.pool.acquire() as db:
        leased = await lease.lease(
            db, outside.house.number.id, "00000000-0000-0000-0000-000000000001", 8, 64, 200, 32
        )
    assert (leased.lanes, leased.patience, leased.bulk_patience) == ([], 0, 0)


async def test_it_ends_by_itself(outside: Outside, agents: tuple[int, int]) -> None:
    await outside.hello(AMINA)
    person = await take(outside.house, agents[0])
    [news] = await outside.put(AMINA, "your parcel left", priority=NOTICE)
    outside.start()
    await outside.house.execute("UPDATE handovers SET until = now()")
    async with outside.house.database.pool.acquire() as db:
        assert await handover.end_lapsed(db) == 1
        assert await handover.end_lapsed(db) == 0
        assert await handover.current(db, person) is None
    await outside.shows(AMINA, "your parcel left")
    with pytest.raises(NotTaken):
        await say(outside.house, person, agents[0], "too late")
    with pytest.raises(NotTaken):
        await hand_back(outside.house, person, agents[0])
    assert await outside.state(news) != "skipped"


async def test_the_bot_answers_from_the_end_on_even_where_nobody_wrote_it_down(
    house: House, agents: tuple[int, int]
) -> None:
    await house.say("hello")
    await house.settle()
    await take(house, agents[0])
    await house.execute("UPDATE handovers SET until = now()")
    await house.say("again")
    await house.settle()
    assert await said(house) == ["hello", "again"]
    await take(house, agents[1])  # and somebody else may have them now


async def test_one_agent_has_a_person(house: House, agents: tuple[int, int]) -> None:
    await house.say("hello")
    await house.settle()
    outcomes = await asyncio.gather(
        *(take(house, agent) for agent in agents), return_exceptions=True
    )
    assert [type(each) for each in outcomes if isinstance(each, Exception)] == [AlreadyTaken]
    [(holder, until)] = await house.rows("SELECT agent_id, until FROM handovers")
    person = await take(house, holder, minutes=60)  # longer
    assert await house.value("SELECT until FROM handovers") > until
    [other] = {*agents} - {holder}
    with pytest.raises(NotTaken):
        await say(house, person, other, "me too")
    with pytest.raises(NotTaken):
        await hand_back(house, person, other)


async def test_what_happens_meanwhile_is_told_afterwards(
    outside: Outside, agents: tuple[int, int]
) -> None:
    """A receipt is as true after the talk as during it."""
    await outside.house.say("hello", frm=AMINA)
    await outside.house.settle()
    person = await take(outside.house, agents[0])
    await outside.house.announce(News(user_id=person, what="paid"))
    await outside.house.settle()
    outside.start()
    await say(outside.house, person, agents[0], "I see your payment")
    await eventually(lambda: _came(outside, 1))
    assert [r.words for r in outside.requests] == ["I see your payment"]
    await hand_back(outside.house, person, agents[0])
    await eventually(lambda: _came(outside, 2))
    assert outside.requests[1].words == "News: paid (en)"


async def _came(outside: Outside, count: int) -> bool:
    return len(outside.requests) >= count


async def test_stop_counts_whoever_reads_along(house: House, agents: tuple[int, int]) -> None:
    dialog = dataclasses.replace(DIALOG, hears_always=is_about_consent, commands=command)
    worker = house.worker(dialog=dialog)
    await house.say("hello")
    await house.settle(worker)
    person = await take(house, agents[0])
    await house.say("stop", "please")
    await house.settle(worker)
    assert await house.value(
        "SELECT marketing_stopped_at IS NOT NULL FROM users WHERE id = $1", person
    )
    assert [state for state, _ in await inbox(house)] == ["answered", "answered", "ignored"]
    rows = await house.rows("SELECT priority FROM outbox ORDER BY id")
    assert [priority for (priority,) in rows] == [0, 0, NOTICE]  # confirmed when the bot may speak


async def test_explain_tells_who_had_them(house: House, agents: tuple[int, int]) -> None:
    await house.say("hello")
    await house.settle()
    person = await take(house, agents[0])
    await house.say("a word to the human")
    await house.settle()
    await house.announce(News(user_id=person, what="paid"))
    await house.settle()
    await say(house, person, agents[0], "an answer")
    async with house.database.pool.acquire() as db:
        told = await explain(db, phone(101), last=5, with_words=False, json=False)
        [own] = await house.values("SELECT id FROM outbox WHERE said_by IS NOT NULL")
        answer = await explain(db, f"out:{own}", last=5, with_words=False, json=False)
    assert told is not None
    assert "ignored: with a person" in told
    assert f"with a person then: agent {agents[0]}" in told
    assert "waiting (they are with a person)" in told
    assert answer is not None
    assert f"by person {agents[0]}" in answer


async def test_services_do_it_in_their_own_transaction(
    house: House, agents: tuple[int, int]
) -> None:
    await house.say("hello")
    await house.settle()
    person, port = await house.value("SELECT user_id FROM user_identities"), OutboxHandovers()
    with pytest.raises(ZeroDivisionError):
        async with house.database.transaction() as tx:
            await port.take(tx, person, agents[0], 5)
            await port.say(tx, person, agents[0], "never said")
            _ = 1 / 0
    assert await house.value("SELECT count(*) FROM handovers") == 0
    async with house.database.transaction() as tx:
        await port.take(tx, person, agents[0], 5)
        await port.say(tx, person, agents[0], "said")
        await port.hand_back(tx, person, agents[0])
    assert (await said(house))[1:] == ["said"]
    async with house.database.transaction() as tx:
        with pytest.raises(NotTaken):
            await port.say(tx, person, agents[0], "too late")


async def test_an_operator_takes_speaks_and_hands_back(
    house: House, agents: tuple[int, int]
) -> None:
    await house.say("hello")
    await house.settle()
    agent, amina = f"#{agents[0]}", phone(101)
    async with house.database.pool.acquire() as db, db.transaction():
        await talks.take(db, amina, agent, 10)
    await house.say("are you human?")
    await house.settle()
    async with house.database.pool.acquire() as db, db.transaction():
        await talks.say(db, amina, agent, "I am")
        [talk] = await talks.find(db)
        assert (talk.agent, talk.unanswered) == ("Wanjiru", 1)
        assert "1 messages left" in talks.as_text([talk])
        await talks.back(db, amina, agent)
        assert talks.as_text(await talks.find(db)) == "Nobody is with a person."
        with pytest.raises(talks.Unknown):
            await talks.take(db, "no such id", agent, 10)
    assert (await said(house))[-1] == "I am"
