"""Looking around the shop: shelves, featured goods, one product. Each read is one statement.

Only what listed businesses sell is there at all.
"""

from typing import Any

from sqlalchemy import BigInteger, Select, Text, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from services.businesses import selling
from services.ground.errors import NotFound
from services.shopping.cards import CARD_LIMIT, CARD_OFFSET, card_of, cards
from services.shopping.desk import Desk
from services.shopping.goods import Card, Category, Page, Product, page_of
from services.shopping.product import PRODUCT, product_of
from services.shopping.tables import CategoryRow, ProductRow, VariantRow

PAGE = 9
"""A list of ten rows with one for *More*."""

_BUSINESS = bindparam("business", type_=BigInteger)
_SHELF = bindparam("shelf", type_=BigInteger)
_LANGUAGE = bindparam("language", type_=Text)


def _categories() -> Select[Any]:
    inner = aliased(CategoryRow)
    inside = (
        select(inner.id)
        .where(or_(inner.id == CategoryRow.id, inner.parent_id == CategoryRow.id))
        .correlate(CategoryRow)
    )
    count = (
        select(func.count())
        .where(ProductRow.category_id.in_(inside), ProductRow.is_active)
        .correlate(CategoryRow)
        .scalar_subquery()
    )
    return select(
        CategoryRow.id,
        CategoryRow.business_id,
        CategoryRow.parent_id,
        CategoryRow.slug,
        func.coalesce(CategoryRow.names[_LANGUAGE].astext, CategoryRow.name).label("name"),
        count.label("count"),
    ).where(CategoryRow.is_active, CategoryRow.business_id.in_(selling()))


_TOP = (
    _categories()
    .where(CategoryRow.business_id == _BUSINESS, CategoryRow.parent_id.is_(None))
    .order_by(CategoryRow.position, CategoryRow.id)
)
_INSIDE = (
    _categories()
    .where(CategoryRow.parent_id == _SHELF)
    .order_by(CategoryRow.position, CategoryRow.id)
)
_WITHIN = aliased(CategoryRow)
_ONE = (
    _categories()
    .add_columns(
        select(_WITHIN.id)
        .join(ProductRow, ProductRow.category_id == _WITHIN.id)
        .where(_WITHIN.parent_id == CategoryRow.id, _WITHIN.is_active, ProductRow.is_active)
        .exists()
        .label("holds_shelves")
    )
    .where(CategoryRow.id == _SHELF)
)

_FEATURED = cards(
    select(ProductRow)
    .where(
        ProductRow.business_id == _BUSINESS,
        ProductRow.is_featured,
        ProductRow.is_active,
        ProductRow.business_id.in_(selling()),
    )
    .order_by(ProductRow.name, ProductRow.id)
    .offset(CARD_OFFSET)
    .limit(CARD_LIMIT),
    order=("name", "id"),
)
_ON_SHELF = cards(
    select(ProductRow)
    .where(
        ProductRow.category_id.in_(
            select(CategoryRow.id).where(
                or_(CategoryRow.id == _SHELF, CategoryRow.parent_id == _SHELF)
            )
        ),
        ProductRow.is_active,
        ProductRow.business_id.in_(selling()),
    )
    .order_by(ProductRow.is_featured.desc(), ProductRow.name, ProductRow.id)
    .offset(CARD_OFFSET)
    .limit(CARD_LIMIT),
    order=("-is_featured", "name", "id"),
)


class Catalogue(Desk):
    """Reads for looking around. `user_id`, where given, may count on what is held for them."""

    async def categories(self, business_id: int, language: str = "en") -> list[Category]:
        """The shelves of a business that have something on them, named in `language`."""
        return await self._shelves(_TOP, {"business": business_id, "language": language})

    async def subcategories(self, category_id: int, language: str = "en") -> list[Category]:
        """The shelves within a shelf that have something on them."""
        return await self._shelves(_INSIDE, {"shelf": category_id, "language": language})

    async def category(self, category_id: int, language: str = "en") -> Category:
        """Looked up once in a turn. Raises NotFound."""
        known = self._categories.get((category_id, language))
        if known is None:
            asked = {"shelf": category_id, "language": language}
            if not (rows := await self._tx.read(_ONE, asked)):
                raise NotFound("category")
            known = self._categories[category_id, language] = Category(**rows[0]._asdict())
        return known

    async def category_page(
        self, category_id: int, offset: int = 0, limit: int = PAGE, user_id: int = 0
    ) -> Page[Card]:
        """What stands on a shelf and on the shelves within it, featured first, then by name."""
        return await self._page(_ON_SHELF, {"shelf": category_id}, offset, limit, user_id)

    async def featured(
        self, business_id: int, offset: int = 0, limit: int = PAGE, user_id: int = 0
    ) -> Page[Card]:
        """What the business puts in the window, by name."""
        return await self._page(_FEATURED, {"business": business_id}, offset, limit, user_id)

    async def product(self, product_id: int, user_id: int = 0) -> Product:
        """A product opened. Raises NotFound when it is not, or no longer, sold."""
        asked = {"product": product_id, "now": self._now, "me": user_id}
        rows = await self._tx.read(PRODUCT, asked)
        if not rows or not rows[0].variants:
            raise NotFound("product")
        return product_of(rows[0])

    async def variant_of_sku(self, sku: str) -> int:
        """The id of a variant that is sold, by its SKU. Raises NotFound."""
        sold = select(VariantRow.id).join(ProductRow, ProductRow.id == VariantRow.product_id)
        sold = sold.where(
            VariantRow.sku == sku,
            VariantRow.is_active,
            ProductRow.is_active,
            ProductRow.business_id.in_(selling()),
        )
        found = await self._tx.scalar(sold.order_by(VariantRow.id).limit(1))
        if found is None:
            raise NotFound("sku")
        return int(found)

    async def _shelves(self, statement: Select[Any], asked: dict[str, Any]) -> list[Category]:
        rows = await self._tx.read(statement, asked)
        shelves = [Category(**row._asdict()) for row in rows]
        return [shelf for shelf in shelves if shelf.count]

    async def _page(
        self, statement: Select[Any], asked: dict[str, Any], offset: int, limit: int, user_id: int
    ) -> Page[Card]:
        asked |= {"now": self._now, "me": user_id, "offset": offset, "limit": limit + 1}
        rows = await self._tx.read(statement, asked)
        return page_of([card_of(row) for row in rows], offset, limit)
