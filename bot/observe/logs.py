"""Structured logs: one JSON line an event, with the correlation id, without people's words.

What an exception says may quote what a person wrote or their number (a parser's input, a
database row in a DETAIL line), so a log holds its type and where it happened; its words
are kept in the database beside the message that failed, for `bot explain --with-words`.
"""

import logging
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.observe import correlation

# Names that never reach a log, whoever passes them.
_PRIVATE = frozenset(
    "phone text body payload content address name email token secret authorization url".split()
)
_HOUSE = Path(__file__).parents[2]
_DATABASE_FACTS = ("sqlstate", "table_name", "column_name", "constraint_name")
# What Python says of these names code, never values.
_ABOUT_CODE = (TypeError, AttributeError, NameError, ImportError, NotImplementedError)
_DEEPEST = 5  # causes of causes
_FRAMES = 12  # the last ones: where it happened, and how we came there


def configure(level: str, *, readable: bool) -> None:
    """Log to standard error; `readable` for a person's terminal, else JSON."""
    render = _for_people if readable else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[correlation.add, *_common(), render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _libraries(render)


def _common() -> list[Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_personal_data,
        _failure_as_data,
    ]


def _for_people(logger: WrappedLogger, name: str, event: EventDict) -> str:
    if told := event.pop("failure", None):
        event["exception"] = _as_lines(told)
    console = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    return str(console(logger, name, event))


def _as_lines(told: dict[str, Any]) -> str:
    facts = " ".join(f"{fact}={told[fact]}" for fact in _DATABASE_FACTS if fact in told)
    lines = [
        f"  {told['type']} {told.get('says', '')} {facts}".rstrip(),
        *(f"    {place}" for place in told["at"]),
    ]
    causes = [*told.get("errors", ()), *([told["cause"]] if "cause" in told else ())]
    return "\n".join([*lines, *(_as_lines(cause) for cause in causes)])


def _libraries(render: Processor) -> None:
    """What the libraries log goes the same way, cut to what cannot quote anybody."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                correlation.add,
                *_common(),
                render,
            ],
            foreign_pre_chain=[_first_line, structlog.stdlib.add_logger_name],
            use_get_message=False,
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


# -- what a log may say -----------------------------------------------------------------


def _without_personal_data(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name in _PRIVATE & event.keys():
        event[name] = "…"
    return event


def _first_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The library's own sentence, before any value is put in or the second line quotes one."""
    event["event"] = str(event["event"]).partition("\n")[0][:200]
    event.pop("stack_info", None)
    return event


def _failure_as_data(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if given is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["failure"] = failure(error)
    return event


def failure(error: BaseException, depth: int = _DEEPEST) -> dict[str, Any]:
    """An exception as data: its type, where it was raised, what caused it; not its words."""
    told: dict[str, Any] = {"type": type(error).__name__}
    original = getattr(error, "orig", error)
    told |= {fact: said for fact in _DATABASE_FACTS if (said := getattr(original, fact, None))}
    if type(error) in _ABOUT_CODE:
        told["says"] = str(error)
    told["at"] = _frames(error.__traceback__)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth > 0:
        told["cause"] = failure(cause, depth - 1)
    if isinstance(error, BaseExceptionGroup) and depth > 0:
        told["errors"] = [failure(each, depth - 1) for each in error.exceptions]
    return told


def _frames(trace: TracebackType | None) -> list[str]:
    frames = list(traceback.walk_tb(trace))[-_FRAMES:]
    return [f"{_short(f.f_code.co_filename)}:{line} {f.f_code.co_name}" for f, line in frames]


def _short(file: str) -> str:
    """A file's place in the house, or in its package."""
    path = Path(file)
    if "site-packages" in path.parts:
        return "/".join(path.parts[path.parts.index("site-packages") + 1 :])
    return str(path.relative_to(_HOUSE)) if path.is_relative_to(_HOUSE) else path.name
