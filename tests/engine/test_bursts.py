"""What waits together: bursts, edits, what is taken back; and somebody who never stops."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import orjson

from bot.commands.explain import explain
from bot.dialog import Burst, Next, Said
from bot.pace import BURST, SAME
from services import Services
from tests.engine.house import DIALOG, Home, House, News, check_the_books, message, phone, post

AMINA, BEN = phone(101), phone(102)


class Listening(Home):
    """Hears what comes together as one."""

    tag: ClassVar[str] = "test.listening"
    burst: ClassVar[Burst] = "together"
    takes: ClassVar[frozenset[str]] = frozenset({"image"})


class Newest(Listening):
    """Only the last thing counts."""

    tag: ClassVar[str] = "test.newest"
    burst: ClassVar[Burst] = "last"


def dialog_at(home: Home) -> Any:
    return replace(DIALOG, home=home, steps=[Home, Listening, Newest])


async def known(house: House, home: Home) -> None:
    """Amina has talked with us before."""
    await house.say("hello")
    await house.settle(house.worker(dialog=dialog_at(home)))
    await house.execute("DELETE FROM outbox")
    await house.execute("DELETE FROM effects")
    await house.execute("UPDATE inbox SET state = 'ignored', reason = 'hello'")


async def settle(house: House, home: Home) -> None:
    await house.settle(house.worker(dialog=dialog_at(home)))


async def ends(house: House) -> list[str]:
    """How each message ended, and why, with the place in the list in place of an id."""
    rows = await house.rows("SELECT id, state, reason FROM inbox WHERE id > 1 ORDER BY id")
    places = {str(id_): str(place) for place, (id_, *_) in enumerate(rows, start=1)}
    told = []
    for _, state, reason in rows:
        why, of, id_ = (reason or "").partition(" (in:")
        told.append(f"{state}: {why} {places[id_[:-1]]}" if of else f"{state} {why}".strip())
    return told


def photo(wamid: str, caption: str = "", frm: str = AMINA) -> Any:
    image = {"id": f"media-{wamid}", "mime_type": "image/jpeg", "sha256": "x", "caption": caption}
    return {"id": wamid, "from": frm, "timestamp": "1795510800", "type": "image", "image": image}


def edit(wamid: str, of: str, words: str) -> Any:
    inner = {"type": "text", "text": {"body": words}}
    body = {"original_message_id": of, "message": inner}
    return {"id": wamid, "from": AMINA, "timestamp": "1795510800", "type": "edit", "edit": body}


def revoke(wamid: str, of: str) -> Any:
    body = {"original_message_id": of}
    return {"id": wamid, "from": AMINA, "timestamp": "1795510800", "type": "revoke", "revoke": body}


def tap(wamid: str, id_: str) -> Any:
    reply = {"type": "button_reply", "button_reply": {"id": id_, "title": id_}}
    frm = {"from": AMINA, "timestamp": "1795510800"}
    return {"id": wamid, "type": "interactive", "interactive": reply, **frm}


# -- bursts ---------------------------------------------------------------------------------


async def test_a_burst_is_answered_once_where_the_step_says_so(house: House) -> None:
    await known(house, Listening())
    await house.say("I want", "a haircut", "today")
    await house.say("each", "one", frm=BEN)
    await settle(house, Listening())
    assert "I want\na haircut\ntoday" in await house.effects()
    assert (await ends(house))[:3] == ["ignored: part of a burst 3"] * 2 + ["answered"]


async def test_a_step_that_does_not_say_so_answers_each(house: House) -> None:
    await known(house, Home())
    await house.say("one", "two", "two", "two", "three")
    await settle(house, Home())
    assert await house.effects() == ["one", "two", "three"]
    twice = "ignored: part of a burst 4"
    assert await ends(house) == ["answered", twice, twice, "answered", "answered"]


async def test_only_the_last_counts_where_the_step_says_so(house: House) -> None:
    await known(house, Newest())
    await house.say("one", "two", "three")
    await settle(house, Newest())
    assert await house.effects() == ["three"]


async def test_a_fact_a_tap_or_another_number_ends_a_burst(house: House) -> None:
    await known(house, Listening())
    await house.say("a", "b")
    await house.receive(post(tap("t1", "test.listening|0|x"), message("c", frm=AMINA)))
    await house.announce(News(user_id=await house.only_person()))
    await house.say("d")
    await settle(house, Listening())
    assert await house.effects() == ["a\nb", "c", "d"]
    assert [words for words in await house.said() if words != "What else? (0)"] == [
        "a\nb", "That is over.", "c", "News: it (en)", "d",
    ]  # fmt: skip


async def test_an_album_comes_to_its_step_as_one(house: House) -> None:
    seen: list[Said] = []

    async def look(said: Said, do: Services) -> Next | None:
        seen.append(said)
        return None

    await known(house, Listening())
    house.stage.play = look
    await house.receive(post(photo("p1", "front"), photo("p2"), message("it broke", frm=AMINA)))
    await settle(house, Listening())
    [said] = seen
    assert [file.media_id for file in said.files] == ["media-p1", "media-p2"]
    assert (said.kind, said.text) == ("image", "front\nit broke")


async def test_a_burst_that_fails_is_answered_one_by_one(house: House) -> None:
    async def fail(said: Said, do: Services) -> Next | None:
        if "b" in said.text.split("\n"):
            raise RuntimeError("b")
        return None

    await known(house, Listening())
    house.stage.play = fail
    await house.say("a", "b", "c", "d")
    await settle(house, Listening())
    assert await house.effects() == ["a", "c\nd"]
    assert await house.values("SELECT state FROM inbox WHERE id > 1 ORDER BY id") == [
        "answered", "parked", "ignored", "answered",
    ]  # fmt: skip
    assert await house.value("SELECT count(*) FROM outbox WHERE content->>'text' ~ 'Sorry'") == 1


async def test_explain_says_what_became_of_each(house: House) -> None:
    await known(house, Listening())
    await house.say("my secret", "words")
    await settle(house, Listening())
    ids = await house.values("SELECT id FROM inbox WHERE id > 1 ORDER BY id")
    async with house.database.pool.acquire() as db:
        told = await explain(db, f"in:{ids[0]}", last=1, with_words=False, json=False)
        same = await explain(db, f"in:{ids[0]}", last=1, with_words=False, json=True)
    assert told is not None
    assert f"ignored: part of a burst (in:{ids[1]})" in told
    assert "secret" not in told
    assert orjson.loads(same or "")["messages"][0]["reason"] == f"part of a burst (in:{ids[1]})"


# -- edits, and what is taken back ---------------------------------------------------------------


async def test_an_edit_of_what_still_waits_takes_effect(house: House) -> None:
    await known(house, Home())
    await house.receive(
        post(
            message("rise", frm=AMINA, id="m1"), edit("e1", "m1", "rize"), edit("e2", "m1", "rice")
        )
    )
    await settle(house, Home())
    assert await house.effects() == ["rice"]
    assert await ends(house) == ["answered"] + ["ignored: took effect 1"] * 2


async def test_an_edit_outlives_a_failure_of_what_it_edits(house: House) -> None:
    fails = [RuntimeError(), RuntimeError()]

    async def fail(said: Said, do: Services) -> Next | None:
        if fails:
            raise fails.pop()
        return None

    await known(house, Home())
    house.stage.play = fail
    await house.receive(post(message("rise", frm=AMINA, id="m1"), edit("e1", "m1", "rice")))
    await settle(house, Home())
    assert await house.effects() == ["rice"]
    assert await ends(house) == ["answered", "ignored: took effect 1"]


async def test_what_is_taken_back_while_it_waits_is_not_answered(house: House) -> None:
    await known(house, Home())
    items = (message("no", frm=AMINA, id="m1"), edit("e1", "m1", "never"), revoke("r1", "m1"))
    await house.receive(post(*items, message("yes", frm=AMINA)))
    await settle(house, Home())
    assert await house.effects() == ["yes"]
    gone = "ignored taken back"
    assert await ends(house) == [gone, gone, "ignored: took effect 1", "answered"]


async def test_nobody_edits_or_takes_back_another_persons_words(house: House) -> None:
    await known(house, Home())
    await house.receive(post(message("mine", frm=BEN, id="m1")), post(revoke("r1", "m1")))
    await settle(house, Home())
    assert await house.effects() == ["mine"]


# -- somebody who never stops ---------------------------------------------------------------------


async def test_too_many_messages_are_told_so_once(house: House) -> None:
    await known(house, Home())
    await house.say(*(str(n) for n in range(int(BURST) + 80)))
    await settle(house, Home())
    said = await house.said()
    assert said.count("Slow down.") == 1
    assert len(await house.effects()) == BURST - 1  # one of a burst was the greeting
    reasons = await house.values("SELECT reason FROM inbox WHERE state = 'ignored' AND id > 1")
    assert set(reasons) == {"too many"}
    await check_the_books(house)


async def test_after_a_while_of_calm_they_are_heard_again(house: House) -> None:
    await known(house, Home())
    await house.say(*(str(n) for n in range(int(BURST) + 80)))
    await settle(house, Home())
    await house.execute("UPDATE inbox SET received_at = received_at - interval '10 minutes'")
    state = "SELECT state::text FROM sessions"
    stored = orjson.loads(await house.value(state))
    stored["pace"][1] -= timedelta(minutes=10).total_seconds()
    await house.execute(
        "UPDATE sessions SET state = $1::text::jsonb", orjson.dumps(stored).decode()
    )
    await house.say("hello again")
    await settle(house, Home())
    assert (await house.effects())[-1] == "hello again"
    assert (await house.said()).count("Slow down.") == 1


async def test_what_waited_for_an_hour_is_not_too_fast(house: House) -> None:
    """It is their clock that counts, not how quickly we catch up."""
    await known(house, Home())
    await house.execute("UPDATE sessions SET state = state - 'pace'")
    await house.say(*(str(n) for n in range(300)))
    await house.execute(
        """UPDATE inbox SET received_at = now() - interval '1 hour' + id * interval '1 second'
           WHERE state = 'waiting'"""
    )
    await settle(house, Home())
    assert len(await house.effects()) == 300


async def test_the_same_words_over_and_over_are_not_answered_for_ever(house: House) -> None:
    """Another bot that answers ours: one message at a time, each answered before the next."""
    await known(house, Home())
    for _ in range(SAME + 5):
        await house.say("Thank you for your message!")
        await settle(house, Home())
    assert len(await house.effects()) == SAME - 1
    assert (await house.said()).count("Slow down.") == 1
    await house.say("a person, now")
    await settle(house, Home())
    assert (await house.effects())[-1] == "a person, now"


async def test_a_stop_is_heard_however_fast_they_write(house: House) -> None:
    urgent = replace(dialog_at(Home()), hears_always=lambda said: said.text == "stop")
    await known(house, Home())
    await house.say(*(str(n) for n in range(int(BURST) + 30)), "stop", "more")
    await house.settle(house.worker(dialog=urgent))
    assert (await house.effects())[-1] == "stop"
