"""One PostgreSQL for the whole run, and a fresh database for every test that commits."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.database import embedded
from bot.database.connections import Database, arguments, engine_for, pool_for
from bot.database.migrations import upgrade
from services.ground.transaction import Transaction
from tests import afresh

# -- one server a run ----------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    folder = Path(tempfile.mkdtemp(prefix="bot-tests-"))
    embedded.SETTINGS["max_connections"] = "400"  # several tests race fifty at a time
    server = asyncio.run(embedded.start(folder))
    asyncio.run(_hurry(server.url))
    config.stash[_SERVER] = (folder, server)


def pytest_unconfigure(config: pytest.Config) -> None:
    if (started := config.stash.get(_SERVER, None)) is not None:
        folder, server = started
        asyncio.run(embedded.stop(server))
        shutil.rmtree(folder, ignore_errors=True)


class _Xdist:
    """Tells each worker of a parallel run where the server is."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["postgres"] = node.config.stash[_SERVER][1].url


_SERVER: pytest.StashKey[tuple[Path, embedded.EmbeddedServer]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-transcripts",
        action="store_true",
        help="write what is really said into tests/conversations, for review in the diff",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.register(_Xdist(), "bot-xdist")


async def _hurry(url: str) -> None:
    """The tests' data is thrown away: it need not survive a power cut."""
    db = await asyncpg.connect(**arguments(make_url(url)))
    await db.execute("ALTER SYSTEM SET fsync = off")
    await db.execute("SELECT pg_reload_conf()")
    await db.close()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> str:
    """The address of the run's server."""
    given = getattr(request.config, "workerinput", None)
    return str(given["postgres"]) if given else request.config.stash[_SERVER][1].url


# -- databases ------------------------------------------------------------------------


async def _execute(postgres: str, statement: str) -> None:
    db = await asyncpg.connect(**arguments(make_url(postgres)))
    try:
        await db.execute(statement)
    finally:
        await db.close()


def _named(postgres: str, name: str) -> str:
    return make_url(postgres).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def template(postgres: str, worker_id: str) -> str:
    """A migrated, empty database that the others are copied from."""
    name = f"template_{worker_id}"
    asyncio.run(_execute(postgres, f"CREATE DATABASE {name}"))
    asyncio.run(upgrade(_named(postgres, name)))
    asyncio.run(_execute(_named(postgres, name), afresh.EFFECTS))
    return name


@pytest.fixture(scope="session")
def scratch(postgres: str, template: str, worker_id: str) -> str:
    """A database for tests that roll everything back."""
    name = f"scratch_{worker_id}"
    asyncio.run(_execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template}"))
    return _named(postgres, name)


@pytest.fixture(scope="session")
def shape(postgres: str, template: str) -> str:
    return asyncio.run(afresh.shape(_named(postgres, template)))


@pytest.fixture
def database_url(postgres: str, template: str, shape: str, worker_id: str) -> str:
    """A database of this test's own, as good as fresh."""
    name = f"test_{worker_id}"
    if not asyncio.run(afresh.freshened(postgres, name, shape)):
        asyncio.run(_execute(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        asyncio.run(_execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template}"))
    return _named(postgres, name)


# An engine remembers what its statements compile to: one of each test's own would compile them
# all again.


@pytest.fixture(scope="session")
def engine(postgres: str, worker_id: str) -> AsyncEngine:
    """With a pool, which every test leaves empty."""
    return engine_for(make_url(_named(postgres, f"test_{worker_id}")), 4)


@pytest.fixture(scope="session")
def pool_free(postgres: str, worker_id: str) -> AsyncEngine:
    return create_async_engine(_named(postgres, f"test_{worker_id}"), poolclass=NullPool)


@pytest.fixture(scope="session")
def scratch_engine(scratch: str) -> AsyncEngine:
    return create_async_engine(scratch, poolclass=NullPool)


@pytest.fixture
async def database(database_url: str, engine: AsyncEngine) -> AsyncIterator[Database]:
    """Both pools over a fresh database."""
    url = make_url(database_url)
    opened = Database(url, engine, await pool_for(url, 4))
    yield opened
    await opened.close()


@pytest.fixture
async def tx(scratch_engine: AsyncEngine) -> AsyncIterator[Transaction]:
    """A transaction that is rolled back after the test."""
    async with scratch_engine.connect() as connection:
        await connection.begin()
        yield Transaction(connection)
        await connection.rollback()


Connect = Callable[[], AbstractAsyncContextManager[Transaction]]


@pytest.fixture
async def connect(database_url: str, pool_free: AsyncEngine) -> Connect:
    """`async with connect() as tx:` a transaction on its own connection, committed at the end."""
    return Database(make_url(database_url), pool_free, None).transaction
