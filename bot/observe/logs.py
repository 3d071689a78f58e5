"""Structured logs: one JSON line an event, with the correlation id, without people's words."""

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

# Names that never reach a log, whoever passes them.
_PRIVATE = frozenset(
    "phone text body payload content address name email token secret authorization url".split()
)


def _without_personal_data(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name in _PRIVATE & event.keys():
        event[name] = "…"
    return event


# Without the values of variables: they hold what people wrote.
_FOR_MACHINES: tuple[Processor, ...] = (
    structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
    structlog.processors.JSONRenderer(),
)


def _for_people() -> tuple[Processor, ...]:
    colours = sys.stderr.isatty()
    formatter = structlog.dev.plain_traceback
    return (structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=formatter),)


def configure(level: str, *, readable: bool) -> None:
    """Log to standard error; `readable` for a person's terminal, else JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_personal_data,
            *(_for_people() if readable else _FOR_MACHINES),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
