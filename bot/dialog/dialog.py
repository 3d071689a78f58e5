"""The engine: (session, what was said or happened, services) → (session, replies).

Pure: no network, no storage, no clock of its own. A turn asks the present step
what an answer means, moves there, and asks the next question.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from bot.dialog.reply import Choice, Reply, Words, bubbles
from bot.dialog.said import NotUnderstood, Said
from bot.dialog.session import DEEPEST, Session, dump, load
from bot.dialog.step import Again, Back, Done, Go, Next, Silence, Step
from services import Services
from services.ground.facts import Fact

Command = Callable[[Step, Services], Awaitable[Next]]
Action = Callable[[str, Services], Awaitable[Next]]
Aside = Callable[[Said, Services], Awaitable[Next]]
Route = Callable[[Said, Services], Awaitable[Next | None]]
Notice = Callable[[Any, Services], Awaitable[Words]]
Sentence = Callable[[Services], Awaitable[Words]]

MISSES_BEFORE_HELP = 3
RESUME = "resume"  # the action that takes up what was put aside


@dataclass(frozen=True, slots=True)
class Sentences:
    """What the engine itself has to say, in the house's words."""

    welcome: Sentence  # the very first words
    welcome_back: Sentence  # a step was put aside; offers to resume it
    stale: Sentence  # a button of an older bubble that can do nothing now
    already: Sentence  # the same button twice
    start: Sentence  # "back" at the very start
    no_way_back: Sentence  # "back" after money
    lost: Sentence  # the third miss: the menu, or a person
    unreadable: Sentence  # the stored step is not known any more


@dataclass(frozen=True, slots=True)
class _Missed:
    """The step did not understand: `why` is the sentence the person reads."""

    why: str


@dataclass(frozen=True, slots=True)
class _Resumed:
    """What was put aside is taken up again."""

    stack: tuple[Step, ...]


