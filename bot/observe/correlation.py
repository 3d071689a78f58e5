"""The id that runs through the logs and rows of everything one request led to."""

import random
from contextvars import ContextVar

from structlog.typing import EventDict, WrappedLogger

LONGEST = 64  # characters: what a row keeps
_current: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def new() -> str:
    """Unlike every other, but no secret."""
    return f"{random.getrandbits(64):016x}"


def bind(correlation_id: str | None) -> None:
    """From here on, in this task, logs and announced facts carry it; None: nothing."""
    _current.set(correlation_id)


def current() -> str | None:
    return _current.get()


def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put it into what is logged."""
    if (found := _current.get()) is not None:
        event["correlation_id"] = found
    return event
