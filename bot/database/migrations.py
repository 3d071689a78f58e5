"""Bringing a database to the newest schema."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

INI = Path(__file__).parents[2] / "alembic.ini"
VERSIONS = INI.parent / "migrations" / "versions"
LOCK = 0x_B07  # an advisory lock: of several processes that start at once, one migrates


async def upgrade(url: str) -> str:
    """Run every migration that is missing, each in a transaction of its own; answers the
    revision the database is at then.
    """
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        await connection.commit()
        found = await connection.run_sync(revision)
        await connection.commit()
        if found != head():
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
    # Loading Alembic is a tenth of a start, and hardly any start migrates.
    from alembic import command
    from alembic.config import Config

    config = Config(INI)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@cache
def head() -> str:
    """The newest revision this release knows: a migration's file begins with its number."""
    return max(file.name[:4] for file in VERSIONS.glob("[0-9]*.py"))


def revision(connection: Connection) -> str | None:
    """The revision a database is at."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
