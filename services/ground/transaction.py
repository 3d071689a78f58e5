"""The one database transaction that a turn, a webhook or a job writes through."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Executable, Row, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ground.reading import question

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class Transaction:
    """Statements of one unit of work; who began it commits or rolls it back.

    `before_change` runs once, before the first statement that is not a plain
    SELECT: the worker opens a turn's savepoint there, so that a turn that only
    looks costs no more than its looking. `driver` is the asyncpg connection below,
    where its transaction has begun already.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        before_change: Callable[[], Awaitable[object]] | None = None,
        driver: Any = None,
    ) -> None:
        self._connection = connection
        self._before_change = before_change
        self._driver = driver

    @property
    def connection(self) -> AsyncConnection:
        """For the engine's own statements, in this transaction."""
        return self._connection

    async def execute(
        self, statement: Executable, parameters: Parameters = None
    ) -> CursorResult[Any]:
        if not only_looks(statement):
            await self._about_to_change()
        return await self._connection.execute(statement, parameters)

    async def read(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, Any]
    ) -> Sequence[Any]:
        """The rows of a select that stands in a module and changes nothing, past SQLAlchemy's
        own way of asking, which is several times as long."""
        if self._driver is None:
            self._driver = await driver(self._connection)
        asked = question(statement)
        rows = await self._driver.fetch(asked.sql, *asked.arguments(parameters))
        return [asked.row(row) for row in rows]

    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """All of what is within, or nothing: an error in it leaves nothing behind, even where it
        is caught further out."""
        await self._about_to_change()
        async with self._connection.begin_nested():
            yield

    async def _about_to_change(self) -> None:
        if self._before_change is not None:
            before, self._before_change = self._before_change, None
            await before()

    async def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        return (await self.execute(statement)).all()

    async def row(self, statement: Executable) -> Row[Any] | None:
        """The only row, or None; more than one is an error."""
        return (await self.execute(statement)).one_or_none()

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""
        return (await self.execute(statement)).scalar()

    async def scalars(self, statement: Executable) -> Sequence[Any]:
        return (await self.execute(statement)).scalars().all()


async def begin(
    connection: AsyncConnection, statement: str, *arguments: object
) -> tuple[Any, Sequence[Any]]:
    """The asyncpg connection under an SQLAlchemy one, inside its transaction; and what its first
    statement answered.

    SQLAlchemy begins lazily, at the first statement it runs itself: one that the driver ran
    before that would commit on its own.
    """
    rows = (await connection.exec_driver_sql(statement, arguments)).all()
    return (await connection.get_raw_connection()).driver_connection, rows


async def driver(connection: AsyncConnection) -> Any:
    """The asyncpg connection under an SQLAlchemy one, inside its transaction."""
    return (await begin(connection, "SELECT 1"))[0]


def only_looks(statement: Executable) -> bool:
    """A SELECT that calls a function which changes something is not told from the others: such
    a call comes after a change, or as text."""
    return isinstance(statement, Select) and statement._for_update_arg is None
