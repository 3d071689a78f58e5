"""A command from start to stop: its event loop, its logs, and what went wrong in a sentence."""

import asyncio
import contextlib
import errno
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn

import asyncpg
import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.database.embedded import EmbeddedServerError
from bot.observe import logs
from bot.settings import Settings, SettingsError, read, simulated

Program = Callable[[Settings], Awaitable[None]]
WRONG = 1  # the exit code of a command that could not do what it was asked


class Mendable(Exception):
    """Something a person can put right; str(e) says what and how."""


def fail(message: str) -> NoReturn:
    """End with one clear sentence."""
    print(message, file=sys.stderr)  # noqa: T201
    raise SystemExit(WRONG)


def settings_or_fail() -> Settings:
    """What the environment says, the simulator standing in for what it does not."""
    try:
        settings = read()
        return simulated(settings) if settings.simulator_on else settings
    except SettingsError as error:
        fail(f"The configuration cannot be used:\n{error}")


def go(program: Program, settings: Settings | None = None, *, log_level: str | None = None) -> None:
    """Run a program of ours on the quick event loop; what goes wrong is said in a sentence."""
    given = settings or settings_or_fail()
    logs.configure(log_level or given.log_level, readable=given.env == "development")
    try:
        with contextlib.suppress(KeyboardInterrupt):
            _runner()(program(given))
    except (EmbeddedServerError, Mendable, SettingsError) as error:
        fail(str(error))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError) as error:
        if (why := explained(error, given)) is None:
            _broke(error)
        fail(why)
    except Exception as error:
        _broke(error)


def _broke(error: Exception) -> NoReturn:
    """Nothing a person could mend from the outside: type and place go to the log."""
    structlog.get_logger().critical("program.broke", exc_info=error)
    fail("The program stopped on an error of its own; the log above says where.")


def explained(error: BaseException, settings: Settings) -> str | None:
    """What a person can do about an error of the machine or the database; None: nothing."""
    original = error
    if isinstance(error, DBAPIError) and error.orig is not None:
        original = error.orig.__cause__ or error.orig  # asyncpg's own is below SQLAlchemy's
    match original:
        case OSError(errno=errno.EADDRINUSE):
            name, port = "PORT", settings.port
            if f" {settings.metrics_port})" in str(original):  # asyncio says which it was
                name, port = "METRICS_PORT", settings.metrics_port or 0
            return (
                f"{name}: {port} on {settings.host} is taken by another program;"
                f" set {name} to a free one."
            )
        case socket.gaierror() if settings.database_url is None:
            return f"HOST: there is no host named {settings.host}."
        case OSError(errno=errno.EADDRNOTAVAIL):
            return f"HOST: {settings.host} is no address of this machine."
        case PermissionError(filename=None):
            return f"PORT: {settings.port} may only be used by root; set PORT to 1024 or above."
        case OSError(filename=str() as file):
            return f"DATA_DIR: cannot use {file}: {original.strerror}."
    if (database := _of_database(original)) is not None:
        return f"DATABASE_URL: {database} ({_place(settings)})."
    return None


def _of_database(error: BaseException) -> str | None:
    match error:
        case socket.gaierror():
            return "there is no host of that name"
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return "the database refuses this user or password"
        case asyncpg.InvalidCatalogNameError():
            return "there is no database of that name; create it first"
        case asyncpg.UndefinedTableError() | asyncpg.UndefinedColumnError():
            return "the database is not migrated; run: python -m bot migrate"
        case asyncpg.TooManyConnectionsError():
            return "the database has no connection left for us"
        case asyncpg.InsufficientPrivilegeError():
            return "this user may not do what is needed in the database"
        case asyncpg.CannotConnectNowError():
            return "the database is starting or stopping; try again in a moment"
        case ConnectionError() | TimeoutError() | OSError():
            return "no database answers there; start it, or mend the address"
        case asyncpg.PostgresConnectionError() | asyncpg.InterfaceError():
            return "the connection to the database was lost"
    return None


def _place(settings: Settings) -> str:
    """Where the database should be, without the password."""
    if settings.database_url is None:
        return f"the embedded one under {settings.data_dir}"
    return make_url(settings.database_url).render_as_string(hide_password=True)


def _runner() -> Callable[..., None]:
    try:
        import uvloop
    except ImportError:  # Windows has none
        return asyncio.run
    return uvloop.run
