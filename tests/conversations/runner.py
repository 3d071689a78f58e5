"""Reads transcripts and plays them: what is said is exactly what must be said.

# title                       a story begins
@amina                        amina speaks from here on; what she has not seen yet is shown
> words  > [Label]  > (…)     she types, taps (also on an old bubble), sends a thing
& words                       she sends that, and writes on: it waits for the next > line
< words                       a bubble, with its picture, choices and links beneath
* paid 1042                   something happens at the payment provider (see PROVIDER); a
* paid top-up                 link is an order's, or of the newest top-up
* price FLOUR 195             the shop changes (see World.changes)
* voucher KARIBU fixed 50     the shop makes one (see World.makes_voucher)
* voucher KARIBU off          and switches it off
* a shop opens in India       beside the one there is
* M-Pesa is connected         throughout the story; without it, cards alone
* operator approves SLUG      or refuses it, for a reason behind the slug
* phone 1042 cancelled        how M-Pesa's prompt ends there (see ON_PHONE)
~ 25h                         the clock moves
= order 1042: placed, due     what the world now holds (see World.holds)
! shopping.checkout fails     the next call fails; "fails 3 times" for more
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.database.connections import Database
from bot.replay.tape import Recorder
from services import BRAND
from tests.conversations.phone import Phone
from tests.conversations.world import Trouble, World

PROVIDER = (
    *("paid", "declined", "lapsed", "working", "other", "back"),
    *("inquired", "disputed", "answered", "won", "lost"),
)
ON_PHONE = ("insufficient", "cancelled", "wrong PIN", "no answer")
WITH_MPESA = "* M-Pesa is connected"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Story:
    file: Path
    title: str
    script: str  # everything below the title

    @property
    def providers(self) -> tuple[str, ...]:
        """Those that people can pay through."""
        return (*World.providers, "mpesa") if WITH_MPESA in self.script else World.providers


def stories(folder: Path) -> Iterator[Story]:
    for file in sorted(folder.glob("*/*.txt")):
        for story in re.split(r"^# ", file.read_text(), flags=re.M)[1:]:
            title, _, script = story.partition("\n")
            yield Story(file, title.strip(), script.strip("\n"))


def rewrite(story: Story, played: str) -> None:
    """Put what was said into the transcript, for review in the diff; `=` lines stay as written."""
    written = iter(_authored(story.script))
    played = "\n".join(
        next(written) if line and line[0] == "=" else line for line in played.splitlines()
    )
    text = story.file.read_text()
    head = f"# {story.title}\n"
    before, _, after = text.partition(head)
    _body, mark, rest = after.partition("\n# ")
    follows = f"\n\n# {rest}" if mark else "\n"
    story.file.write_text(f"{before}{head}\n{played}{follows}")


def _authored(script: str) -> list[str]:
    return [line for line in script.splitlines() if line.startswith("=")]


async def play(story: Story, database: Database) -> str:
    """The story as it really goes."""
    world = World(database, recorder=Recorder(1.0, BRAND), providers=story.providers)
    await world.begin()
    return "\n".join([line async for line in _Player(world).lines(story.script)])


class _Player:
    def __init__(self, world: World) -> None:
        self._world = world
        self._phone = world.phones["amina"]

    async def lines(self, script: str) -> AsyncIterator[str]:
        """The author's lines, each followed by what is said to it."""
        for line in script.splitlines():
            if not line or line[0] not in ".>&@*~=!":
                continue
            yield await self._does(line)
            if line[0] == ".":
                self._phone.unread.clear()
            for heard in self._heard(self._phone):
                yield heard
        for phone in self._world.phones.values():
            if phone.unread:
                yield f"@{phone.name}"
                for heard in self._heard(phone):
                    yield heard

    def _heard(self, phone: Phone) -> Iterator[str]:
        for bubble in phone.unread:
            first, *rest = bubble.lines
            yield f"< {first}"
            yield from (f"  {line}".rstrip() for line in rest)
        phone.unread.clear()

    async def _does(self, line: str) -> str:
        """Does what a line says; returns the line as it should read."""
        kind, words = line[0], line[1:].strip()
        match kind:
            case ">" | ".":
                await self._world.says(self._phone, words)
            case "&":
                await self._world.leaves(self._phone, self._phone.does(words))
            case "@":
                self._phone = self._world.phones[words]
            case "~":
                count, unit = int(words[:-1]), _UNITS[words[-1]]
                await self._world.later(timedelta(**{unit: count}))
            case "*":
                await self._happens(words)
            case "=":
                what = words.partition(":")[0]
                return f"= {what}: {await self._world.holds(what, self._phone)}"
            case "!":
                self._fails(words)
        return line

    async def _happens(self, words: str) -> None:
        what, _, rest = words.partition(" ")
        if what in PROVIDER:
            await self._world.pays(rest, what)
        elif what == "provider":
            for till in self._world.tills.values():
                till.away = rest == "away"
            await self._world.later(timedelta(minutes=0 if rest == "away" else 1))
        elif what == "phone":
            number, _, why = rest.partition(" ")
            assert why in ON_PHONE, why
            await self._world.pays(number, why)
        elif what == "voucher":
            await self._world.makes_voucher(*rest.split())
        elif f"* {words}" == WITH_MPESA:
            pass  # from the beginning
        elif what == "operator":
            await self._world.decides(rest)
        elif words == "a shop opens in India":
            await self._world.opens_in_india()
        elif words == "a second shop opens":
            await self._world.opens_second()
        elif what == "release":
            state = {"stack": [{"tag": "shopping.of-another-release"}], "asked": 7}
            await self._world.forgets(self._phone, state)
        else:
            await self._world.changes(words)

    def _fails(self, words: str) -> None:
        found = re.fullmatch(r"(\w+)\.(\w+) fails(?: (\d+) times)?", words)
        assert found is not None, f"not a failure: {words}"
        self._world.trouble = Trouble(found[1], found[2], int(found[3] or 1))
