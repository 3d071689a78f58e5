"""The one database transaction that a turn, a webhook or a job writes through."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Executable, Row, Select
from sqlalchemy.ext.asyncio import AsyncConnection

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class Transaction:
    """Statements of one unit of work; who began it commits or rolls it back.

    `before_change` runs once, before the first statement that is not a plain
    SELECT: the worker opens a turn's savepoint there, so that a turn that only
    looks costs no more than its looking.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        before_change: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._connection = connection
        self._before_change = before_change

    async def execute(
        self, statement: Executable, parameters: Parameters = None
    ) -> CursorResult[Any]:
        if self._before_change is not None and not _only_looks(statement):
            before, self._before_change = self._before_change, None
            await before()
        return await self._connection.execute(statement, parameters)

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


def _only_looks(statement: Executable) -> bool:
    """A SELECT that calls a function which changes something is not told from the others: such
    a call comes after a change, or as text."""
    return isinstance(statement, Select) and statement._for_update_arg is None
