"""Looking around and searching: slips of the pen, accents, pages, isolation, and the plan."""

import pytest
from sqlalchemy import ClauseElement, Executable, select, text, update
from sqlalchemy.ext.compiler import compiles

from services.ground.transaction import Transaction
from services.shopping import NewProduct, NewVariant, NotFound
from services.shopping.search import _ALIKE, _EXACT, _KNOWN, _NEAR, _SETTING
from services.shopping.tables import ProductRow, WordRow

GOODS = {
    "JUICE-1": ("Mango juice", ("drink", "fruit")),
    "JUICE-2": ("Passion juice", ("drink", "fruit")),
    "SALSA": ("Mango salsa", ("sauce",)),
    "COFFEE": ("Café arabica, ground", ("drink",)),
    "KANGA": ("Kanga, pair", ("cloth",)),
    "SWEATER": ("Wool sweater", ("warm",)),
    "BASKET": ("Sisal basket", ("kiondo", "bag")),
    "CLOTH": ("Checkout cloth", ()),
}


@pytest.fixture
async def shelf(tx: Transaction, town):
    for sku, (name, tags) in GOODS.items():
        await town.goods(tx, sku, left=5, name=name, tags=tags)
    return town


async def found(tx, town, words: str, business: int | None = None) -> list[str]:
    page = await town.at(tx).search(words, town.business if business is None else business)
    return [card.name for card in page.items]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("mango juice", "Mango juice"),
        ("mango jus", "Mango juice"),
        ("MANGO JUICE", "Mango juice"),
        ("juice mango", "Mango juice"),
        ("chekout", "Checkout cloth"),
        ("swetar", "Wool sweater"),
        ("cafe", "Café arabica, ground"),
        ("CAFÉ", "Café arabica, ground"),
        ("kaffe arabika", "Café arabica, ground"),
        ("kiondo", "Sisal basket"),
        ("kionndo", "Sisal basket"),
        ("juice-1", "Mango juice"),
        ("sis", "Sisal basket"),
        ("mangojuice", "Mango juice"),
        ("a wool sweter for my father please", "Wool sweater"),
        ("arabica mango juice", "Mango juice"),
    ],
)
async def test_the_meant_thing_comes_first(tx, shelf, words, first) -> None:
    assert (await found(tx, shelf, words))[:1] == [first]


async def test_a_whole_word_comes_before_what_merely_looks_like_it(tx, shelf) -> None:
    assert await found(tx, shelf, "mango") == ["Mango juice", "Mango salsa"]


@pytest.mark.parametrize("words", ["", "  ", "?!", "' OR 1=1 --", "xyzzy", "&|!():*", "a\\b"])
async def test_what_means_nothing_finds_nothing_and_breaks_nothing(tx, shelf, words) -> None:
    assert await found(tx, shelf, words) == []


async def test_results_come_in_pages_that_do_not_overlap(tx, town) -> None:
    for number in range(7):
        await town.goods(tx, f"TEA-{number}", left=1, name=f"Tea number {number}")
    shop = town.at(tx)
    seen: list[str] = []
    offset, more = 0, True
    while more:
        page = await shop.search("tea", town.business, offset=offset, limit=3)
        seen += [card.name for card in page.items]
        offset, more = page.next_offset, page.has_more
    assert seen == [f"Tea number {number}" for number in range(7)]
    assert (await shop.search("tea", town.business, offset=7, limit=3)).items == ()


async def test_another_shops_goods_are_not_in_this_ones_shelves(tx, shelf) -> None:
    other, _ = await shelf.open_business(tx, "other")
    await shelf.goods(tx, "JUICE-1", left=5, name="Mango nectar", business=other)
    assert "Mango nectar" not in await found(tx, shelf, "mango")
    assert await found(tx, shelf, "mango", other) == ["Mango nectar"]
    assert "Mango nectar" in await found(tx, shelf, "mango", 0)


async def test_what_is_no_longer_sold_is_neither_found_nor_opened(tx, shelf) -> None:
    (card,) = (await shelf.at(tx).search("kanga", shelf.business)).items
    await tx.execute(update(ProductRow).where(ProductRow.id == card.id).values(is_active=False))
    assert await found(tx, shelf, "kanga") == []
    with pytest.raises(NotFound):
        await shelf.at(tx).product(card.id)


