"""Shadow: what was changed shows up as exactly that, and nothing else does."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from bot.commands import shadow as shadowing
from bot.commands.shadow import Shadow, shadowed
from bot.database.connections import Database
from bot.dialog import Choice, Next, Reply, Said, Words, bubbles
from bot.replay.difference import Difference
from handlers.chat import home
from handlers.chat.shopping.receiving import Receive
from services import Services
from tests.replay.studio import PURCHASE, bought, other, shadow, trial


def told(found: Shadow) -> list[tuple[str | None, list[tuple[str, str]]]]:
    """Where what differs, of the turns that differ."""
    return [
        (one.step_before, [(each.about, each.how) for each in one.differences])
        for one in found.differing
    ]


async def test_a_changed_sentence_is_the_only_difference(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = Receive.ask

    async def in_other_words(self: Receive, do: Services) -> Reply:
        reply = await asks(self, do)
        assert isinstance(reply, Reply)
        return replace(reply, text=reply.text.replace("How would you", "How may you"))

    await bought(database)
    monkeypatch.setattr(Receive, "ask", in_other_words)
    found = await shadow(database)
    assert told(found) == [("shopping.added", [("bubble 1", "other text")])]
    assert found.asked_new == []
    [difference] = found.differing[0].differences
    assert difference.then[0] == "How would you like to get it?"
    assert difference.now[0] == "How may you like to get it?"


async def test_a_changed_way_is_the_only_difference(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def goes_home(self: Receive, said: Said, do: Services) -> Next:
        return home.Menu()

    await bought(database)
    monkeypatch.setattr(Receive, "answer", goes_home)
    [(step, differences)] = told(await shadow(database))
    assert step == "shopping.delivery"
    assert ("step", "shopping.place → home.menu") in differences
    assert "bubble 1" in dict(differences)


async def test_a_button_that_means_something_else_is_seen(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = Receive.ask

    async def other_ids(self: Receive, do: Services) -> Reply:
        reply = await asks(self, do)
        assert isinstance(reply, Reply)
        choices = tuple(Choice(f"{c.id}9", c.label) for c in reply.choices)
        return replace(reply, choices=choices)

    await bought(database)
    monkeypatch.setattr(Receive, "ask", other_ids)
    [(_, differences)] = told(await shadow(database))
    assert differences == [("bubble 1", "its buttons mean something else")]


async def test_an_exception_in_new_code_is_a_difference(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(self: Receive, do: Services) -> Reply:
        raise KeyError("zone")

    await bought(database)
    monkeypatch.setattr(Receive, "ask", breaks)
    assert told(await shadow(database)) == [("shopping.added", [("error", "none → KeyError")])]


async def test_differences_of_one_kind_are_told_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = Receive.ask

    async def says_more(self: Receive, do: Services) -> Words:
        return ("New.", *bubbles(await asks(self, do)))

    await bought(database, (*PURCHASE[:6], "menu", "[My cart]", "[Checkout]", "menu"))
    monkeypatch.setattr(Receive, "ask", says_more)
    found = await shadow(database)
    text = shadowing.as_text(found, with_words=True)
    assert text.count("is new") == len({one.step_before for one in found.differing})
    assert text.endswith(f"{len(found.turns) - 2} the same, 2 different.")
    report = orjson.loads(shadowing.as_json(found, with_words=False))
    news = {"about": "bubble 2", "how": "is new"}
    assert [one["differences"][1] for one in report["differing"]] == [news] * 2
    assert (report["turns"], report["unreadable"]) == (len(found.turns), [])


async def test_the_last_conversations_and_those_of_a_service(database: Database) -> None:
    world = await bought(database)
    await world.later(timedelta(hours=2))
    async with database.pool.acquire() as db:
        await db.execute("UPDATE recordings SET recorded_at = recorded_at - interval '2 hours'")
    await world.says(world.phones["ben"], "hi")
    await world.says(world.phones["amina"], "menu")
    last = await shadowed(await trial(database), 2, None)
    assert (last.conversations, len(last.turns)) == (2, 2)
    assert {one.step_before for one in last.turns} == {None, "shopping.order"}

    shopping = await shadowed(await trial(database), 100, "shopping")
    assert len(shopping.turns) >= len(PURCHASE) - 1
    assert other(shopping.turns) == []
    assert (await shadowed(await trial(database), 100, "courses")).is_empty


async def test_recordings_of_another_release_are_counted_and_not_tried(
    database: Database,
) -> None:
    await bought(database)
    async with database.pool.acquire() as db:
        await db.execute("UPDATE recordings SET body = 'damaged' WHERE inbox_id = 1")
    found = await shadow(database)
    assert [one.inbox_id for one in found.unreadable] == [1]
    assert found.differing == []
    assert "1 recording of another release: not tried." in shadowing.as_text(found, False)


def test_a_report_of_nothing_says_so() -> None:
    assert Shadow().is_empty
    assert Difference("step", "a → b").then == ()
