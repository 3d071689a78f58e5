"""How products become cards: the page is chosen first, then only its rows are priced."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    Subquery,
    bindparam,
    cast,
    func,
    select,
    true,
)
from sqlalchemy.orm import aliased

from services.ground.money import Money
from services.shopping.goods import Card
from services.shopping.stock import LEFT
from services.shopping.tables import ImageRow, ProductRow, ShopRow, StockRow, VariantRow

CARD_LIMIT = bindparam("limit", type_=Integer)
CARD_OFFSET = bindparam("offset", type_=Integer)


def cards(page: Select[Any], order: tuple[str, ...]) -> Select[Any]:
    """A select of `card_of` rows for the products of `page`, sorted again by `order`.

    Binds `now` and `me` besides what `page` binds. "-name" sorts downwards.
    """
    chosen = page.subquery("chosen")
    product = aliased(ProductRow, chosen)
    price = func.coalesce(VariantRow.price, product.price)
    former = func.coalesce(VariantRow.compare_at_price, product.compare_at_price)
    goods = (
        select(
            func.min(price).label("price"),
            func.max(price).label("price_to"),
            func.max(former).label("compare_at"),
            func.count().label("variants"),
            cast(func.sum(LEFT), Integer).label("left"),
        )
        .select_from(VariantRow)
        .join(StockRow, StockRow.variant_id == VariantRow.id)
        .where(VariantRow.product_id == product.id, VariantRow.is_active)
        .correlate(chosen)
        .lateral("goods")
    )
    return (
        select(
            product.id,
            product.business_id,
            product.name,
            product.short_description,
            product.rating,
            product.reviews_count,
            ShopRow.currency,
            goods,
            first_picture(product.id).label("picture"),
        )
        .select_from(product)
        .join(goods, true())
        .join(ShopRow, ShopRow.business_id == product.business_id)
        .where(goods.c.variants > 0)
        .order_by(*(_direction(chosen, name) for name in order))
    )


def _direction(chosen: Subquery, name: str) -> ColumnElement[Any]:
    column = chosen.c[name.lstrip("-")]
    return column.desc() if name.startswith("-") else column


def first_picture(product_id: Any) -> Any:
    """The path of a product's first picture, as a subselect."""
    return (
        select(ImageRow.path)
        .where(ImageRow.product_id == product_id)
        .order_by(ImageRow.position, ImageRow.id)
        .limit(1)
        .correlate_except(ImageRow)
        .scalar_subquery()
    )


def card_of(row: Row[Any]) -> Card:
    price = Money(row.price, row.currency)
    former = row.compare_at if row.compare_at is not None and row.compare_at > row.price else None
    return Card(
        id=row.id,
        business_id=row.business_id,
        name=row.name,
        short_description=row.short_description,
        price=price,
        price_to=Money(row.price_to, row.currency),
        compare_at=None if former is None else Money(former, row.currency),
        rating=row.rating,
        reviews_count=row.reviews_count,
        left=row.left,
        variants=row.variants,
        picture=row.picture,
    )
