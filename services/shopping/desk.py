"""What every part of the shop works with: the transaction, the time, and whom it talks to."""

import functools
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from services.ground.facts import Facts
from services.ground.transaction import Transaction
from services.shopping.goods import Category
from services.shopping.ports import BusinessesPort, PaymentsPort


class Desk:
    """One transaction's view of the shop. Constructing it costs nothing."""

    def __init__(
        self,
        *,
        tx: Transaction,
        now: datetime,
        facts: Facts,
        businesses: BusinessesPort,
        payments: PaymentsPort,
    ) -> None:
        self._tx = tx
        self._now = now
        self._facts = facts
        self._businesses = businesses
        self._payments = payments
        self._categories: dict[tuple[int, str], Category] = {}  # looked up in this turn


_D = TypeVar("_D", bound=Desk)
_P = ParamSpec("_P")
_T = TypeVar("_T")


def whole(
    verb: Callable[Concatenate[_D, _P], Awaitable[_T]],
) -> Callable[Concatenate[_D, _P], Coroutine[Any, Any, _T]]:
    """A verb that happens or does not: one that is refused half-way leaves nothing behind, though
    whoever called it goes on with its transaction."""

    @functools.wraps(verb)
    async def in_a_savepoint(self: _D, /, *args: _P.args, **more: _P.kwargs) -> _T:
        async with self._tx.savepoint():
            return await verb(self, *args, **more)

    return in_a_savepoint
