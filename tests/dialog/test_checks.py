"""The real dialog passes its checks at start, and each check finds what it is there for."""

from dataclasses import replace
from typing import ClassVar

from bot.dialog import Choice, Command, Dialog, Done, Next, Reply, Said, Step, Words
from bot.dialog.checks import problems
from bot.dialog.diagram import mermaid, services
from bot.dialog.edges import edges
from handlers.chat import dialog
from handlers.chat.commands import COMMANDS
from handlers.chat.phrases import plain
from handlers.chat.shopping.shortcuts import _PLACES
from handlers.chat.templates import TEMPLATES
from services import Services
from tests.dialog import small


def test_the_dialog_is_sound() -> None:
    assert problems(dialog) == []


def test_a_step_that_is_not_listed_is_found() -> None:
    listed = [cls for cls in small.dialog.steps if cls is not small.Till]
    assert "Till is gone to, but not listed" in problems(_small(steps=listed))


class Attic(Step):
    tag: ClassVar[str] = "test.attic"

    async def ask(self, do: Services) -> Words:
        return Reply("Dusty.", (Choice.act("sneeze", 1, "Sneeze"),))

    async def answer(self, said: Said, do: Services) -> Next:
        return Done()


def test_a_step_that_nothing_leads_to_is_found() -> None:
    steps = [*small.dialog.steps, Attic]
    assert "nothing leads to test.attic" in problems(_small(steps=steps))


class Nameless(Step):
    tag: ClassVar[str] = "Test Room"


def test_a_bad_tag_and_a_missing_question_are_found() -> None:
    found = problems(_small(steps=[*small.dialog.steps, Nameless, small.Door]))
    assert "Nameless has a tag that is not service.question: Test Room" in found
    assert "Nameless has no ask" in found
    assert "two steps have the tag test.door" in found


def test_a_fact_without_words_is_found() -> None:
    assert "OrderPaid is announced, and nothing says it" in problems(_small())


def test_the_edges_are_those_of_the_source() -> None:
    leads = edges(small.dialog).leads
    assert leads["test.door"] == {"test.room"}
    assert leads["test.room"] == {"test.room", "test.till"}
    assert leads["test.till"] == {"test.door"}


def test_a_conversation_is_drawn() -> None:
    drawn = mermaid(small.dialog, "test")
    assert drawn.startswith("flowchart TD\n")
    assert "    test_room --> test_till\n" in drawn
    for service in services(dialog):
        assert mermaid(dialog, service)


def test_no_phrase_means_two_things() -> None:
    assert not set(COMMANDS) & set(_PLACES)
    assert all(plain(phrase) == phrase for phrase in (*COMMANDS, *_PLACES))


def test_commands_are_known_in_every_language() -> None:
    known: dict[str, Command] = COMMANDS
    for english, swahili in (
        ("menu", "menyu"), ("back", "rudi"), ("cancel", "ghairi"), ("help", "msaada"),
        ("language", "lugha"), ("agent", "mhudumu"), ("stop", "acha"), ("start", "anza"),
    ):  # fmt: skip
        assert known[english] is known[swahili]


def test_templates_come_in_every_language() -> None:
    by_name: dict[str, set[str]] = {}
    for one in TEMPLATES:
        by_name.setdefault(one.name, set()).add(one.language)
    assert all(languages == {"en", "sw"} for languages in by_name.values())


def _small(**changes: object) -> Dialog:
    return replace(small.dialog, **changes)  # type: ignore[arg-type]
