"""Where a person is in the conversation: plain data, stored after every turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.dialog.reply import Choice
from bot.dialog.step import Step

VERSION = 1
DEEPEST = 20  # how many steps "back" can undo
_UNFIT = (LookupError, TypeError, ValueError)  # pydantic's ValidationError is a ValueError
_T = TypeVar("_T")


class UnreadableSession(Exception):
    """This release does not know a step that the stored session holds."""


@dataclass(frozen=True, slots=True)
class Session:
    """A step waiting for an answer, and the steps behind it.

    Questions are numbered: `asked` is the last one's number, `entered` the first
    one's since the person came to this step. Both travel in buttons, so that a
    tap on an older bubble is known for what it is.
    """

    step: Step
    behind: tuple[Step, ...] = ()
    offered: tuple[Choice, ...] = ()
    asked: int = 0
    entered: int = 1
    misses: int = 0
    last_tap: str = ""
    aside: tuple[Step, ...] = ()  # an unfinished stack put aside, to be resumed
    beside: tuple[Choice, ...] = ()  # what a notice offered since the question was asked
    moved: bool = False  # the last thing said led on, from the step now right behind
    pace: tuple[float, ...] = ()  # how fast they write, for whoever counts (bot.pace)


def dump(session: Session) -> dict[str, Any]:
    return {
        "version": VERSION,
        "stack": [_plain(step) for step in (*session.behind, session.step)],
        "offered": [[c.id, c.label] for c in session.offered],
        "beside": [[c.id, c.label] for c in session.beside],
        "asked": session.asked,
        "entered": session.entered,
        "misses": session.misses,
        "last_tap": session.last_tap,
        "aside": [_plain(step) for step in session.aside],
        "moved": session.moved,
        "pace": [*session.pace],
    }


def load(stored: Mapping[str, Any], classes: Mapping[str, type[Step]]) -> Session:
    """The session that `dump` stored, by this release or an earlier one.

    Raises UnreadableSession when a step on its stack is unknown, or anything does not fit.
    """
    try:
        *behind, step = _steps(stored["stack"], classes)
        return Session(
            step=step,
            behind=tuple(behind),
            offered=_choices(stored.get("offered", ())),
            beside=_choices(stored.get("beside", ())),
            asked=_of(int, stored.get("asked", 0)),
            entered=_of(int, stored.get("entered", 1)),
            misses=_of(int, stored.get("misses", 0)),
            last_tap=_of(str, stored.get("last_tap", "")),
            aside=_aside(stored, classes),
            moved=_of(bool, stored.get("moved", False)),
            pace=tuple(map(float, stored.get("pace", ()))),
        )
    except _UNFIT as error:
        raise UnreadableSession(str(error)) from error


def _plain(step: Step) -> dict[str, Any]:
    return {"tag": step.tag, **step.model_dump(mode="json", exclude_defaults=True)}


def _aside(stored: Mapping[str, Any], classes: Mapping[str, type[Step]]) -> tuple[Step, ...]:
    """What was put aside; what cannot be read of it is let go."""
    try:
        return _steps(stored.get("aside", ()), classes)
    except _UNFIT:
        return ()


def _choices(stored: Sequence[Sequence[Any]]) -> tuple[Choice, ...]:
    return tuple(Choice(_of(str, id_), _of(str, label)) for id_, label in stored)


def _of(kind: type[_T], value: object) -> _T:
    if not isinstance(value, kind):
        raise TypeError(f"{type(value).__name__} where {kind.__name__} is expected")
    return value


def _steps(
    stored: Sequence[Mapping[str, Any]], classes: Mapping[str, type[Step]]
) -> tuple[Step, ...]:
    return tuple(classes[one["tag"]].model_validate(one) for one in stored)
