"""The engine: (session, what was said or happened, services) → (session, replies).

Pure: no network, no storage, no clock of its own. A turn asks the present step
what an answer means, moves there, and asks the next question.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from bot.dialog.edited import reconsidered
from bot.dialog.reply import Choice, Reply, Words, bubbles
from bot.dialog.said import NotUnderstood, Said, named
from bot.dialog.session import DEEPEST, Session, dump, load
from bot.dialog.step import Again, Back, Done, Go, Next, Silence, Step
from services import Services
from services.ground.facts import Fact
from services.ground.people import Person

Command = Callable[[Step, Said, Services], Awaitable[Next]]
Action = Callable[[str, Services], Awaitable[Next]]
Aside = Callable[[Said, Services], Awaitable[Next]]
Route = Callable[[Said, Services], Awaitable[Next | None]]
Notice = Callable[[Any, Services], Awaitable[Words]]
Sentence = Callable[[Services], Awaitable[Words]]
Welcome = Callable[[Said, Services], Awaitable[Words]]

MISSES_BEFORE_HELP = 3
LONGEST_NUMBER = 9  # digits: nobody has been asked more questions
RESUME = "resume"  # the action that takes up what was put aside
DOUBLE_TAP = timedelta(seconds=10)  # the same button so soon again was one tap too many
PRESENT = timedelta(minutes=10)  # somebody away for longer is not asked again with a notice


@dataclass(frozen=True, slots=True)
class Sentences:
    """What the engine itself has to say, in the house's words."""

    welcome: Welcome  # the very first words, to the very first words
    welcome_back: Sentence  # a step was put aside; offers to resume it
    stale: Sentence  # a button of an older bubble that can do nothing now
    already: Sentence  # the same button twice
    start: Sentence  # "back" at the very start
    no_way_back: Sentence  # "back" after money
    lost: Sentence  # the third miss: the menu, or a person
    unreadable: Sentence  # the stored step is not known any more
    changed: Sentence  # an edited message counts as the person has it now
    too_fast: Sentence  # far more messages than anybody types: we pause


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
    is_phrase: Callable[[str], bool] = lambda text: False  # words a shortcut acts on
    routes: Sequence[Route] = ()  # free text that the step did not understand
    actions: Mapping[str, Action] = field(default_factory=dict)
    asides: Mapping[str, Aside] = field(default_factory=dict)  # by kind of message
    wants: Callable[[Said, Person], bool] | None = None  # files an aside reads, at any step
    notices: Mapping[type[Fact], Notice] = field(default_factory=dict)
    hears_always: Callable[[Said], bool] = lambda said: False  # whoever they are talking with

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
            return await self._land(session, await self._hear(session, heard, do, PRESENT), do)
        if self.hears_always(heard):
            return await self.take_turn(session, heard, do)
        return await self._land(session, Go(self.home, await self.sentences.welcome(heard, do)), do)

    async def start_over(self, asked: int, do: Services) -> Turn:
        """The turn of a person whose stored session this release cannot read."""
        say = await self.sentences.unreadable(do)
        return await self._land(Session(self.home, asked=asked), Go(self.home, say), do)

    async def take_turn(
        self, session: Session, heard: Said | Fact, do: Services, idle: timedelta = timedelta(0)
    ) -> Turn:
        """One thing said or happened; `idle` is how long the person had been away."""
        if isinstance(heard, Fact):
            to: _To = await self._hear(session, heard, do, idle)
            return await self._land(session, to, do, session.last_tap)
        if (there := reconsidered(session, heard)) is not None:
            return await self._reconsider(there, heard, do, idle)
        if idle > session.step.lifetime and session.step != self.home:
            aside = (*session.behind, session.step)
            session = Session(
                self.home, asked=session.asked, last_tap=session.last_tap, aside=aside
            )
            if heard.tapped is None:
                wanted = await self._anywhere(session, heard.worded(), do)
                if wanted is None:
                    wanted = Go(self.home, await self.sentences.welcome_back(do))
                return await self._land(session, wanted, do)
        to = await self._say(session, heard, do, idle)
        turn = await self._land(session, to, do, heard.tapped or "")
        moved = turn.session.behind[-1:] == (session.step,)
        if moved == turn.session.moved:
            return turn
        return replace(turn, session=replace(turn.session, moved=moved))

    async def _reconsider(self, there: Session, edit: Said, do: Services, idle: timedelta) -> Turn:
        """The words as they read now, said in the place of the old ones."""
        words = replace(edit, kind="text", is_about_last=False)
        turn = await self.take_turn(there, words, do, idle)
        if not turn.replies:
            return turn
        changed = tuple(bubbles(await self.sentences.changed(do)))
        return replace(turn, replies=(*changed, *turn.replies))

    async def slow_down(self, session: Session, do: Services) -> Turn:
        """The one answer to somebody who writes faster than people do."""
        say = await self.sentences.too_fast(do)
        return _quiet(session, say, session.last_tap, session.misses)

    async def _hear(self, session: Session, fact: Fact, do: Services, idle: timedelta) -> Next:
        if (claimed := await session.step.hear(fact, do)) is not None:
            return claimed
        if words := await self.notices[type(fact)](fact, do):
            return Again(words, quietly=session.step == self.home or idle > PRESENT)
        return Silence("nothing to say")

    async def _say(self, session: Session, said: Said, do: Services, idle: timedelta) -> _To:
        step = session.step
        if said.kind not in step.takes and not (self.wants and self.wants(said, do.me)):
            said = said.worded()
        if said.tapped is not None:
            if said.tapped.startswith("!"):
                return await self._act(session, said.tapped, do)
            tag, number, choice = _opened(said.tapped)
            if tag != step.tag or number < session.entered:
                return await self._older(session, said.tapped, do, idle)
            said = replace(said, tapped=choice)
        elif said.kind != "text" and said.kind not in step.takes:
            aside = self.asides.get(said.kind)
            return await aside(said, do) if aside else Silence(said.kind)
        elif (there := await self._anywhere(session, said, do)) is not None:
            return there
        return await self._answer(session, said.with_offer(session.offered), do)

    async def _anywhere(self, session: Session, said: Said, do: Services) -> _To | None:
        """What typed words mean whatever was asked: a command, an action offered, a shortcut."""
        step = session.step
        if said.kind != "text":
            return None
        if step.takes_commands and (command := self.commands(said.text)):
            return await command(step, said, do)
        if step.free_text:
            return None
        if act := _typed_action(session, said.text):
            return await self._act(session, act, do)
        return await _first(self.shortcuts, said, do)

    async def _answer(self, session: Session, said: Said, do: Services) -> _To:
        step = session.step
        try:
            return await step.answer(said, do)
        except NotUnderstood as why:
            lost = step.strays and not step.free_text and said.tapped is None
            there = await _first(self.routes, said, do) if lost else None
            return there if there is not None else _Missed(str(why))

    async def _act(self, session: Session, tapped: str, do: Services) -> _To:
        tag, _, argument = tapped[1:].partition(":")
        if tag == RESUME and session.aside:
            return _Resumed(session.aside)
        if (action := self.actions.get(tag)) is None:
            return Again(await self.sentences.stale(do))
        return await action(argument, do)

    async def _older(self, session: Session, tapped: str, do: Services, idle: timedelta) -> Next:
        if tapped and tapped == session.last_tap:
            if idle < DOUBLE_TAP:
                return Silence("double tap")
            return Again(await self.sentences.already(do))
        tag, _, choice = _opened(tapped)
        cls = self.by_tag.get(tag)
        still = await cls.reopen(choice, do) if cls else None
        return still if still is not None else Again(await self.sentences.stale(do))

    # -- moving -----------------------------------------------------------------

    async def _land(self, session: Session, to: _To, do: Services, tap: str = "") -> Turn:
        """Follow a Next: say what is said on the way, and ask where it leads. `tap` is the last
        button, for the next turn to know it by."""
        say: Words = ""
        misses = 0
        stays = True
        match to:
            case Silence(why, now):
                session = replace(session, step=now or session.step, last_tap=tap)
                return Turn(session, ignored=why)
            case _Missed(why):
                misses = session.misses + 1
                if misses >= MISSES_BEFORE_HELP:
                    return _quiet(session, await self.sentences.lost(do), tap, misses=0)
                say = why
            case Again(say, True):
                return _quiet(session, say, tap, session.misses)
            case Again(say):
                pass
            case Step():
                session, stays = _entered(session, to), False
            case Go(there, say, for_good):
                session, stays = _entered(session, there, for_good=for_good), False
            case _Resumed((*behind, step)):
                session = replace(_entered(session, step), behind=tuple(behind), aside=())
                stays = False
            case Back():
                session, say = await self._back(session, do)
                stays = bool(say)
            case Done(say):
                session, stays = _entered(session, self.home, for_good=True), False
        return await self._ask(session, say, do, tap, misses, again=stays)

    async def _back(self, session: Session, do: Services) -> tuple[Session, Words]:
        if session.behind:
            *behind, step = session.behind
            return replace(_entered(session, step), behind=tuple(behind)), ""
        at_home = session.step == self.home
        sentence = self.sentences.start if at_home else self.sentences.no_way_back
        return session, await sentence(do)

    async def _ask(
        self, session: Session, say: Words, do: Services, tap: str, misses: int, *, again: bool
    ) -> Turn:
        step, number = session.step, session.asked + 1
        said = tuple(bubbles(say))
        asked = tuple(bubbles(await (step.ask_again(do) if again else step.ask(do))))
        marked = tuple(_marked(reply, step.tag, number) for reply in asked)
        offered = (*_choices(asked), *_choices(said))
        session = replace(
            session, asked=number, offered=offered, beside=(), misses=misses, last_tap=tap
        )
        return Turn(session, (*said, *marked))


