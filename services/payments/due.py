"""Claiming what is due: where it waits, how long a claim lasts, and when to look again."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import structlog
from sqlalchemy import ColumnElement, Select, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from services.ground.facts import Facts
from services.ground.transaction import Transaction
from services.payments.provider import HOUR, MINUTE, SECOND, Provider
from services.payments.settling import Settled, Settler

log = structlog.get_logger()

Begin: TypeAlias = Callable[[], AbstractAsyncContextManager[Transaction]]
"""Opens a transaction of its own, committed at the end."""
Clock: TypeAlias = Callable[[], datetime]

LEASE = timedelta(minutes=2)
"""How long a claimed row is left alone; longer than any call to a provider takes."""
AT_ONCE = 8
"""How many rows are claimed, and calls made, at a time."""

WAIT = (5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, *(4 * (24 * HOUR,)))
"""When an event that fits nothing yet is tried again; after that it is `unmatched`."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows that wait for a job, each for one provider: the columns that say which, since when
    and for whom, and what else is true of those that wait."""

    id: InstrumentedAttribute[int]
    due_at: InstrumentedAttribute[Any]
    provider: InstrumentedAttribute[Any]
    waiting: tuple[ColumnElement[bool], ...]

    def first(self, provider: str, now: datetime, most: int = AT_ONCE) -> Select[int]:
        """The longest due, locked; what another claims just now is passed over."""
        mine = select(self.id).where(self.provider == provider, self.due_at <= now, *self.waiting)
        longest = mine.order_by(self.due_at, self.id).limit(most)
        return longest.with_for_update(skip_locked=True, of=self.id.class_)

    def due(self, job: str, now: datetime) -> Select[str, str]:
        """`job`, with each provider that has something due."""
        found = select(literal(job).label("job"), self.provider.label("provider"))
        return found.where(self.due_at <= now, *self.waiting).distinct()


def later(delays: tuple[timedelta, ...], tries: int) -> timedelta:
    """The pause after so many tries; the last one repeats."""
    return delays[min(tries, len(delays) - 1)]


@dataclass(frozen=True, slots=True)
class Desk:
    """What every job works with. `clock` gives aware UTC."""

    begin: Begin
    provider: Provider
    settled: Settled
    facts: Facts
    clock: Clock

    def settler(self, tx: Transaction) -> Settler:
        return Settler(tx, self.clock(), self.facts, self.settled)


async def together(calls: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run the calls side by side; one that fails keeps its lease and is found again later."""
    for result in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(result, BaseException):
            log.error("payments.job", exc_info=result)


Step: TypeAlias = Callable[[Desk], Awaitable[int]]
"""One round of a job; returns how many rows it claimed."""