async def test_a_product_opened_has_its_variants_prices_and_what_is_left(tx, town) -> None:
    shirt = NewProduct(
        sku="SHIRT", slug="shirt", name="Shirt", price=900_00, compare_at_price=1200_00,
        variants=(NewVariant("SHIRT-S", 2, "S"), NewVariant("SHIRT-XL", 0, "XL", 950_00)),
        pictures=("shirt.jpg", "back.jpg"),
    )  # fmt: skip
    shelf = await town.at(tx).put_category(town.business, "clothes", "Clothes", {"sw": "Nguo"})
    made = await town.at(tx).put_product(town.business, shelf, shirt)
    product = await town.at(tx).product(made)
    small, large = product.variants
    assert (small.title, small.price.amount, small.left) == ("S", 900_00, 2)
    assert small.compare_at is not None and small.compare_at.amount == 1200_00
    assert (large.title, large.price.amount, large.left) == ("XL", 950_00, 0)
    assert product.pictures == ("shirt.jpg", "back.jpg")
    (card,) = (await town.at(tx).category_page(shelf)).items
    assert (card.price.amount, card.price_to.amount, card.left) == (900_00, 950_00, 2)
    assert (card.picture, card.variants) == ("shirt.jpg", 2)
    me = await town.person(tx)
    await town.order(tx, me, small.id, 2)
    assert (await town.at(tx).product(made)).left == 0
    assert (await town.at(tx).product(made, me)).left == 2


async def test_shelves_are_counted_named_in_the_language_and_nested(tx, town) -> None:
    shop = town.at(tx)
    food = await shop.put_category(town.business, "food", "Food", {"sw": "Chakula"})
    fruit = await shop.put_category(town.business, "fruit", "Fruit", parent_id=food)
    await shop.put_category(town.business, "empty", "Empty")
    for sku, shelf in (("RICE", food), ("MANGO", fruit)):
        await shop.put_product(
            town.business, shelf, NewProduct(sku, sku.lower(), sku, 1, (NewVariant(sku, 1),))
        )
    (shown,) = await shop.categories(town.business, "sw")
    assert (shown.name, shown.count) == ("Chakula", 2)
    assert [one.name for one in await shop.subcategories(food, "sw")] == ["Fruit"]
    assert [card.name for card in (await shop.category_page(food)).items] == ["MANGO", "RICE"]
    assert (await shop.category(fruit)).parent_id == food
    shelves = [await shop.category(one) for one in (food, fruit)]
    assert [one.holds_shelves for one in shelves] == [True, False]
    with pytest.raises(NotFound):
        await shop.category(999_999_999)


MANY = """
INSERT INTO products (business_id, sku, slug, name, price, tags)
SELECT :business, 'P' || n, 'p' || n,
       (ARRAY['Blue','Red','Small','Large','Soft','Round','Old','New'])[1 + n % 8] || ' ' ||
       (ARRAY['lamp','chair','basket','kettle','radio','blanket','mirror'])[1 + n / 8 % 7]
       || ' ' || md5(n::text), 100, '{}'
FROM generate_series(1, 20000) AS n
"""


VOCABULARY = """
INSERT INTO product_words
SELECT translate(md5(n::text), '0123456789', 'ghijklmnop') FROM generate_series(1, 20000) AS n
"""


class Explain(Executable, ClauseElement):
    """A statement's plan instead of its rows."""

    inherit_cache = False

    def __init__(self, statement) -> None:
        self.statement = statement


@compiles(Explain)
def _explain(element, compiler, **options) -> str:
    return f"EXPLAIN {compiler.process(element.statement, **options)}"


async def plan(tx: Transaction, statement, words: str, town) -> str:
    """How PostgreSQL would answer, left to choose freely."""
    asked = {"words": words, "business": town.business, "offset": 0, "limit": 10}
    asked |= {"now": town.now, "me": 0, "typed": "", "every": words.split()}
    return "\n".join((await tx.execute(Explain(statement), asked)).scalars())


async def test_twenty_thousand_products_are_searched_by_index(tx, town) -> None:
    await tx.execute(text(MANY), {"business": town.business})
    await tx.execute(text("ANALYZE products"))
    await tx.execute(text(VOCABULARY))
    await tx.execute(text("ANALYZE product_words"))
    await tx.execute(_SETTING)
    for statement in (_EXACT, _ALIKE):
        for words in ("kettle:* & blu:*", "a", "kettle:* | (red & blue)"):
            told = await plan(tx, statement, words, town)
            assert "ix_products_words" in told and "Seq Scan on products" not in told
    assert "ix_product_words_alike" in await plan(tx, _NEAR, "ketle blue", town)
    assert "pk_product_words" in await plan(tx, _KNOWN, "mango juice", town)


async def test_words_are_learned_with_what_is_put_and_renamed(tx, shelf) -> None:
    await tx.execute(
        update(ProductRow).where(ProductRow.sku == "KANGA").values(name="Khānga, pair")
    )
    words = set(await tx.scalars(select(WordRow.word)))
    assert {"mango", "cafe", "kiondo", "khanga", "kanga"} <= words
    assert await found(tx, shelf, "khangga") == ["Khānga, pair"]