def _entered(session: Session, step: Step, for_good: bool = False) -> Session:
    """The session at a new step; coming to a step that lies behind goes back to it."""
    behind = () if for_good else (*session.behind, session.step)
    if step in behind:
        behind = behind[: behind.index(step)]
    return replace(
        session, step=step, behind=behind[-DEEPEST:], entered=session.asked + 1, offered=()
    )


def _quiet(session: Session, say: Words, tap: str, misses: int) -> Turn:
    """Words that leave the present question as it is; what they offer can be typed as well."""
    said = tuple(bubbles(say))
    beside = _choices(said) or session.beside
    return Turn(replace(session, beside=beside, misses=misses, last_tap=tap), said)


def _choices(said: Sequence[Reply]) -> tuple[Choice, ...]:
    return tuple(choice for reply in said for choice in reply.choices)


def _typed_action(session: Session, text: str) -> str | None:
    """The action whose label or number was typed instead of tapped."""
    for offered in (session.beside, session.offered):
        if offered and (found := named(text, offered)):
            return found if found.startswith("!") else None
    return None


async def _first(routes: Sequence[Route], said: Said, do: Services) -> Next | None:
    for route in routes:
        if (there := await route(said, do)) is not None:
            return there
    return None


def _marked(reply: Reply, tag: str, number: int) -> Reply:
    """The bubble with the step's tag and the question's number in its buttons."""
    if not reply.choices:
        return reply
    choices = tuple(
        c if c.id.startswith("!") else Choice(f"{tag}|{number}|{c.id}", c.label, c.description)
        for c in reply.choices
    )
    return reply.offering(choices)


def _opened(tapped: str) -> tuple[str, int, str]:
    """Tag, question number and choice of a button's id; a foreign id has no tag."""
    tag, _, rest = tapped.partition("|")
    number, _, choice = rest.partition("|")
    ours = number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER
    return (tag, int(number), choice) if ours else ("", 0, tapped)
