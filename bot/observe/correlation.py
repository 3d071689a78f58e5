"""The id that runs through the logs and rows of everything one request led to."""

import secrets

from structlog import contextvars

_NAME = "correlation_id"
LONGEST = 64  # characters: what a row keeps


def new() -> str:
    return secrets.token_hex(8)


def bind(correlation_id: str | None) -> None:
    """From here on, in this task, logs and announced facts carry it; None: nothing."""
    if correlation_id is None:
        contextvars.unbind_contextvars(_NAME)
    else:
        contextvars.bind_contextvars(correlation_id=correlation_id)


def current() -> str | None:
    found: str | None = contextvars.get_contextvars().get(_NAME)
    return found
