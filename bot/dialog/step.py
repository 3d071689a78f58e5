"""One question is one Step; what follows an answer is one of a few Next's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from bot.dialog.reply import Words
from bot.dialog.said import Said
from services import Services
from services.ground.facts import Fact

Burst = Literal["each", "last", "together"]
"""What several messages that waited together are: an answer each, whatever the last one says,
or one answer in pieces. Taps and commands are always an answer each."""


class Step(BaseModel):
    """One question the bot waits on. Its fields are what we know so far.

    A field added later gets a default; a step whose shape changed migrates in a
    validator; a retired step stays listed until no stored session holds it.
    """

    model_config = ConfigDict(frozen=True)

    tag: ClassVar[str]  # stored in the database: never rename, never reuse
    lifetime: ClassVar[timedelta] = timedelta(hours=24)  # then it is put aside
    takes_commands: ClassVar[bool] = True
    free_text: ClassVar[bool] = False  # any words are an answer: nothing else may claim them
    strays: ClassVar[bool] = True  # words it does not understand may lead elsewhere
    takes: ClassVar[frozenset[str]] = frozenset()  # kinds it reads besides text and taps
    burst: ClassVar[Burst | None] = None  # None: "together" where free text is asked, else "each"

    @property
    def gathers(self) -> Burst:
        return self.burst or ("together" if self.free_text else "each")

    @classmethod
    def together(cls, texts: Sequence[str]) -> str:
        """The words of a burst as one answer."""
        return "\n".join(dict.fromkeys(texts))

    async def ask(self, do: Services) -> Words:
        raise NotImplementedError

    async def ask_again(self, do: Services) -> Words:
        """The same question, when the person is still here: may be shorter."""
        return await self.ask(do)

    async def answer(self, said: Said, do: Services) -> Next:
        raise NotImplementedError

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        """Claim a fact this step was waiting for; None lets it be a notice."""
        return None

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        """What a tap on an older bubble of this step still may do; None: nothing."""
        return None


@dataclass(frozen=True, slots=True)
class Go:
    """Move on to a step, saying something first; `for_good` closes the way back."""

    to: Step
    say: Words = ""
    for_good: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """Stay here: say something, and ask again unless `quietly`."""

    say: Words = ""
    quietly: bool = False


@dataclass(frozen=True, slots=True)
class Back:
    """Return to the step before this one."""


@dataclass(frozen=True, slots=True)
class Done:
    """The conversation is over; go home."""

    say: Words = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is to be said; `why` is counted. `now` is the present step, knowing more."""

    why: str
    now: Step | None = None


Next = Step | Go | Again | Back | Done | Silence
