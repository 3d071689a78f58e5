"""A product as its business keeps it, and what a line of a file makes of it. No database here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.shopping.sheets.cells import LIST_MARK, Unusable
from services.shopping.sheets.columns import Row, value


@dataclass(frozen=True, slots=True)
class Unit:
    """A variant. Amounts are minor units; None is the product's. `id` 0: not there yet."""

    sku: str
    title: str = ""
    price: int | None = None
    compare_at_price: int | None = None
    quantity: int = 0
    allocated: int = 0  # promised to orders
    is_active: bool = True
    id: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """A product with all its variants, in their order, by SKU."""

    sku: str
    name: str
    price: int
    units: Mapping[str, Unit]
    compare_at_price: int | None = None
    category: str = ""  # "Food > Fruit"
    short_description: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    is_featured: bool = False
    low_stock_threshold: int = 5
    is_active: bool = True
    id: int = field(default=0, compare=False)
    shelf: int | None = field(default=None, compare=False)  # its category, where it stands now,
    shelf_name: str = field(default="", compare=False)  # and what that is called

    def price_of(self, unit: Unit) -> int:
        return self.price if unit.price is None else unit.price

    def former_of(self, unit: Unit) -> int | None:
        """The former price, where there is a higher one."""
        former = self.compare_at_price if unit.compare_at_price is None else unit.compare_at_price
        return former if former is not None and former > self.price_of(unit) else None

    def offers(self, unit: Unit) -> bool:
        return self.is_active and unit.is_active

    def with_unit(self, unit: Unit) -> "Listing":
        return replace(self, units={**self.units, unit.sku: unit})


def shown(listing: Listing, unit: Unit) -> dict[str, Any]:
    """What a file says of a variant, by column: amounts in minor units."""
    return {
        "sku": unit.sku,
        "product": "" if listing.sku == unit.sku else listing.sku,
        "name": listing.name,
        "variant": unit.title,
        "category": listing.category,
        "price": listing.price_of(unit),
        "compare_at_price": listing.former_of(unit),
        "stock": unit.quantity,
        "short_description": listing.short_description,
        "description": listing.description,
        "tags": f" {LIST_MARK} ".join(listing.tags),
        "pictures": f" {LIST_MARK} ".join(listing.pictures),
        "active": listing.offers(unit),
        "featured": listing.is_featured,
        "low_stock": listing.low_stock_threshold,
    }


_AMOUNTS = ("price", "compare_at_price", "stock", "low_stock")
_FIELDS = {
    "name": "name",
    "category": "category",
    "short_description": "short_description",
    "description": "description",
    "tags": "tags",
    "pictures": "pictures",
    "featured": "is_featured",
    "low_stock": "low_stock_threshold",
}
"""Columns that are the product's own, and need no more than to be put."""
_KEPT = ("name", "price", "stock", "active", "featured", "low_stock")
"""Columns whose empty cell leaves what is there; another's empties it."""


def put(row: Row, before: Listing | None) -> Listing:
    """The product as a line wants it; `before` is the same object when the line changes nothing.
    Raises Unusable."""
    if before is None:
        return _apply(_begun(row), row.sku, row.values)
    unit = _meant(row, before)
    if unit is None:
        return _apply(before.with_unit(_added(row, before)), row.sku, row.values)
    current = shown(before, unit)
    changes = {
        column: wanted for column, wanted in row.values.items()
        if column != "product" and _differs(column, wanted, current[column])
    }  # fmt: skip
    return _apply(before, unit.sku, changes) if changes else before


def _begun(row: Row) -> Listing:
    """A product that is not there yet, with this one variant."""
    name, price = row.values.get("name"), row.values.get("price")
    if not name:
        raise Unusable("new without name", column="name")
    if price is None:
        raise Unusable("new without price", column="price")
    unit = Unit(row.sku, title=row.values.get("variant", ""))
    return Listing(row.product or row.sku, name, price, {row.sku: unit})


