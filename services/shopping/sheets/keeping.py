"""One product changed by a member of its business: price, stock, shown or hidden; or a new one."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from services.ground.errors import NotFound
from services.ground.money import Money
from services.shopping.goods import Page, page_of
from services.shopping.sheets.cells import Unusable
from services.shopping.sheets.columns import Row
from services.shopping.sheets.known import listings
from services.shopping.sheets.listing import Listing, Unit
from services.shopping.sheets.putting import Sheets, slugged
from services.shopping.tables import CategoryRow, ProductRow, VariantRow


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category of a business: its `name`, and what it is called in a language."""

    id: int
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Found:
    """One of a business's products, in a list."""

    product_id: int
    name: str
    price: Money


@dataclass(frozen=True, slots=True)
class Own:
    """A variant as its own business sees it. `promised` of what lies there are for orders."""

    business_id: int
    sku: str
    product_id: int
    name: str
    title: str
    category: str
    price: Money
    compare_at: Money | None
    stock: int
    promised: int
    is_shown: bool
    others: tuple[str, ...]  # SKUs of the product's further variants
    has_picture: bool


class Keeping(Sheets):
    """What members do with their own products. Somebody else's are NotFound."""

    async def own(self, member_id: int, sku: str, business_id: int = 0) -> Own:
        """A variant of a business of this person (0: of any) by its SKU, capitals or not; also by
        the SKU of its product, where that has only one. Raises NotFound, Unusable."""
        spellings = [sku, sku.upper(), sku.lower()]
        mine = await self._businesses.business_of(member_id)
        for business in (one for one in mine if business_id in (0, one.id)):
            known = await self.known(business.id, [Row(0, one, {}) for one in spellings])
            for spelled in spellings:
                listing = known.find(Row(0, spelled, {}))
                if listing is not None:
                    return _own(business.id, business.currency, listing, _unit(listing, spelled))
        raise NotFound("sku")

    async def own_named(
        self, member_id: int, business_id: int, words: str, offset: int = 0, limit: int = 9
    ) -> Page[Found]:
        """The business's products with these words in their name, hidden ones and those of a shop
        that is not listed yet too. Raises NotFound."""
        currency = await self.currency(member_id, business_id)
        has = [
            func.strpos(ProductRow.folded, func.shopping_fold(word)) > 0 for word in words.split()
        ]
        its = select(ProductRow.id, ProductRow.name, ProductRow.price)
        its = its.where(ProductRow.business_id == business_id, *has)
        its = its.order_by(ProductRow.name, ProductRow.id).offset(offset).limit(limit + 1)
        rows = await self._tx.rows(its)
        found = [Found(row.id, row.name, Money(row.price, currency)) for row in rows]
        return page_of(found, offset, limit)

    async def own_product(self, member_id: int, product_id: int) -> list[Own]:
        """The variants of a product of this person's business. Raises NotFound."""
        business_id = await self._tx.scalar(
            select(ProductRow.business_id).where(ProductRow.id == product_id)
        )
        if business_id is None:
            raise NotFound("product")
        await self._businesses.require_member(member_id, business_id)
        business = await self._businesses.get(business_id)
        (listing,) = await listings(self._tx, business_id, [product_id])
        return [
            _own(business_id, business.currency, listing, unit) for unit in listing.units.values()
        ]

    async def change(self, member_id: int, business_id: int, sku: str, **values: Any) -> Own:
        """Change what `values` say, by the columns of a product file. Raises NotFound,
        NotPermitted, Unusable."""
        await self._businesses.require_member(member_id, business_id, "products")
        put = await self.put_rows(business_id, [Row(0, sku, values)])
        for problem in put.problems:
            raise Unusable(problem.why, problem.given, problem.column)
        return await self.own(member_id, sku, business_id)

    async def add(
        self, member_id: int, business_id: int, name: str, price: int, stock: int, category: str
    ) -> Own:
        """A new product under a SKU made of its name. Raises as `change`."""
        sku = await self._free_sku(business_id, slugged(name, 24).upper())
        values = {"name": name, "price": price, "stock": stock, "category": category}
        return await self.change(member_id, business_id, sku, **values)

    async def shelves(self, member_id: int, business_id: int, language: str) -> list[Shelf]:
        """Its shelves, empty ones and those of a shop that is not listed yet too. Raises
        NotFound."""
        await self._businesses.require_member(member_id, business_id)
        label = func.coalesce(CategoryRow.names[language].astext, CategoryRow.name)
        its = select(CategoryRow.id, CategoryRow.name, label.label("label")).where(
            CategoryRow.business_id == business_id,
            CategoryRow.is_active,
            CategoryRow.parent_id.is_(None),
        )
        rows = await self._tx.rows(its.order_by(CategoryRow.position, CategoryRow.id))
        return [Shelf(row.id, row.name, row.label) for row in rows]

    async def currency(self, member_id: int, business_id: int) -> str:
        """What the business sells in. Raises NotFound."""
        await self._businesses.require_member(member_id, business_id)
        return (await self._businesses.get(business_id)).currency

    async def _free_sku(self, business_id: int, wanted: str) -> str:
        asked = select(VariantRow.sku).where(
            VariantRow.business_id == business_id, VariantRow.sku.startswith(wanted)
        )
        products = select(ProductRow.sku).where(
            ProductRow.business_id == business_id, ProductRow.sku.startswith(wanted)
        )
        taken = {*await self._tx.scalars(asked), *await self._tx.scalars(products)}
        free = (f"{wanted}-{n}" for n in range(2, len(taken) + 3))
        return wanted if wanted not in taken else next(one for one in free if one not in taken)


def _unit(listing: Listing, sku: str) -> Unit:
    if sku in listing.units:
        return listing.units[sku]
    if len(listing.units) > 1:
        raise Unusable("has variants", ", ".join([*listing.units][:5]), "sku")
    return next(iter(listing.units.values()))


def _own(business_id: int, currency: str, listing: Listing, unit: Unit) -> Own:
    former = listing.former_of(unit)
    return Own(
        business_id=business_id,
        sku=unit.sku,
        product_id=listing.id,
        name=listing.name,
        title=unit.title,
        category=listing.category,
        price=Money(listing.price_of(unit), currency),
        compare_at=None if former is None else Money(former, currency),
        stock=unit.quantity,
        promised=unit.allocated,
        is_shown=listing.offers(unit),
        others=tuple(sku for sku in listing.units if sku != unit.sku),
        has_picture=bool(listing.pictures),
    )
