"""One product opened, with its variants and pictures, in one statement."""

from typing import Any

from sqlalchemy import BigInteger, Row, Select, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from services.businesses import selling
from services.ground.money import Money
from services.shopping.goods import Product, Variant
from services.shopping.stock import LEFT
from services.shopping.tables import ImageRow, ProductRow, ShopRow, StockRow, VariantRow

_p = ProductRow
_v = VariantRow
_EMPTY = text("'[]'::jsonb")


def _variants() -> Any:
    picture = (
        select(ImageRow.path)
        .where(ImageRow.variant_id == _v.id)
        .order_by(ImageRow.position, ImageRow.id)
        .limit(1)
        .correlate(_v)
        .scalar_subquery()
    )
    one = func.jsonb_build_array(
        _v.id,
        _v.sku,
        _v.title,
        func.coalesce(_v.price, _p.price),
        func.coalesce(_v.compare_at_price, _p.compare_at_price),
        LEFT,
        picture,
    )
    return (
        select(func.coalesce(func.jsonb_agg(aggregate_order_by(one, _v.position, _v.id)), _EMPTY))
        .select_from(_v)
        .join(StockRow, StockRow.variant_id == _v.id)
        .where(_v.product_id == _p.id, _v.is_active)
        .correlate(_p)
        .scalar_subquery()
    )


def _pictures() -> Any:
    paths = func.jsonb_agg(aggregate_order_by(ImageRow.path, ImageRow.position, ImageRow.id))
    return (
        select(func.coalesce(paths, _EMPTY))
        .where(ImageRow.product_id == _p.id)
        .correlate(_p)
        .scalar_subquery()
    )


PRODUCT: Select[*tuple[Any, ...]] = (
    select(
        _p.id, _p.business_id, _p.category_id, _p.sku, _p.slug, _p.name, _p.description,
        _p.short_description, _p.tags, _p.rating, _p.reviews_count, _p.brought_reviews,
        _p.is_featured, ShopRow.currency,
        _variants().cast(JSONB).label("variants"),
        _pictures().cast(JSONB).label("pictures"),
    )
    .join(ShopRow, ShopRow.business_id == _p.business_id)
    .where(
        _p.id == bindparam("product", type_=BigInteger), _p.is_active,
        _p.business_id.in_(selling()),
    )
)  # fmt: skip
"""Binds `product`, `now`, `me`."""


def product_of(row: Row[Any]) -> Product:
    fields = row._asdict()
    currency = fields.pop("currency")
    fields["variants"] = tuple(_variant(one, currency) for one in fields["variants"])
    fields["pictures"] = tuple(fields["pictures"])
    fields["tags"] = tuple(fields["tags"])
    return Product(**fields)


def _variant(found: list[Any], currency: str) -> Variant:
    id, sku, title, price, former, left, picture = found
    compare_at = Money(former, currency) if former is not None and former > price else None
    return Variant(id, sku, title, Money(price, currency), compare_at, left, picture)
