"""A member's own products: whose they are, what is refused; files taken once, after the turn."""

import asyncio
from collections.abc import Collection
from datetime import datetime

import pytest

from services.businesses import Businesses
from services.ground.errors import NotFound
from services.ground.files import NoSuchFile
from services.shopping.facts import ProductsImported
from services.shopping.sheets import Unusable
from services.shopping.sheets.job import ImportJob


async def test_a_member_finds_a_product_however_the_sku_is_written(tx, town) -> None:
    await town.goods(tx, "SHIRT-1", left=3, name="Shirt")
    shop = town.at(tx)
    for sku in ("SHIRT-1", "shirt-1", "Shirt-1"):
        own = await shop.own(town.owner, sku)
        assert (own.sku, own.name, own.stock, own.promised) == ("SHIRT-1", "Shirt", 3, 0)


async def test_somebody_elses_product_is_not_there(tx, town) -> None:
    await town.goods(tx, "SHIRT", left=3)
    _, stranger = await town.open_business(tx, "other")
    shop = town.at(tx)
    for attempt in (
        shop.own(stranger, "SHIRT"),
        shop.change(stranger, town.business, "SHIRT", price=1),
        shop.add(stranger, town.business, "Thing", 1, 1, ""),
        shop.expect_file(stranger, 5, "en", town.business),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_a_change_is_there_at_once_and_a_wrong_one_changes_nothing(tx, town) -> None:
    variant = await town.goods(tx, "SHIRT", left=3)
    shop = town.at(tx)
    assert (await shop.change(town.owner, town.business, "SHIRT", price=5_00)).price.amount == 5_00
    await town.paid(tx, await town.person(tx), variant, 2)
    with pytest.raises(Unusable):
        await shop.change(town.owner, town.business, "SHIRT", stock=1)
    assert (await shop.own(town.owner, "SHIRT")).stock == 3
    hidden = await shop.change(town.owner, town.business, "SHIRT", active=False)
    assert not hidden.is_shown
    assert (await shop.search("shirt", town.business)).items == ()


async def test_new_products_of_one_name_have_skus_of_their_own(tx, town) -> None:
    shop = town.at(tx)
    made = [await shop.add(town.owner, town.business, "Café tea", 1_00, 2, "") for _ in range(3)]
    assert [one.sku for one in made] == ["CAFE-TEA", "CAFE-TEA-2", "CAFE-TEA-3"]


class Drawer:
    """The files port, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, content: bytes, extension: str) -> str:
        key = f"{len(self.kept)}.{extension}"
        self.kept[key] = content
        return key

    async def get(self, key: str) -> bytes:
        if key not in self.kept:
            raise NoSuchFile(key)
        return self.kept[key]

    async def erase_before(self, moment: datetime, keep: Collection[str] = ()) -> None:
        self.kept = {key: content for key, content in self.kept.items() if key in keep}


def job(connect, town, files: Drawer) -> ImportJob:
    def draw(problems, language: str) -> bytes:
        return "\n".join(one.sku for one in problems).encode()

    return ImportJob(connect, town.at, files, draw, town.told, lambda: town.now)


def told(town) -> list[ProductsImported]:
    return [fact for fact in town.told.facts.values() if isinstance(fact, ProductsImported)]


async def test_a_file_is_taken_once_by_however_many(connect, busy_town) -> None:
    town, files = busy_town, Drawer()
    key = await files.put(b"sku,name,price\nA,a,1\nB,,1\nC,,1\nD,,1\nE,,1\n", "txt")
    async with connect() as tx:
        await town.at(tx).expect_file(town.owner, 7, "en", town.business)
        assert await town.at(tx).file_came(town.owner, 7, key)
    await asyncio.gather(*(job(connect, town, files).step() for _ in range(4)))
    (fact,) = told(town)
    assert (fact.added, fact.refused, len(fact.first)) == (1, 4, 3)
    assert files.kept[fact.report_key or ""] == b"B\nC\nD\nE"
    town.later(hours=1)
    assert await job(connect, town, files).step() == 0


async def test_a_file_waits_for_whose_it_is(connect, busy_town) -> None:
    town, files = busy_town, Drawer()
    key = await files.put(b"sku,name,price\nA,a,1\n", "txt")
    async with connect() as tx:
        await town.at(tx).expect_file(town.owner, 7, "en", None)
        assert await town.at(tx).file_came(town.owner, 7, key)
        assert not await town.at(tx).file_came(town.owner, 8, key)
    assert await job(connect, town, files).step() == 0
    async with connect() as tx:
        await town.at(tx).say_whose(town.owner, 7, town.business)
    assert await job(connect, town, files).step() == 1
    assert [fact.added for fact in told(town)] == [1]


async def test_what_fails_is_tried_again_and_then_given_up(connect, busy_town) -> None:
    town = busy_town
    async with connect() as tx:
        await town.at(tx).expect_file(town.owner, 7, "en", town.business)
        await town.at(tx).file_came(town.owner, 7, "gone.txt")
    tries = 0
    for _ in range(20):
        tries += await job(connect, town, Drawer()).step()
        town.later(days=1)
    assert tries == 5
    assert [fact.ended for fact in told(town)] == [("failed", "", 0)]


async def test_a_member_who_left_takes_no_file_in(connect, busy_town) -> None:
    town, files = busy_town, Drawer()
    key = await files.put(b"sku,name,price\nA,a,1\n", "txt")
    async with connect() as tx:
        clerk = await town.person(tx)
        people = Businesses(tx=tx, now=town.now, facts=town.told)
        await people.add_member(town.business, clerk, "manager", (), by=town.owner)
        await town.at(tx).expect_file(clerk, 7, "en", town.business)
        await town.at(tx).file_came(clerk, 7, key)
        await tx.connection.exec_driver_sql(
            f"UPDATE business_members SET left_at = now() WHERE user_id = {clerk}"
        )
    await job(connect, town, files).step()
    async with connect() as tx:
        with pytest.raises(NotFound):
            await town.at(tx).own(town.owner, "A")
