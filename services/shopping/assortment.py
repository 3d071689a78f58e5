"""What a business puts on its shelves: shop, zones, categories, products, stock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from services.ground.errors import NotFound
from services.shopping import waiting
from services.shopping.desk import Desk
from services.shopping.errors import Allocated
from services.shopping.pictures import SENT
from services.shopping.tables import (
    CategoryRow,
    DeliveryZoneRow,
    ImageRow,
    ProductRow,
    ShopRow,
    StockRow,
    VariantRow,
)


@dataclass(frozen=True, slots=True)
class NewVariant:
    """A size or a colour; the product itself has the empty title. Amounts are minor units."""

    sku: str
    quantity: int
    title: str = ""
    price: int | None = None  # None: the product's


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product as a business describes it. Amounts are minor units of its currency."""

    sku: str
    slug: str
    name: str
    price: int
    variants: tuple[NewVariant, ...]
    description: str | None = None
    short_description: str | None = None
    compare_at_price: int | None = None
    cost_price: int | None = None
    low_stock_threshold: int = 5
    tags: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    is_featured: bool = False
    rating: Decimal = Decimal(0)  # of 5; brought along from where the product was sold before
    reviews_count: int = 0


@dataclass(frozen=True, slots=True)
class NewZone:
    name: str
    fee: int
    free_from: int | None = None


@dataclass(frozen=True, slots=True)
class NewShop:
    """How a business sells."""

    tax_basis_points: int = 0
    tax_included: bool = True
    cash_on_delivery: bool = True
    pickup_address: str | None = None
    max_per_line: int = 20
    transfer_to: str | None = None  # an account in words; None: transfers are not taken
    return_days: int = 14  # after delivery, in which goods may come back; 0: never
    zones: tuple[NewZone, ...] = field(default=())


BROUGHT = ("rating", "reviews_count", "brought_rating", "brought_reviews")
"""Once a product is here, its reviewers say the first two, and the others stand."""


class Assortment(Desk):
    """Set-up by the platform; what members may change themselves checks that they belong."""

    async def put_shop(self, business_id: int, shop: NewShop) -> None:
        """Open the shop of a business in its currency, or change how it sells."""
        business = await self._businesses.get(business_id)
        values = {name: getattr(shop, name) for name in NewShop.__slots__ if name != "zones"}
        opened = insert(ShopRow).values(
            business_id=business_id, currency=business.currency, **values
        )
        await self._tx.execute(
            opened.on_conflict_do_update(index_elements=["business_id"], set_=values)
        )
        for position, zone in enumerate(shop.zones):
            fees = {"fee": zone.fee, "free_from": zone.free_from, "position": position}
            added = insert(DeliveryZoneRow).values(business_id=business_id, name=zone.name, **fees)
            await self._tx.execute(
                added.on_conflict_do_update(index_elements=["business_id", "name"], set_=fees)
            )

    async def put_category(
        self,
        business_id: int,
        slug: str,
        name: str,
        names: Mapping[str, str] | None = None,
        position: int = 0,
        parent_id: int | None = None,
    ) -> int:
        """A shelf by its slug; `names` by language. Returns its id."""
        values = {
            "name": name,
            "names": dict(names or {}),
            "position": position,
            "parent_id": parent_id,
        }
        put = insert(CategoryRow).values(business_id=business_id, slug=slug, **values)
        put = put.on_conflict_do_update(index_elements=["business_id", "slug"], set_=values)
        return int(await self._tx.scalar(put.returning(CategoryRow.id)))

    async def put_product(
        self, business_id: int, category_id: int | None, product: NewProduct
    ) -> int:
        """A product by its SKU, with its variants and pictures. Returns its id.

        The stock of a variant that exists already is left alone: see `set_stock`.
        """
        taken = ("sku", "variants", "pictures")
        values = {
            name: getattr(product, name) for name in NewProduct.__slots__ if name not in taken
        }
        values |= {"category_id": category_id, "tags": list(product.tags), "updated_at": self._now}
        values |= {"brought_rating": product.rating, "brought_reviews": product.reviews_count}
        put = insert(ProductRow).values(business_id=business_id, sku=product.sku, **values)
        again = {name: value for name, value in values.items() if name not in BROUGHT}
        put = put.on_conflict_do_update(index_elements=["business_id", "sku"], set_=again)
        product_id = int(await self._tx.scalar(put.returning(ProductRow.id)))
        for position, variant in enumerate(product.variants):
            await self._put_variant(business_id, product_id, variant, position)
        await self._put_pictures(product_id, product.pictures)
        return product_id

    async def set_picture(self, member_id: int, product_id: int, key: str) -> None:
        """Show a product by a photo that a member sent; `key` of the files port. Raises NotFound,
        NotPermitted."""
        sells = select(ProductRow.business_id).where(ProductRow.id == product_id)
        business_id = await self._tx.scalar(sells.with_for_update())
        if business_id is None:
            raise NotFound("product")
        await self._businesses.require_member(member_id, business_id, "products")
        await self._put_pictures(product_id, (f"{SENT}{key}",))

    async def sent_pictures(self) -> list[str]:
        """The files that products are shown by, to be kept as long as they are."""
        shown = select(ImageRow.path).where(ImageRow.path.startswith(SENT))
        return [path.removeprefix(SENT) for path in await self._tx.scalars(shown)]

    async def set_stock(self, member_id: int, sku: str, quantity: int) -> int:
        """So many lie on the shelf, promised ones included. Returns what is promised to nobody.

        Raises NotFound (no such SKU in a business of this person), NotPermitted, Allocated (more
        is promised).
        """
        v = VariantRow
        found = select(v.id, v.business_id).where(v.sku == sku).order_by(v.id)
        for row in await self._tx.rows(found):
            if await self._businesses.member(member_id, row.business_id) is not None:
                await self._businesses.require_member(member_id, row.business_id, "products")
                return await self._count(row.id, quantity)
        raise NotFound("sku")

    async def _count(self, variant_id: int, quantity: int) -> int:
        mine = StockRow.variant_id == variant_id
        locked = select(StockRow.allocated).where(mine).with_for_update()
        allocated = int(await self._tx.scalar(locked))
        if quantity < allocated:
            raise Allocated(allocated)
        counted = update(StockRow).where(mine)
        await self._tx.execute(counted.values(quantity=quantity, updated_at=self._now))
        await waiting.fit(self._tx, self._now, variant_id)
        await waiting.tell(self._tx, self._now, self._facts, [variant_id])
        return quantity - allocated

    async def _put_variant(
        self, business_id: int, product_id: int, variant: NewVariant, position: int
    ) -> None:
        values = {
            "product_id": product_id,
            "title": variant.title,
            "price": variant.price,
            "position": position,
        }
        put = insert(VariantRow).values(business_id=business_id, sku=variant.sku, **values)
        put = put.on_conflict_do_update(index_elements=["business_id", "sku"], set_=values)
        variant_id = await self._tx.scalar(put.returning(VariantRow.id))
        shelf = insert(StockRow).values(variant_id=variant_id, quantity=variant.quantity)
        await self._tx.execute(shelf.on_conflict_do_nothing())

    async def _put_pictures(self, product_id: int, pictures: tuple[str, ...]) -> None:
        await self._tx.execute(
            delete(ImageRow).where(
                ImageRow.product_id == product_id, ImageRow.path.not_in(pictures)
            )
        )
        for position, path in enumerate(pictures):
            put = insert(ImageRow).values(product_id=product_id, path=path, position=position)
            await self._tx.execute(
                put.on_conflict_do_update(
                    index_elements=["product_id", "path"], set_={"position": position}
                )
            )
