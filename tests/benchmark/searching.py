"""Searching among 100,000 products, slips of the pen included: how long one search takes.

The service is asked directly, one search after the other; the shop is filled by the database
itself, and the index is built when it is full.
"""

import time

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.app.resources import platform
from bot.database.connections import Database, arguments, connect
from tests.benchmark.figures import Figures

PRODUCTS = 100_000
_BUSINESS = text("SELECT min(id) FROM businesses")
INDEX = "ix_products_words"
_WORDS = {
    "brands": "Kericho Limuru Nandi Savanna Acacia Baobab Simba Twiga Jambo Bahari Kilele Upendo "
    "Amani Furaha Baraka Safari Amboseli Samburu Malindi Naivasha Machakos Highland Sunrise Golden "
    "Royal River Forest Meadow Summit Ridge",
    "looks": "Blue Red Green Black White Yellow Small Large Medium Family Premium Classic Original "
    "Fresh Organic Roasted Ground Whole Salted Sweet Wooden Steel Plastic Glass Ceramic Enamel "
    "Cotton Wool Linen Leather Solar Electric Portable Stainless Woven Striped Round Double Light",
    "things": "flour rice sugar salt tea coffee milk honey juice soap candle lamp torch battery "
    "charger cable radio basket blanket kettle pot pan stove knife plate bowl cup mug shirt scarf "
    "sweater sandals shoes chair table mattress pillow mirror bucket broom notebook pencil hammer "
    "ladder bicycle helmet seeds fertiliser porridge sufuria",
    "sizes": "250g 500g 1kg 2kg 5l 20l 12pcs 40cm XL",
}
SEARCHES = {
    "common words": ("blue", "tea", "s", "ma", "kg", "red shirt", "250g", "st"),
    "several words": ("kericho tea 250g", "blue cotton shirt", "solar lamp royal", "mango juice"),
    "slips": ("ketle blue", "swetar", "stanless sufria", "portabel solr lamp", "premum clasic tea"),
    "nothing": ("xyzzy", "qqqq wwww", "the best of all for my father please", "aaaa"),
}
_FILL = """
INSERT INTO products (business_id, sku, slug, name, price, tags)
SELECT b.id, 'BENCH-' || n, 'bench-' || n,
       concat_ws(' ', brands[1 + n * 7 % cardinality(brands)],
                 looks[1 + n / 3 % cardinality(looks)], things[1 + n * 11 % cardinality(things)],
                 sizes[1 + n / 5 % cardinality(sizes)], 'M' || n % 9973), 100, '{}'
FROM generate_series(1, $1) n, (SELECT min(id) AS id FROM businesses) b,
     (SELECT $2::text[] AS brands, $3::text[] AS looks, $4::text[] AS things, $5::text[] AS sizes)
       words
"""
_VARIANTS = """
INSERT INTO product_variants (business_id, product_id, sku)
SELECT business_id, id, sku FROM products WHERE sku LIKE 'BENCH-%'
"""
_STOCK = """
INSERT INTO stock (variant_id, quantity)
SELECT id, 5 FROM product_variants WHERE sku LIKE 'BENCH-%'
"""


async def searching(url: str, figures: Figures, seconds: float) -> None:
    db = await asyncpg.connect(**arguments(make_url(url)))
    try:
        index = await db.fetchval("SELECT pg_get_indexdef($1::regclass)", INDEX)
        await db.execute(f"DROP INDEX {INDEX}")
        await db.execute(_FILL, PRODUCTS, *(words.split() for words in _WORDS.values()))
        for statement in (_VARIANTS, _STOCK, index, "VACUUM ANALYZE"):
            await db.execute(statement)
    finally:
        await db.close()
    database = await connect(url, connections=1)
    try:
        for kind, words in SEARCHES.items():
            took = sorted([await _search(database, one) for one in words * (1 + int(seconds) * 4)])
            median, late = took[len(took) // 2], took[min(len(took) - 1, len(took) * 99 // 100)]
            said = f"p50 {median:.1f} ms, p99 {late:.1f} ms of {len(took)}"
            figures.value(f"search, {kind}, {PRODUCTS:,} products", late, said)
    finally:
        await database.close()


async def _search(database: Database, words: str) -> float:
    """Milliseconds."""
    async with database.transaction() as tx:
        shop = platform(tx).shopping
        business = await tx.scalar(_BUSINESS)
        before = time.perf_counter()
        await shop.search(words, business)
        return 1000 * (time.perf_counter() - before)
