"""Bringing a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

INI = Path(__file__).parents[2] / "alembic.ini"
LOCK = 0x_B07  # an advisory lock: of several processes that start at once, one migrates


async def upgrade(url: str) -> str | None:
    """Run every migration that is missing, each in a transaction of its own; answers the
    revision the database is at then.
    """
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        await connection.commit()
        await connection.run_sync(_upgrade)
        await connection.commit()
        await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
        await connection.commit()
    await engine.dispose()
    return head()


async def is_newest(url: str) -> bool:
    """Whether the database is at the revision this release knows as the newest."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        found = await connection.run_sync(revision)
    await engine.dispose()
    return found == head()


def _upgrade(connection: Connection) -> None:
    config = Config(INI)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def head() -> str | None:
    """The newest revision this release knows."""
    return ScriptDirectory.from_config(Config(INI)).get_current_head()


def revision(connection: Connection) -> str | None:
    """The revision a database is at."""
    return MigrationContext.configure(connection).get_current_revision()
