"""A transaction that answers from a recording, and asks the live database only what is new.

On the code that was recorded nothing is new, so that the same is read and nothing is touched.
What other code asks besides is put to the database of today, in a transaction that is always
rolled back: it does not see what the turn itself has written, for that was only said to be.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, Select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.replay.questions import Asked, question
from services.ground.reading import question as words
from services.ground.transaction import Parameters, Transaction, only_looks

PATIENCE = 5000  # milliseconds that a statement may take or wait for a lock


class Live:
    """The database of today, in a transaction that is begun when needed and never committed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._opened = AsyncExitStack()
        self._tx: Transaction | None = None

    async def __aenter__(self) -> "Live":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._opened.aclose()
        self._tx = None

    async def transaction(self) -> Transaction:
        if self._tx is None:
            connection = await self._opened.enter_async_context(self._engine.connect())
            under_way = await connection.begin()
            self._opened.push_async_callback(under_way.rollback)
            for setting in ("statement_timeout", "lock_timeout"):
                await connection.execute(text(f"SET LOCAL {setting} = {PATIENCE}"))
            self._tx = Transaction(connection)
        return self._tx


class Playback(Transaction):
    """`live` opens the transaction for what is new; `new` counts what was."""

    def __init__(self, asked: Sequence[Asked], live: Callable[[], Awaitable[Transaction]]) -> None:
        self._open = list(asked)
        self._seen: dict[str, Asked] = {}  # looked at since the last change: still true
        self._live = live
        self.new = 0

    @property
    def unasked(self) -> int:
        """How many statements of then were not asked for."""
        return len(self._open)

    async def execute(
        self, statement: Executable, parameters: Parameters = None
    ) -> CursorResult[Any]:
        if (asked := self._recorded(statement, parameters)) is None:
            return await (await self._live()).execute(statement, parameters)
        return cast(CursorResult[Any], asked.answer())

    async def read(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, Any]
    ) -> Sequence[Any]:
        if (asked := self._recorded(statement, parameters)) is None:
            return await (await self._live()).read(statement, parameters)
        made = words(statement).row
        return [made(values) for values in asked.values()]

    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Nothing of a replay stays anyway."""
        yield

    def _recorded(self, statement: Executable, parameters: Parameters) -> Asked | None:
        """What was answered then; None, and it is counted, when nobody asked."""
        wanted = question(statement, parameters)
        if (asked := self._next(wanted) or self._seen.get(wanted)) is None:
            self.new += 1
        elif only_looks(statement):
            self._seen[wanted] = asked
        else:
            self._seen.clear()
        return asked

    def _next(self, wanted: str) -> Asked | None:
        for n, asked in enumerate(self._open):
            if asked.question == wanted:
                return self._open.pop(n)
        return None
