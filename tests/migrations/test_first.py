"""The migrations lead to the tables as the code has them, and back."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.database.connections import arguments
from bot.database.migrations import INI, head, upgrade
from migrations.declared import METADATA

T = TypeVar("T")


def inside(url: str, work: Callable[[Connection], T]) -> T:
    async def go() -> T:
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.begin() as connection:
            answer = await connection.run_sync(work)
        await engine.dispose()
        return answer

    return asyncio.run(go())


@pytest.fixture
def empty_url(postgres: str, worker_id: str) -> Any:
    """An empty database, not even migrated."""
    import asyncpg

    async def execute(statement: str) -> None:
        db = await asyncpg.connect(**arguments(make_url(postgres)))
        await db.execute(statement)
        await db.close()

    name = f"empty_{worker_id}"
    asyncio.run(execute(f"CREATE DATABASE {name}"))
    yield make_url(postgres).set(database=name).render_as_string(hide_password=False)
    asyncio.run(execute(f"DROP DATABASE {name} WITH (FORCE)"))


def test_the_newest_file_is_the_newest_revision() -> None:
    assert head() == ScriptDirectory.from_config(Config(INI)).get_current_head()


def test_the_migrated_tables_are_the_declared_ones(database_url: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        of_ours = {"include_name": lambda name, _kind, _of: name != "effects"}  # a table of tests
        context = MigrationContext.configure(connection, opts=of_ours)
        return list(compare_metadata(context, METADATA))

    assert inside(database_url, differences) == []


def beyond_tables(connection: Connection) -> list[str]:
    """Functions, triggers and checks, which alembic does not compare."""
    return [
        *connection.scalars(
            text(
                "SELECT pg_get_functiondef(p.oid) FROM pg_proc p"
                " JOIN pg_namespace n ON n.oid = p.pronamespace LEFT JOIN pg_depend d"
                " ON d.objid = p.oid AND d.deptype = 'e'"
                " WHERE n.nspname = 'public' AND d.objid IS NULL ORDER BY 1"
            )
        ),
        *connection.scalars(
            text("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")
        ),
        # PostgreSQL writes the casts of a list anew when it reads its own text again.
        *connection.scalars(
            text(
                "SELECT conrelid::regclass || ' ' || conname || ' ' || regexp_replace("
                "pg_get_constraintdef(oid), '\\:\\:[a-z ]+(\\[\\])?|[()]', '', 'g')"
                " FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0 ORDER BY 1"
            )
        ),
    ]


def test_functions_triggers_and_checks_are_the_declared_ones(
    database_url: str, empty_url: str
) -> None:
    inside(empty_url, METADATA.create_all)
    assert inside(database_url, beyond_tables) == inside(empty_url, beyond_tables)


def test_down_to_nothing_and_up_again(empty_url: str) -> None:
    def down(connection: Connection) -> None:
        config = Config(INI)
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    def left(connection: Connection) -> list[str]:
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        return sorted(connection.scalars(text(names)))

    asyncio.run(upgrade(empty_url))
    inside(empty_url, down)
    assert inside(empty_url, left) == ["alembic_version"]
    asyncio.run(upgrade(empty_url))
    assert "outbox" in inside(empty_url, left)
