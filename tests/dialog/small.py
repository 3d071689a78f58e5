"""A small dialog to try the engine on: a door, a room that counts, a till that waits."""

from datetime import timedelta
from typing import ClassVar, cast

from bot.dialog import (
    Again,
    Back,
    Choice,
    Command,
    Dialog,
    Done,
    Go,
    Next,
    NotUnderstood,
    Reply,
    Said,
    Sentences,
    Silence,
    Step,
    Words,
)
from services import Services
from services.ground.facts import Fact

NOBODY = cast(Services, None)  # these steps ask no service


class Paid(Fact):
    tag: ClassVar[str] = "test-paid"
    till: int


class Rain(Fact):
    tag: ClassVar[str] = "test-rain"
    words: str = "It rains."


class Door(Step):
    tag: ClassVar[str] = "test.door"

    async def ask(self, do: Services) -> Words:
        rooms = (Choice("room:1", "Room one"), Choice("room:2", "Room two"))
        return Reply("Which room?", (*rooms, Choice.act("lamp", 7, "Light")))

    async def answer(self, said: Said, do: Services) -> Next:
        return Room(number=int(said.choice().removeprefix("room:")))


class Room(Step):
    tag: ClassVar[str] = "test.room"
    lifetime: ClassVar[timedelta] = timedelta(hours=1)
    number: int
    seen: int = 0

    async def ask(self, do: Services) -> Words:
        choices = (Choice(f"look:{self.number}", "Look"), Choice("pay", "Pay"))
        return Reply(f"Room {self.number}, seen {self.seen}.", choices)

    async def ask_again(self, do: Services) -> Words:
        return Reply("Still here.", (Choice(f"look:{self.number}", "Look"), Choice("pay", "Pay")))

    async def answer(self, said: Said, do: Services) -> Next:
        if said.choice() == "pay":
            return Go(Till(number=self.number), "Held for you.", for_good=True)
        return Room(number=self.number, seen=self.seen + 1)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        if choice.startswith("look:"):
            return Room(number=int(choice.removeprefix("look:")))
        return None


class Till(Step):
    tag: ClassVar[str] = "test.till"
    strays: ClassVar[bool] = False
    number: int

    async def ask(self, do: Services) -> Words:
        return "Please pay."

    async def answer(self, said: Said, do: Services) -> Next:
        raise NotUnderstood("I wait for the money.")

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        match fact:
            case Paid(till=self.number):
                return Done("Thank you.")
        return None


class Diary(Step):
    tag: ClassVar[str] = "test.diary"
    free_text: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"image"})

    async def ask(self, do: Services) -> Words:
        return "Dear diary…"

    async def answer(self, said: Said, do: Services) -> Next:
        return Done(f"Written: {said.words(100)}" if said.kind == "text" else "Glued in.")


async def _back(step: Step, said: Said, do: Services) -> Next:
    return Back()


async def _diary(said: Said, do: Services) -> Next | None:
    return Diary() if said.text == "diary" else None


async def _weather(said: Said, do: Services) -> Next | None:
    return Again("Sunny.") if "weather" in said.text else None


async def _lamp(argument: str, do: Services) -> Next:
    return Again(f"Lamp {argument} is on.", quietly=True)


async def _sticker(said: Said, do: Services) -> Next:
    return Silence("sticker")


async def _paid(fact: Paid, do: Services) -> Words:
    return Reply(f"Till {fact.till} was paid.", (Choice.act("lamp", fact.till, "Show me"),))


async def _rain(fact: Rain, do: Services) -> Words:
    return fact.words


async def _welcome(said: Said, do: Services) -> Words:
    return "Welcome."


def _sentence(words: Words):  # type: ignore[no-untyped-def]
    async def say(do: Services) -> Words:
        return words

    return say


def _commands(text: str) -> Command | None:
    return _back if text.strip().casefold() == "back" else None


dialog = Dialog(
    home=Door(),
    steps=[Door, Room, Till, Diary],
    sentences=Sentences(
        welcome=_welcome,
        welcome_back=_sentence(Reply("Go on?", (Choice.act("resume", "", "Go on"),))),
        stale=_sentence("Too late."),
        already=_sentence("Done already."),
        start=_sentence("The very start."),
        no_way_back=_sentence("No way back."),
        lost=_sentence(Reply("Lost?", (Choice.act("lamp", 0, "Light"),))),
        unreadable=_sentence("Who are you?"),
        changed=_sentence("Changed."),
        too_fast=_sentence("Slowly!"),
    ),
    commands=_commands,
    shortcuts=[_diary],
    routes=[_weather],
    actions={"lamp": _lamp},
    asides={"sticker": _sticker},
    notices={Paid: _paid, Rain: _rain},
)
