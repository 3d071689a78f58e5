"""`run`, `web`, `worker`, `sender`, `scheduler`: a process from start to stop."""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from bot.database.embedded import EmbeddedServerError
from bot.observe import logs
from bot.settings import Settings, SettingsError, read

Program = Callable[[Settings], Awaitable[None]]


def fail(message: str) -> None:
    """End with one clear sentence."""
    print(message, file=sys.stderr)  # noqa: T201
    raise SystemExit(1)


def settings_or_fail() -> Settings:
    try:
        return read()
    except SettingsError as error:
        fail(f"The configuration cannot be used:\n{error}")
        raise


def go(program: Program, settings: Settings | None = None) -> None:
    """Run a program of ours on the quick event loop; what goes wrong is said in a sentence."""
    given = settings or settings_or_fail()
    logs.configure(given.log_level, readable=given.env == "development")
    try:
        with contextlib.suppress(KeyboardInterrupt):
            _runner()(program(given))
    except EmbeddedServerError as error:
        fail(str(error))
    except (OSError, asyncpg.PostgresError, SQLAlchemyError) as error:
        fail(f"{type(error).__name__}: {error}")


def _runner() -> Callable[..., None]:
    try:
        import uvloop
    except ImportError:  # Windows has none
        return asyncio.run
    return uvloop.run