def _meant(row: Row, listing: Listing) -> Unit | None:
    """The variant a line is about; None: one that is not there yet. Raises Unusable."""
    if (unit := listing.units.get(row.sku)) is not None:
        if row.product and row.product != listing.sku:
            raise Unusable("of another product", listing.sku, "product")
        return unit
    if row.product:
        return None
    if len(listing.units) > 1:
        raise Unusable("has variants", ", ".join([*listing.units][:5]), "sku")
    return next(iter(listing.units.values()))


def _added(row: Row, listing: Listing) -> Unit:
    """Another variant of a product."""
    title = row.values.get("variant", "")
    _check_title(title, row.sku, listing)
    return Unit(row.sku, title=title)


def _check_title(title: str, sku: str, listing: Listing) -> None:
    others = [unit for unit in listing.units.values() if unit.sku != sku]
    if any(unit.title == title for unit in others):
        raise Unusable("same variant" if title else "variant without title", title, "variant")


def _differs(column: str, wanted: Any, current: Any) -> bool:
    """Compared as a file says it: reading what an export wrote changes nothing."""
    if (wanted is None and column in _KEPT) or (wanted == "" and column == "name"):
        return False
    if column in _AMOUNTS or isinstance(current, bool):
        return bool(wanted != current)
    return bool(wanted != value(column, current, ""))


def _apply(listing: Listing, sku: str, changes: Mapping[str, Any]) -> Listing:
    unit = listing.units[sku]
    if "variant" in changes and changes["variant"] != unit.title:
        _check_title(changes["variant"], sku, listing)
        unit = replace(unit, title=changes["variant"])
    if changes.get("stock") is not None:
        unit = _counted(unit, changes["stock"])
    fields = {
        _FIELDS[column]: wanted
        for column, wanted in changes.items()
        if column in _FIELDS and not (wanted is None or (column == "name" and not wanted))
    }
    changed = replace(listing, **fields).with_unit(unit)
    if "price" in changes or "compare_at_price" in changes:
        changed = _priced(changed, unit, changes)
    if changes.get("active") is not None:
        changed = offered(changed, unit.sku, changes["active"])
    return changed


def _counted(unit: Unit, quantity: int) -> Unit:
    if quantity < unit.allocated:
        raise Unusable("promised", str(unit.allocated), "stock")
    return replace(unit, quantity=quantity)


def _priced(listing: Listing, unit: Unit, changes: Mapping[str, Any]) -> Listing:
    """A price that rises above the former one ends the offer; a former price that is not higher
    than the price beside it is refused."""
    price = changes.get("price")
    price = listing.price_of(unit) if price is None else price
    former = changes.get("compare_at_price", listing.former_of(unit))
    if former is not None and former <= price:
        if changes.get("compare_at_price") is not None:
            raise Unusable("former price", str(former), "compare_at_price")
        former = None
    if len(listing.units) == 1:
        own = replace(unit, price=None, compare_at_price=None)
        return replace(listing, price=price, compare_at_price=former).with_unit(own)
    # The product's former price is hidden for this variant by one that is no higher than its own.
    hidden = None if listing.compare_at_price is None else price
    own = replace(
        unit,
        price=None if price == listing.price else price,
        compare_at_price=former if former is not None else hidden,
    )
    if former == listing.compare_at_price:
        own = replace(own, compare_at_price=None)
    return listing.with_unit(own)


def offered(listing: Listing, sku: str, wanted: bool) -> Listing:
    """A variant shown or hidden; what is hidden with its whole product stays hidden when another
    variant of it comes back."""
    here = {one.sku for one in listing.units.values() if listing.offers(one)}
    here = here | {sku} if wanted else here - {sku}
    if not here:  # only the product: whoever brings it back finds its variants as they were
        return replace(listing, is_active=False)
    units = {one.sku: replace(one, is_active=one.sku in here) for one in listing.units.values()}
    return replace(listing, is_active=True, units=units)
