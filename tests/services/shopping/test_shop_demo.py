"""The demo shop: complete, drawn, seeded once, and worth opening."""

import tomllib

import pytest
from PIL import Image

from services.businesses import Business
from services.shopping import Shopping
from services.shopping.demo import CATALOGUE, CRAFTS, INDIA, product_of, seed
from services.shopping.pictures import find

READ = tomllib.loads(CATALOGUE.read_text("utf-8"))
IN_INDIA = tomllib.loads(INDIA.read_text("utf-8"))
OF_CRAFTS = tomllib.loads(CRAFTS.read_text("utf-8"))
PRODUCTS = (*READ["products"], *OF_CRAFTS["products"], *IN_INDIA["products"])


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product["sku"])
def test_every_product_has_a_small_picture(product) -> None:
    (path,) = product_of(product).pictures
    file = find(path)
    assert file is not None and file.stat().st_size <= 25_000
    with Image.open(file) as picture:
        assert picture.size == (600, 600)


def test_a_picture_is_looked_for_nowhere_else() -> None:
    assert find("demo/../catalogue.toml") is None
    assert find("/etc/hostname") is None


async def demo(tx, town) -> tuple[Business, Shopping]:
    owner = await town.person(tx)
    shop = town.at(tx)
    return await seed(town.businesses(tx), shop, owner), shop


async def test_it_is_seeded_once_and_every_shelf_is_full(tx, town) -> None:
    first, shop = await demo(tx, town)
    again, _ = await demo(tx, town)
    assert first == again
    shelves = await shop.categories(first.id, "sw")
    assert [shelf.name for shelf in shelves] == [shelf["sw"] for shelf in READ["shelves"]]
    assert all(shelf.count >= 5 for shelf in shelves)
    assert sum(shelf.count for shelf in shelves) == len(READ["products"]) >= 36


async def test_another_is_seeded_beside_it(tx, town) -> None:
    first, shop = await demo(tx, town)
    owner = await town.person(tx)
    second = await seed(town.businesses(tx), shop, owner, INDIA)
    assert second == await seed(town.businesses(tx), shop, owner, INDIA) != first
    shelves = await shop.categories(second.id)
    assert sum(shelf.count for shelf in shelves) == len(IN_INDIA["products"])
    assert (await shop.shop(second.id)).currency == "INR"


async def test_it_has_a_voucher_to_try_and_its_owner_hears_of_the_day(tx, town) -> None:
    business, shop = await demo(tx, town)
    person = await town.person(tx)
    card = (await shop.featured(business.id)).items[0]
    product = await shop.product(card.id)
    await shop.add_to_cart(person, product.variants[0].id)
    voucher = await shop.use_voucher(person, "welcome10")
    assert voucher.basis_points == 1000
    assert [key.partition(":")[0] for key in town.told.again] == ["business-summary"]


async def test_two_of_them_can_be_in_one_cart(tx, town) -> None:
    first, shop = await demo(tx, town)
    second = await seed(town.businesses(tx), shop, await town.person(tx), CRAFTS)
    buyer = await town.person(tx)
    for sku in ("FLOUR", "KS-DRUM"):
        cart = await shop.add_to_cart(buyer, await shop.variant_of_sku(sku))
    assert [part.business_id for part in cart.parts] == [first.id, second.id]


async def test_it_shows_what_a_shop_has_to_deal_with(tx, town) -> None:
    business, shop = await demo(tx, town)
    cards = [
        card
        for shelf in await shop.categories(business.id)
        for card in (await shop.category_page(shelf.id)).items
    ]
    assert any(card.sold_out for card in cards)
    assert any(card.left == 1 for card in cards)
    assert any(card.compare_at is not None for card in cards)
    assert any(card.variants > 2 and card.price != card.price_to for card in cards)
    assert 6 <= len((await shop.featured(business.id)).items) <= 9
    assert all(card.picture and card.price.currency == "KES" for card in cards)
    assert len(await shop.deliveries(business.id, cards[0].price)) == 4
    (best, *_) = (await shop.search("mango jus", business.id)).items
    assert best.name == "Mango juice, 1 l"
