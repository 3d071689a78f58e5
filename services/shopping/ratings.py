"""The rating a product shows: what it brought along, and every approved review.

Always counted anew, with the product's row locked: two reviews that are approved at once
count both.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Integer, Numeric, Select, cast, func, select, update

from services.ground.transaction import Transaction
from services.shopping.tables import ProductRow, ReviewRow

_p = ProductRow
_r = ReviewRow


@dataclass(frozen=True, slots=True)
class RatingDrift:
    """A product shows one thing, its reviews say another."""

    product_id: int
    rating: Decimal
    reviews_count: int
    counted_rating: Decimal
    counted_reviews: int


async def lock(tx: Transaction, products: Collection[int]) -> None:
    """Make everybody else who would count these wait until this transaction ends."""
    await tx.execute(
        select(_p.id)
        .where(_p.id.in_(sorted(products)))
        .order_by(_p.id)
        .with_for_update(key_share=True)  # carts and orders may go on naming it
    )


async def count(tx: Transaction, product_id: int) -> None:
    """Let a locked product show what its reviews say."""
    counted = update(_p).where(_p.id == product_id)
    await tx.execute(counted.values(rating=_rating(), reviews_count=_count()))


def _approved(what: ColumnElement[Any]) -> Any:
    return (
        select(what)
        .where(_r.product_id == _p.id, _r.status == "approved")
        .correlate(_p)
        .scalar_subquery()
    )


def _count() -> ColumnElement[int]:
    return _p.brought_reviews + cast(_approved(func.count()), Integer)


def _rating() -> ColumnElement[Decimal]:
    stars = _p.brought_rating * _p.brought_reviews + _approved(
        func.coalesce(func.sum(_r.rating), 0)
    )
    mean = func.coalesce(stars / func.nullif(_count(), 0), 0)
    return cast(func.round(mean, 2), Numeric(3, 2))


def _drifts() -> Select[Any]:
    counted = select(
        _p.id.label("product_id"),
        _p.rating,
        _p.reviews_count,
        _rating().label("counted_rating"),
        _count().label("counted_reviews"),
    ).subquery()
    return select(counted).where(
        (counted.c.rating != counted.c.counted_rating)
        | (counted.c.reviews_count != counted.c.counted_reviews)
    )


async def drifts(tx: Transaction) -> list[RatingDrift]:
    """Products that do not show what their reviews say."""
    rows = await tx.rows(_drifts().order_by("product_id"))
    return [RatingDrift(**row._mapping) for row in rows]


async def repair(tx: Transaction) -> list[RatingDrift]:
    """Let them show it; returns what was wrong."""
    await lock(tx, [drift.product_id for drift in await drifts(tx)])
    found = await drifts(tx)
    for drift in found:
        await count(tx, drift.product_id)
    return found
