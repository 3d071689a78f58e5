"""How the program reaches PostgreSQL: one pool for statements on the way of every
message (plain asyncpg), one for the services (SQLAlchemy)."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg
import orjson
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.ground.transaction import Transaction

Raw: TypeAlias = Any
"""An asyncpg connection: it has no types of its own."""

AWAY = (  # what says nothing about the statement, only that the database was not there for it
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what it calls a connection that is just being closed
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)

FAILED = (*AWAY, asyncpg.PostgresError)
"""What any statement may end in: for loops that try again whatever it was."""

# A statement is planned once for a connection, perhaps while its tables are still empty and
# reading them whole looks cheap. Nearly all of ours ask for few rows by key.
PLANS = {"enable_seqscan": "off", "plan_cache_mode": "force_generic_plan"}


def is_away(error: BaseException) -> bool:
    """Whether it is the database that failed, and not what was asked of it."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(_asyncpgs(error), AWAY)
    return isinstance(error, AWAY)


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's code for an error, whichever pool it came through."""
    original = _asyncpgs(error) if isinstance(error, DBAPIError) else error
    return original.sqlstate if isinstance(original, asyncpg.PostgresError) else None


def _asyncpgs(error: DBAPIError) -> BaseException | None:
    return error.orig.__cause__ if error.orig is not None else None


@dataclass(frozen=True)
class Database:
    """Both pools over one database."""

    url: URL
    engine: AsyncEngine
    pool: Any  # asyncpg.Pool

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction of its own, committed at the end."""
        async with self.engine.begin() as connection:
            yield Transaction(connection)

    async def close(self) -> None:
        await self.engine.dispose()
        await self.pool.close()


async def connect(url: str, *, connections: int = 8) -> Database:
    """Open both pools. Raises OSError or asyncpg.PostgresError when there is no database."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    return Database(parsed, engine_for(parsed, connections), await pool_for(parsed, connections))


def engine_for(url: URL, connections: int) -> AsyncEngine:
    """The services' pool; it connects when it is first asked."""
    return create_async_engine(
        url,
        connect_args={"server_settings": PLANS},
        pool_size=connections,
        max_overflow=connections,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )


async def pool_for(url: URL, connections: int) -> Any:
    """The other one, with its first connection. Raises as `connect`."""
    return await asyncpg.create_pool(
        min_size=1,
        max_size=connections,
        command_timeout=30,
        init=read_json,
        reset=_nothing,  # we leave nothing behind on a connection: a round trip saved each time
        server_settings=PLANS,
        **arguments(url),
    )


async def _nothing(_: Raw) -> None:
    pass


async def read_json(connection: Raw) -> None:
    """jsonb as SQLAlchemy's connections have it: read as values, written as text."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda written: b"\x01" + written.encode(),
        decoder=lambda stored: orjson.loads(stored[1:]),
    )


def arguments(url: URL) -> dict[str, Any]:
    """What asyncpg.connect needs for an SQLAlchemy address (host may be a socket folder)."""
    query = dict(url.query)
    return {
        "host": query.pop("host", None) or url.host,
        "port": int(str(query.pop("port", None) or url.port or 5432)),
        "user": url.username,
        "password": url.password,
        "database": url.database,
        **query,
    }
