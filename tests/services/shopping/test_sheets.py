"""Products from files into the shop and back: line by line, again without effect, a round trip."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from services.ground.transaction import Transaction
from services.shopping import NewProduct, NewVariant, OnlyLeft
from services.shopping.sheets import COLUMNS, Importer, Report, Row, export_products
from services.shopping.sheets.known import Known
from services.shopping.sheets.listing import Listing, Unit, put, shown
from services.shopping.sheets.putting import settle
from services.shopping.tables import ProductRow, StockRow, VariantRow
from tests.services.shopping.conftest import Town

# -- one line and one product, without a database --------------------------------------


def listing(*units: Unit, **about: object) -> Listing:
    fields = {"name": "Shirt", "price": 900_00, "sku": "SHIRT"} | about
    return Listing(units={unit.sku: unit for unit in units}, **fields)  # type: ignore[arg-type]


def row(sku: str, **values: object) -> Row:
    return Row(2, sku, values)


def why(sku: str, before: Listing | None, **values: object) -> str:
    known = Known({} if before is None else {before.sku: before})
    (problem,) = settle([row(sku, **values)], known).problems
    return problem.why


SINGLE = listing(Unit("SHIRT", quantity=4, allocated=3), compare_at_price=1000_00)
SIZES = listing(Unit("S", "Small"), Unit("L", "Large", 950_00), compare_at_price=1000_00)


def test_an_empty_cell_leaves_what_must_be_there_and_empties_the_rest() -> None:
    before = listing(Unit("SHIRT", quantity=4), description="Warm", tags=("wool",))
    kept = put(row("SHIRT", name="", price=None, stock=None, active=None), before)
    assert kept is before
    emptied = put(row("SHIRT", description="", tags=()), before)
    assert (emptied.description, emptied.tags, emptied.name) == ("", (), "Shirt")


def test_a_price_above_the_former_one_ends_the_offer() -> None:
    raised = put(row("SHIRT", price=1100_00), SINGLE)
    assert (raised.price, raised.compare_at_price) == (1100_00, None)
    lowered = put(row("SHIRT", price=800_00), SINGLE)
    assert (lowered.price, lowered.compare_at_price) == (800_00, 1000_00)


def test_a_price_of_one_size_leaves_the_others() -> None:
    after = put(row("S", price=700_00), SIZES)
    assert [after.price_of(one) for one in after.units.values()] == [700_00, 950_00]
    plain = put(row("S", compare_at_price=None), SIZES)
    assert [plain.former_of(one) for one in plain.units.values()] == [None, 1000_00]


def test_sizes_are_hidden_one_by_one_and_the_last_hides_the_product() -> None:
    one = put(row("S", active=False), SIZES)
    assert one.is_active and not one.units["S"].is_active
    none = put(row("L", active=False), one)
    assert not none.is_active
    back = put(row("S", active=True), none)
    assert [back.offers(unit) for unit in back.units.values()] == [True, False]


@pytest.mark.parametrize(
    ("sku", "before", "values", "expected"),
    [
        ("NEW", None, {"price": 1}, "new without name"),
        ("NEW", None, {"name": "New"}, "new without price"),
        ("SHIRT", SINGLE, {"stock": 2}, "promised"),
        ("SHIRT", SINGLE, {"compare_at_price": 900_00}, "former price"),
        ("SHIRT", SIZES, {"stock": 1}, "has variants"),
        ("S", SIZES, {"product": "OTHER"}, "of another product"),
        ("S", SIZES, {"variant": "Large"}, "same variant"),
        ("XL", SIZES, {"product": "SHIRT", "variant": "Small"}, "same variant"),
        ("SECOND", SINGLE, {"product": "SHIRT"}, "variant without title"),
    ],
)
def test_what_cannot_be_taken_says_why(sku, before, values, expected) -> None:
    assert why(sku, before, **values) == expected


def test_what_is_shown_of_a_size_changes_nothing_when_put_again() -> None:
    for unit in SIZES.units.values():
        said = shown(SIZES, unit)
        values = {column: said[column] for column in COLUMNS[1:]} | {"tags": (), "pictures": ()}
        assert put(row(unit.sku, **values), SIZES) is SIZES


# -- files into the shop ------------------------------------------------------------------


@pytest.fixture
async def shop(connect) -> Town:
    from tests.services.shopping.conftest import build

    async with connect() as tx:
        return await build(tx)


async def take(
    connect, shop: Town, content: str | Path, folder: Path = Path(), dry_run: bool = False
) -> Report:
    path = content if isinstance(content, Path) else folder / "goods.csv"
    if isinstance(content, str):
        path.write_text(content)
    return await Importer(connect, shop.at, shop.business, "KES", dry_run).take(path)


NEW = """sku,product,name,variant,category,price,compare_at_price,stock,tags,active
TEA,,Kericho tea 250 g,,Drinks > Hot,"1,250.50",,40,chai | tea,yes
S,SHIRT,Kitenge shirt,Small,Clothes,900,1000,3,,
L,SHIRT,Kitenge shirt,Large,Clothes,950,1000,0,,
BAD,,,,,5,,1,,
TEA,,Again,,,1,,1,,
OIL,,Oil,,Drinks,many,,1,,
HID,,Hidden,,,10,,2,,no
"""


async def test_good_lines_are_taken_and_bad_ones_told(connect, shop, tmp_path) -> None:
    report = await take(connect, shop, NEW, folder=tmp_path)
    assert (report.lines, report.put.added, report.taken) == (7, 4, 4)
    assert [(one.line, one.sku, one.why) for one in report.problems] == [
        (5, "BAD", "new without name"),
        (6, "TEA", "sku twice"),
        (7, "OIL", "not a number"),
    ]
    async with connect() as tx:
        here = shop.at(tx)
        (card,) = (await here.search("kericho", shop.business)).items
        tea = await here.product(card.id)
        assert (tea.price.amount, tea.left, tea.tags) == (1250_50, 40, ("chai", "tea"))
        (shirt,) = (await here.search("kitenge", shop.business)).items
        sizes = (await here.product(shirt.id)).variants
        assert [(one.title, one.price.amount, one.left) for one in sizes] == [
            ("Small", 900_00, 3),
            ("Large", 950_00, 0),
        ]
        assert (await here.search("hidden", shop.business)).items == ()
        shelves = await here.categories(shop.business)
        assert [(one.name, one.count) for one in shelves] == [("Drinks", 1), ("Clothes", 1)]


async def state(connect) -> list[object]:
    async with connect() as tx:
        asked = select(ProductRow, VariantRow, StockRow).join(
            VariantRow, VariantRow.product_id == ProductRow.id
        )
        asked = asked.join(StockRow, StockRow.variant_id == VariantRow.id)
        return [tuple(one) for one in await tx.rows(asked.order_by(VariantRow.id))]


async def test_the_same_file_again_changes_nothing(connect, shop, tmp_path) -> None:
    await take(connect, shop, NEW, folder=tmp_path)
    before = await state(connect)
    shop.later(hours=1)
    again = await take(connect, shop, NEW, folder=tmp_path)
    assert (again.put.added, again.put.changed, again.put.unchanged) == (0, 0, 4)
    assert await state(connect) == before


async def test_a_dry_run_says_the_same_and_does_nothing(connect, shop, tmp_path) -> None:
    before = await state(connect)
    said = await take(connect, shop, NEW, folder=tmp_path, dry_run=True)
    assert await state(connect) == before
    assert said == await take(connect, shop, NEW, folder=tmp_path)


async def test_stock_is_never_less_than_what_is_promised(connect, shop, tmp_path) -> None:
    await take(connect, shop, "sku,name,price,stock\nTEA,Tea,5,10\n", folder=tmp_path)
    async with connect() as tx:
        me = await shop.person(tx)
        await shop.paid(tx, me, await shop.at(tx).variant_of_sku("TEA"), 4)
    report = await take(connect, shop, "sku,stock\nTEA,3\n", folder=tmp_path)
    assert [(one.why, one.given) for one in report.problems] == [("promised", "4")]
    assert (await take(connect, shop, "sku,stock\nTEA,4\n", folder=tmp_path)).put.changed == 1
    async with connect() as tx:
        with pytest.raises(OnlyLeft):
            await shop.order(tx, me, await shop.at(tx).variant_of_sku("TEA"))


async def test_a_file_of_two_batches_is_one_file(connect, shop, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("services.shopping.sheets.importing.BATCH", 2)
    for dry_run in (True, False):
        report = await take(connect, shop, NEW, folder=tmp_path, dry_run=dry_run)
        assert (report.put.added, len(report.problems)) == (4, 3)


async def test_another_shops_products_are_not_touched(connect, shop, tmp_path) -> None:
    await take(connect, shop, "sku,name,price\nTEA,Tea,5\n", folder=tmp_path)
    async with connect() as tx:
        other, _ = await shop.open_business(tx, "other")
    mine, shop.business = shop.business, other
    report = await take(connect, shop, "sku,name,price\nTEA,Other tea,7\n", folder=tmp_path)
    assert report.put.added == 1
    async with connect() as tx:
        names = select(ProductRow.name).where(ProductRow.business_id == mine)
        assert await tx.scalars(names) == ["Tea"]


# -- there and back -----------------------------------------------------------------------

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))
    | st.sampled_from("=+-@'\n\t;,|\""),
    max_size=30,
)
NAMES = WORDS.filter(lambda words: words.strip() != "")
PRICES = st.integers(0, 10**9)


@st.composite
def products(draw: st.DrawFn, place: int) -> NewProduct:
    sku = f"P{place}"
    price = draw(PRICES)
    titles = draw(st.lists(WORDS, min_size=1, max_size=3, unique_by=str.strip))
    variants = tuple(
        NewVariant(f"{sku}-{n}", draw(st.integers(0, 10_000)), title, draw(st.none() | PRICES))
        for n, title in enumerate(titles)
    )
    return NewProduct(
        sku=sku,
        slug=sku,
        name=draw(NAMES),
        price=price,
        compare_at_price=draw(st.none() | st.just(price + 100)),
        variants=variants,
        description=draw(st.none() | WORDS),
        short_description=draw(st.none() | WORDS),
        tags=tuple(draw(st.lists(WORDS, max_size=2, unique=True))),
        is_featured=draw(st.booleans()),
        low_stock_threshold=draw(st.integers(0, 9)),
    )


SHOPS = st.integers(1, 3).flatmap(lambda count: st.tuples(*(products(n) for n in range(count))))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(goods=SHOPS)
def test_what_is_exported_changes_nothing_when_imported(
    database_url, tmp_path_factory, ending, goods
) -> None:
    import asyncio

    path = tmp_path_factory.mktemp("export") / f"goods.{ending}"
    asyncio.run(_there_and_back(database_url, path, goods))


async def _there_and_back(url: str, path: Path, goods: tuple[NewProduct, ...]) -> None:
    from bot.database.connections import connect as open_database

    database = await open_database(url, connections=2)
    try:
        async with database.transaction() as tx:
            await tx.connection.exec_driver_sql("DELETE FROM products")
            shop = await _town(tx)
            for one in goods:
                await shop.at(tx).put_product(shop.business, None, one)
        begin = database.transaction
        count = await export_products(begin, shop.business, "KES", path)
        before = await state(begin)
        assert count == len(before)
        report = await Importer(begin, shop.at, shop.business, "KES").take(path)
        assert (report.problems, report.ended) == ((), None)
        assert (report.put.unchanged, await state(begin)) == (count, before)
    finally:
        await database.close()


async def _town(tx: Transaction) -> Town:
    from services.businesses.tables import BusinessRow

    town = Town()
    found = await tx.scalar(select(func.min(BusinessRow.id)))
    town.business = found or (await town.open_business(tx, "corner"))[0]
    return town


async def test_an_export_fills_another_shop_alike(connect, shop, tmp_path) -> None:
    await take(connect, shop, NEW, folder=tmp_path)
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    await export_products(connect, shop.business, "KES", first)
    async with connect() as tx:
        shop.business, _ = await shop.open_business(tx, "other")
    assert (await take(connect, shop, first)).put.added == 4
    await export_products(connect, shop.business, "KES", second)
    assert first.read_text() == second.read_text()