_To = Next | _Missed | _Resumed


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn led to. `ignored` says why there was nothing to say."""

    session: Session
    replies: tuple[Reply, ...] = ()
    ignored: str | None = None


@dataclass(frozen=True)
class Dialog:
    """Every conversation the bot can hold, as tables; takes turns, keeps no state."""

    home: Step
    steps: Sequence[type[Step]]
    sentences: Sentences
    commands: Callable[[str], Command | None]
    shortcuts: Sequence[Route] = ()  # whole-message phrases, before the step sees them
    routes: Sequence[Route] = ()  # free text that the step did not understand
    actions: Mapping[str, Action] = field(default_factory=dict)
    asides: Mapping[str, Aside] = field(default_factory=dict)  # by kind of message
    notices: Mapping[type[Fact], Notice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_tag", {cls.tag: cls for cls in self.steps})
        object.__setattr__(self, "facts", {fact.tag: fact for fact in self.notices})

    by_tag: Mapping[str, type[Step]] = field(init=False, repr=False)
    facts: Mapping[str, type[Fact]] = field(init=False, repr=False)

    # -- sessions ---------------------------------------------------------------

    def load(self, stored: Mapping[str, Any]) -> Session:
        return load(stored, self.by_tag)

    def dump(self, session: Session) -> dict[str, Any]:
        return dump(session)

    # -- turns ------------------------------------------------------------------

    async def meet(self, heard: Said | Fact, do: Services) -> Turn:
        """The first turn of a person we have never talked with."""
        session = Session(self.home)
        if isinstance(heard, Fact):
            return await self._land(session, await self._hear(session, heard, do), do)
        return await self._land(session, Go(self.home, await self.sentences.welcome(do)), do)

    async def start_over(self, asked: int, do: Services) -> Turn:
        """The turn of a person whose stored session this release cannot read."""
        say = await self.sentences.unreadable(do)
        return await self._land(Session(self.home, asked=asked), Go(self.home, say), do)

    async def take_turn(
        self, session: Session, heard: Said | Fact, do: Services, idle: timedelta = timedelta(0)
    ) -> Turn:
        """One thing said or happened; `idle` is how long the person had been away."""
        if isinstance(heard, Fact):
            return await self._land(session, await self._hear(session, heard, do), do)
        if idle > session.step.lifetime and session.step != self.home:
            aside = (*session.behind, session.step)
            session = Session(self.home, asked=session.asked, aside=aside)
            if heard.tapped is None:
                return await self._land(
                    session, Go(self.home, await self.sentences.welcome_back(do)), do
                )
        tap = heard.tapped or ""
        turn = await self._land(session, await self._say(session, heard, do), do)
        return replace(turn, session=replace(turn.session, last_tap=tap))

    async def _hear(self, session: Session, fact: Fact, do: Services) -> Next:
        if (claimed := await session.step.hear(fact, do)) is not None:
            return claimed
        words = await self.notices[type(fact)](fact, do)
        return (
            Again(words, quietly=session.step == self.home) if words else Silence("nothing to say")
        )

    async def _say(self, session: Session, said: Said, do: Services) -> _To:
        step = session.step
        if said.tapped is not None:
            if said.tapped.startswith("!"):
                return await self._act(session, said.tapped, do)
            tag, number, choice = _opened(said.tapped)
            if tag != step.tag or number < session.entered:
                return await self._older(session, said.tapped, do)
            said = replace(said, tapped=choice)
        elif said.kind != "text" and said.kind not in step.takes:
            aside = self.asides.get(said.kind)
            return await aside(said, do) if aside else Silence(said.kind)
        elif step.takes_commands and (command := self.commands(said.text)):
            return await command(step, do)
        return await self._answer(session, said.with_offer(session.offered), do)

    async def _answer(self, session: Session, said: Said, do: Services) -> _To:
        step = session.step
        if said.tapped is None and not step.free_text:
            for shortcut in self.shortcuts:
                if (there := await shortcut(said, do)) is not None:
                    return there
        try:
            return await step.answer(said, do)
        except NotUnderstood as why:
            for route in () if step.free_text or said.tapped else self.routes:
                if (there := await route(said, do)) is not None:
                    return there
            return _Missed(str(why))

    async def _act(self, session: Session, tapped: str, do: Services) -> _To:
        tag, _, argument = tapped[1:].partition(":")
        if tag == RESUME and session.aside:
            return _Resumed(session.aside)
        if (action := self.actions.get(tag)) is None:
            return Again(await self.sentences.stale(do))
        return await action(argument, do)

    async def _older(self, session: Session, tapped: str, do: Services) -> Next:
        if tapped == session.last_tap:
            return Again(await self.sentences.already(do))
        tag, _, choice = _opened(tapped)
        cls = self.by_tag.get(tag)
        still = await cls.reopen(choice, do) if cls else None
        return still if still is not None else Again(await self.sentences.stale(do))

    # -- moving -----------------------------------------------------------------

    async def _land(self, session: Session, to: _To, do: Services) -> Turn:
        """Follow a Next: say what is said on the way, and ask where it leads."""
        say: Words = ""
        misses = 0
        match to:
            case Silence(why):
                return Turn(session, ignored=why)
            case _Missed(why):
                misses = session.misses + 1
                if misses >= MISSES_BEFORE_HELP:
                    lost = tuple(bubbles(await self.sentences.lost(do)))
                    return Turn(replace(session, misses=0), lost)
                say = why
            case Again(say, True):
                return Turn(session, tuple(bubbles(say)))
            case Again(say):
                pass
            case Step():
                session = _entered(session, to)
            case Go(there, say, for_good):
                session = _entered(session, there, for_good=for_good)
            case _Resumed((*behind, step)):
                session = replace(_entered(session, step), behind=tuple(behind), aside=())
            case Back():
                session, say = await self._back(session, do)
            case Done(say):
                session = _entered(session, self.home, for_good=True)
        return await self._ask(replace(session, misses=misses), say, do)

    async def _back(self, session: Session, do: Services) -> tuple[Session, Words]:
        if session.behind:
            *behind, step = session.behind
            return replace(_entered(session, step), behind=tuple(behind)), ""
        at_home = session.step == self.home
        sentence = self.sentences.start if at_home else self.sentences.no_way_back
        return session, await sentence(do)

    async def _ask(self, session: Session, say: Words, do: Services) -> Turn:
        number = session.asked + 1
        said = tuple(bubbles(say))
        asked = tuple(bubbles(await session.step.ask(do)))
        offered = tuple(c for reply in asked for c in reply.choices)
        marked = tuple(_marked(reply, session.step.tag, number) for reply in asked)
        return Turn(replace(session, asked=number, offered=offered), (*said, *marked))


def _entered(session: Session, step: Step, for_good: bool = False) -> Session:
    """The session at a new step; coming to a step that lies behind goes back to it."""
    behind = () if for_good else (*session.behind, session.step)
    if step in behind:
        behind = behind[: behind.index(step)]
    return replace(
        session, step=step, behind=behind[-DEEPEST:], entered=session.asked + 1, offered=()
    )


def _marked(reply: Reply, tag: str, number: int) -> Reply:
    """The bubble with the step's tag and the question's number in its buttons."""
    if not reply.choices:
        return reply
    choices = tuple(
        c if c.id.startswith("!") else Choice(f"{tag}|{number}|{c.id}", c.label, c.description)
        for c in reply.choices
    )
    return replace(reply, choices=choices)


def _opened(tapped: str) -> tuple[str, int, str]:
    """Tag, question number and choice of a button's id; a foreign id has no tag."""
    tag, _, rest = tapped.partition("|")
    number, _, choice = rest.partition("|")
    return (tag, int(number), choice) if number.isdigit() else ("", 0, tapped)
