"""The products of a business as they stand, read some hundred at a time."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from services.ground.transaction import Transaction
from services.shopping.sheets.cells import SHELF_MARK
from services.shopping.sheets.columns import Row
from services.shopping.sheets.listing import Listing, Unit
from services.shopping.tables import CategoryRow, ImageRow, ProductRow, StockRow, VariantRow

_p, _v, _s = ProductRow, VariantRow, StockRow
OWN = (
    "name", "price", "compare_at_price", "short_description", "description", "tags",
    "is_featured", "low_stock_threshold", "is_active",
)  # fmt: skip
UNIT = ("title", "price", "compare_at_price", "is_active")
OPTIONAL = ("short_description", "description")


@dataclass
class Known:
    """The products some lines are about, by SKU, and which product a variant's SKU is of."""

    listings: dict[str, Listing]

    def __post_init__(self) -> None:
        self.product_of = {
            sku: listing.sku for listing in self.listings.values() for sku in listing.units
        }

    def find(self, row: Row) -> Listing | None:
        of = self.product_of.get(row.sku) or row.product or row.sku
        return self.listings.get(of)

    def keep(self, listing: Listing) -> None:
        self.listings[listing.sku] = listing
        self.product_of |= dict.fromkeys(listing.units, listing.sku)


async def listings(tx: Transaction, business_id: int, ids: Collection[int]) -> list[Listing]:
    """Products with all their variants, by id."""
    paths = await shelves(tx, business_id)
    own = select(_p.id, _p.sku, _p.category_id, *(getattr(_p, name) for name in OWN))
    products = await tx.rows(own.where(_p.id.in_(ids)).order_by(_p.id))
    of_product = await _units(tx, ids)
    shown: dict[int, list[str]] = {}
    pictures = select(ImageRow.product_id, ImageRow.path).where(
        ImageRow.product_id.in_(ids), ImageRow.variant_id.is_(None)
    )
    for row in await tx.rows(pictures.order_by(ImageRow.position, ImageRow.id)):
        shown.setdefault(row.product_id, []).append(row.path)
    found = []
    for row in products:
        fields = {name: getattr(row, name) for name in OWN}
        fields |= {name: fields[name] or "" for name in OPTIONAL} | {"tags": tuple(row.tags)}
        found.append(
            Listing(
                id=row.id,
                sku=row.sku,
                units=of_product.get(row.id, {}),
                category=paths.get(row.category_id, ""),
                shelf=row.category_id,
                shelf_name=paths.get(row.category_id, ""),
                pictures=tuple(shown.get(row.id, ())),
                **fields,
            )
        )
    return found


async def _units(tx: Transaction, ids: Collection[int]) -> dict[int, dict[str, Unit]]:
    fields = (getattr(_v, name) for name in ("id", "sku", "product_id", *UNIT))
    asked = select(*fields, _s.quantity, _s.allocated).join(_s, _s.variant_id == _v.id)
    asked = asked.where(_v.product_id.in_(ids)).order_by(_v.position, _v.id)
    found: dict[int, dict[str, Unit]] = {}
    for row in await tx.rows(asked):
        own = row._asdict()
        del own["product_id"]
        found.setdefault(row.product_id, {})[row.sku] = Unit(**own)
    return found


async def shelves(tx: Transaction, business_id: int) -> dict[int, str]:
    """Where each category is, as a file says it: "Food > Fruit"."""
    asked = select(CategoryRow.id, CategoryRow.parent_id, CategoryRow.name)
    rows = {
        row.id: row for row in await tx.rows(asked.where(CategoryRow.business_id == business_id))
    }

    def path(id_: int, deep: int = 0) -> str:
        row = rows[id_]
        if row.parent_id not in rows or deep > 9:
            return str(row.name)
        return f"{path(row.parent_id, deep + 1)} {SHELF_MARK} {row.name}"

    return {id_: path(id_) for id_ in rows}
