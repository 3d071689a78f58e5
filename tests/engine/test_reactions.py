"""A reaction is kept and counted, and that is all: nobody is answered for a thumb."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from bot import handover, webhooks
from bot.observe.metrics import ignored
from tests.engine.house import INSTANCE, House, message, phone, post

AMINA = phone(101)


def cloud(emoji: str) -> Any:
    reaction = {"message_id": "wamid.ours"} | ({"emoji": emoji} if emoji else {})
    return post(message("", frm=AMINA, type="reaction", reaction=reaction))


def green(emoji: str) -> Any:
    chat = {"chatId": f"{AMINA}@c.us", "sender": f"{AMINA}@c.us"}
    data = {"typeMessage": "reactionMessage", "extendedTextMessageData": {"text": emoji}}
    return {
        "typeWebhook": "incomingMessageReceived",
        "instanceData": {"idInstance": int(INSTANCE)},
        "timestamp": 1795510800,
        "idMessage": f"R{emoji}",
        "senderData": chat,
        "messageData": {**data, "quotedMessage": {"stanzaId": "ours"}},
    }


Reacts = Callable[[str], Any]
both = pytest.mark.parametrize(
    ("source", "reacts"), [("cloud", cloud), ("greenapi", green)], ids=["cloud", "greenapi"]
)


async def come(house: House, source: str, *bodies: Any) -> None:
    async with house.database.pool.acquire() as db:
        await webhooks.store(db, [(source, orjson.dumps(body), "test") for body in bodies])
    await house.take_in()
    await house.settle()


async def window(house: House) -> list[tuple[Any, ...]]:
    return await house.rows("SELECT talked_at, last_message_id, channel_id, state FROM sessions")


@both
async def test_it_is_kept_counted_and_moves_nothing(
    house: House, source: str, reacts: Reacts
) -> None:
    await house.say("hi")
    await house.settle()
    await house.execute("UPDATE sessions SET talked_at = now() - interval '30 hours'")
    before, said = await window(house), await house.said()
    counts = [ignored(kind)._value.get() for kind in ("reaction", "reaction_removed")]
    await come(house, source, reacts("👍"), reacts(""))
    assert await house.rows("SELECT kind, state, reason FROM inbox ORDER BY id OFFSET 1") == [
        (kind, "ignored", kind) for kind in ("reaction", "reaction_removed")
    ]
    assert [ignored(kind)._value.get() for kind in ("reaction", "reaction_removed")] == [
        count + 1 for count in counts
    ]
    assert (await window(house), await house.said()) == (before, said)


@both
async def test_a_stranger_who_reacts_is_greeted_when_they_say_something(
    house: House, source: str, reacts: Reacts
) -> None:
    await come(house, source, reacts("👍"))
    assert await house.said() == []
    await house.say("hello")
    await house.settle()
    assert (await house.said())[0] == "hello"


async def test_who_reacts_to_everything_is_not_told_to_slow_down(house: House) -> None:
    await house.say("hi")
    await house.settle()
    said = await house.said()
    await come(house, "cloud", *(cloud("👍") for _ in range(130)))
    assert await house.said() == said


async def test_between_two_pieces_of_a_message_it_is_not_in_the_way(house: House) -> None:
    await house.say("hi")
    await house.settle()
    await house.say("yes")
    await house.receive(cloud("👍"))
    await house.say("yes")  # the same words once more: meant once
    await house.settle()
    assert (await house.effects())[-2:] == ["hi", "yes"]


async def test_with_a_human_agent_it_is_the_same(house: House) -> None:
    await house.say("hi")
    await house.settle()
    person = await house.only_person()
    agent = await house.value("INSERT INTO users DEFAULT VALUES RETURNING id")
    async with house.database.pool.acquire() as db, db.transaction():
        await handover.take(db, person, agent)
    before = await window(house)
    await come(house, "cloud", cloud("👍"))
    assert await house.value("SELECT reason FROM inbox ORDER BY id DESC LIMIT 1") == "reaction"
    assert await window(house) == before


async def test_the_provider_s_switch_for_marketing_does_not_open_the_window(
    house: House,
) -> None:
    await house.say("hi")
    await house.settle()
    await house.execute("UPDATE sessions SET talked_at = now() - interval '30 hours'")
    before = (await window(house))[0][:2]
    switch = {
        "wa_id": AMINA, "category": "marketing_messages", "value": "stop",
        "timestamp": 1795510800, "detail": "User requested to stop",
    }  # fmt: skip
    await house.receive(post(switch, key="user_preferences"))
    await house.settle()
    assert (await window(house))[0][:2] == before
