"""The demo shops: what they sell, and putting it on the shelves."""

import contextlib
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.businesses import DAILY, NOTICES, Business, Businesses
from services.ground.errors import NotFound
from services.shopping.assortment import NewProduct, NewShop, NewVariant, NewZone
from services.shopping.pictures import DEMO
from services.shopping.shopping import Shopping
from services.shopping.voucher import Kind, NewVoucher

CATALOGUE = Path(__file__).parent / "catalogue.toml"
CRAFTS = Path(__file__).parent / "crafts.toml"
INDIA = Path(__file__).parent / "india.toml"

_Read = dict[str, Any]


async def seed(
    businesses: Businesses, shopping: Shopping, owner_id: int, catalogue: Path = CATALOGUE
) -> Business:
    """A demo business, made once with all it sells; `owner_id` hears of its orders."""
    read = _said(catalogue)
    with contextlib.suppress(NotFound):
        return await businesses.by_slug(read["business"]["slug"])
    business = await businesses.register(owner_id=owner_id, **read["business"])
    await businesses.want(business.id, owner_id, (*NOTICES, DAILY))
    zones = tuple(NewZone(**zone) for zone in read["zones"])
    await shopping.put_shop(business.id, NewShop(**read["shop"], zones=zones))
    shelves = {
        shelf["slug"]: await shopping.put_category(
            business.id, shelf["slug"], shelf["name"], {"sw": shelf["sw"]}, position
        )
        for position, shelf in enumerate(read["shelves"])
    }
    for voucher in read.get("vouchers", ()):
        new = NewVoucher(**voucher | {"kind": Kind(voucher["kind"])})
        await shopping.make_voucher(owner_id, business.id, new)
    for product in read["products"]:
        await shopping.put_product(business.id, shelves[product["shelf"]], product_of(product))
    return business


def _said(catalogue: Path) -> _Read:
    return tomllib.loads(catalogue.read_text("utf-8"))


def product_of(read: _Read) -> NewProduct:
    """A product out of its table in catalogue.toml."""
    sku = str(read["sku"])
    name = sku.lower()
    return NewProduct(
        sku=sku,
        slug=name,
        name=read["name"],
        price=read["price"],
        variants=_variants(read),
        description=read["about"],
        short_description=read["short"],
        compare_at_price=read.get("was"),
        tags=tuple(read["tags"]),
        pictures=(f"{DEMO}{read.get('picture', name)}.jpg",),
        is_featured=read.get("featured", False),
        rating=Decimal(read["rating"]),
        reviews_count=read["reviews"],
    )


def _variants(read: _Read) -> tuple[NewVariant, ...]:
    if "variants" not in read:
        return (NewVariant(read["sku"], read["left"]),)
    return tuple(
        NewVariant(sku, left, title, price) for sku, title, price, left in read["variants"]
    )
