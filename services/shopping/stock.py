"""Stock: what is left, held, promised and sent. Rows are locked in the order of their key.

left = quantity − allocated − unexpired reservations of others. Expiry is part
of the question; sweeping lapsed rows away only tidies.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from services.ground.transaction import Transaction
from services.shopping.moves import ALLOCATED
from services.shopping.returned import PROMISED
from services.shopping.tables import (
    OrderItemRow,
    OrderRow,
    ReservationRow,
    ReturnRow,
    StockRow,
)

NOW = bindparam("now", type_=DateTime(timezone=True))
ME = bindparam("me", type_=BigInteger)  # 0: nobody in particular


def held_by_others(variant: InstrumentedAttribute[int]) -> ColumnElement[int]:
    """How many of a variant other people hold now; binds `now` and `me`."""
    return (
        select(cast(func.coalesce(func.sum(ReservationRow.quantity), 0), Integer))
        .where(
            ReservationRow.variant_id == variant,
            ReservationRow.reserved_until > NOW,
            ReservationRow.user_id != ME,
        )
        .correlate_except(ReservationRow)
        .scalar_subquery()
    )


LEFT = func.greatest(
    StockRow.quantity - StockRow.allocated - held_by_others(StockRow.variant_id), 0
)
"""What one person can have; binds `now` and `me`."""

_LEFT = select(StockRow.variant_id, LEFT.label("left")).where(
    StockRow.variant_id.in_(bindparam("variants", expanding=True))
)


async def left(
    tx: Transaction, now: datetime, user_id: int, variants: Collection[int]
) -> dict[int, int]:
    """What `user_id` can have of each variant. What nobody stocks is missing from the answer."""
    asked = {"now": now, "me": user_id, "variants": sorted(variants)}
    return {row.variant_id: row.left for row in (await tx.execute(_LEFT, asked)).all()}


async def free(tx: Transaction, variants: Collection[int]) -> dict[int, int]:
    """What is there and promised to nobody, held for somebody or not."""
    rows = await tx.rows(
        select(StockRow.variant_id, (StockRow.quantity - StockRow.allocated).label("free")).where(
            StockRow.variant_id.in_(sorted(variants))
        )
    )
    return {row.variant_id: row.free for row in rows}


async def lock(tx: Transaction, variants: Collection[int]) -> None:
    """Make everybody else who wants these wait until this transaction ends."""
    await tx.execute(
        select(StockRow.variant_id)
        .where(StockRow.variant_id.in_(sorted(variants)))
        .order_by(StockRow.variant_id)
        .with_for_update()
    )


async def reserve(
    tx: Transaction,
    now: datetime,
    until: datetime,
    user_id: int,
    order_id: int,
    wanted: Mapping[int, int],
) -> None:
    """Hold `wanted` (of locked rows, known to be left) for an order until `until`.

    What was held for the person without an order goes into this.
    """
    await let_go(tx, user_id, wanted)
    holding = {"user_id": user_id, "order_id": order_id, "reserved_at": now}
    await tx.execute(
        insert(ReservationRow),
        [
            {"variant_id": variant, "quantity": wanted[variant], "reserved_until": until} | holding
            for variant in sorted(wanted)
        ],
    )


async def hold(tx: Transaction, until: datetime, order_id: int) -> None:
    """What is held for this order is held until another time."""
    mine = update(ReservationRow).where(ReservationRow.order_id == order_id)
    await tx.execute(mine.values(reserved_until=until))


async def let_go(tx: Transaction, user_id: int, variants: Collection[int]) -> int:
    """Hold nothing of these for who waited for them any more. Returns how many holds that ends."""
    held = delete(ReservationRow).where(
        ReservationRow.user_id == user_id,
        ReservationRow.order_id.is_(None),
        ReservationRow.variant_id.in_(sorted(variants)),
    )
    return (await tx.execute(held)).rowcount


async def release(tx: Transaction, order_id: int) -> None:
    """Hold nothing for this order any more."""
    await tx.execute(delete(ReservationRow).where(ReservationRow.order_id == order_id))


_V = bindparam("v", type_=BigInteger)
_N = bindparam("n", type_=Integer)
_AT = bindparam("at", type_=DateTime(timezone=True))
_stock = update(StockRow).where(StockRow.variant_id == _V)
_ALLOCATE = _stock.values(allocated=StockRow.allocated + _N, updated_at=_AT)
_SEND = _stock.values(
    quantity=StockRow.quantity - _N, allocated=StockRow.allocated - _N, updated_at=_AT
)
_TAKE_BACK = _stock.values(quantity=StockRow.quantity + _N, updated_at=_AT)


async def allocate(tx: Transaction, now: datetime, wanted: Mapping[int, int]) -> None:
    """Promise `wanted` of locked rows to an order; a negative count takes the promise back."""
    await _each(tx, _ALLOCATE, now, wanted)


async def deallocate(tx: Transaction, now: datetime, wanted: Mapping[int, int]) -> None:
    """The order is off: what was promised to it is free."""
    await _each(tx, _ALLOCATE, now, {variant: -count for variant, count in wanted.items()})


async def send(tx: Transaction, now: datetime, wanted: Mapping[int, int]) -> None:
    """What was promised has left the shelf."""
    await _each(tx, _SEND, now, wanted)


async def take_back(tx: Transaction, now: datetime, came: Mapping[int, int]) -> None:
    """What had left the shelf of locked rows lies on it again."""
    await _each(tx, _TAKE_BACK, now, came)


async def _each(tx: Transaction, statement: Any, now: datetime, wanted: Mapping[int, int]) -> None:
    if wanted:
        counts = [{"v": variant, "n": wanted[variant], "at": now} for variant in sorted(wanted)]
        await tx.execute(statement, counts)


@dataclass(frozen=True, slots=True)
class Drift:
    """`allocated` says one thing, the orders say another."""

    variant_id: int
    allocated: int
    promised: int


def _drifts() -> Select[Any]:
    to_send = OrderItemRow.quantity - OrderItemRow.shipped - OrderItemRow.called_off
    to_orders = (
        select(func.coalesce(func.sum(to_send), 0))
        .join(OrderRow, OrderRow.id == OrderItemRow.order_id)
        .where(
            OrderItemRow.variant_id == StockRow.variant_id,
            OrderRow.status.in_([status.value for status in ALLOCATED]),
        )
        .correlate(StockRow)
        .scalar_subquery()
    )
    for_returns = (
        select(func.coalesce(func.sum(ReturnRow.quantity), 0))
        .where(
            ReturnRow.variant_id == StockRow.variant_id,
            ReturnRow.status.in_([status.value for status in PROMISED]),
        )
        .correlate(StockRow)
        .scalar_subquery()
    )
    promised = cast(to_orders + for_returns, Integer).label("promised")
    counted = select(StockRow.variant_id, StockRow.allocated, promised).subquery()
    return select(counted).where(counted.c.allocated != counted.c.promised)


async def drifts(tx: Transaction) -> list[Drift]:
    """Where the counter of promised stock differs from what the orders add up to."""
    rows = await tx.rows(_drifts().order_by("variant_id"))
    return [Drift(row.variant_id, row.allocated, row.promised) for row in rows]


async def repair(tx: Transaction, now: datetime) -> list[Drift]:
    """Set the counters to what the orders say; returns what was wrong.

    Promised more than lies there (somebody counted wrong): the shelf is taken to hold it,
    because the promise stands; the report tells a person to count.
    """
    await lock(tx, [drift.variant_id for drift in await drifts(tx)])
    found = await drifts(tx)
    for drift in found:
        await tx.execute(
            update(StockRow)
            .where(StockRow.variant_id == drift.variant_id)
            .values(
                allocated=drift.promised,
                quantity=case(
                    (StockRow.quantity < drift.promised, drift.promised), else_=StockRow.quantity
                ),
                updated_at=now,
            )
        )
    return found
