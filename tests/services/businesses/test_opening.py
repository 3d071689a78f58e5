"""A shop is opened from a draft, under a name in its address that nobody else has."""

import asyncio

import pytest

from services.businesses import Draft
from services.businesses.errors import TooManyShops
from services.businesses.opening import MOST_UNAPPROVED, slug_of
from services.businesses.places import country_named, place_in, place_of
from services.ground.errors import NotFound
from services.ground.transaction import Transaction
from tests.services.businesses.conftest import Street, answered


async def test_a_draft_is_kept_until_it_is_used(tx: Transaction, street: Street) -> None:
    owner, businesses = await street.person(tx), street.at(tx)
    assert await businesses.draft(owner) is None
    await businesses.keep_draft(owner, Draft(name="Corner"))
    await businesses.keep_draft(owner, answered("Corner shop"))
    assert await businesses.draft(owner) == answered("Corner shop")
    shop = await businesses.open(owner)
    assert (shop.slug, shop.verification, shop.currency) == ("corner-shop", "unverified", "KES")
    assert await businesses.draft(owner) is None
    with pytest.raises(NotFound):
        await businesses.open(owner)
    assert [one.role for one in await businesses.members(shop.id)] == ["owner"]
    assert [one.what for one in await businesses.history(shop.id)] == ["registered"]
    assert await businesses.listed() == []


async def test_half_a_draft_makes_no_shop(tx: Transaction, street: Street) -> None:
    owner = await street.person(tx)
    await street.at(tx).keep_draft(owner, Draft(name="Corner"))
    with pytest.raises(NotFound):
        await street.at(tx).open(owner)


async def test_the_same_name_again_gets_a_number(tx: Transaction, street: Street) -> None:
    slugs = [(await street.shop(tx, "Mama Mboga"))[0].slug for _ in range(3)]
    assert slugs == ["mama-mboga", "mama-mboga-2", "mama-mboga-3"]


async def test_nobody_opens_shop_after_shop(tx: Transaction, street: Street) -> None:
    owner, businesses = await street.person(tx), street.at(tx)
    for _ in range(MOST_UNAPPROVED):
        await businesses.keep_draft(owner, answered("Corner"))
        await businesses.open(owner)
    await businesses.keep_draft(owner, answered("Corner"))
    with pytest.raises(TooManyShops):
        await businesses.open(owner)
    assert await businesses.draft(owner) is not None


async def test_ten_open_a_shop_of_one_name_at_once(connect, street: Street) -> None:
    async def opened() -> str:
        async with connect() as tx:
            return (await street.shop(tx, "Duka"))[0].slug

    slugs = await asyncio.gather(*(opened() for _ in range(10)))
    assert sorted(slugs) == sorted(["duka", *(f"duka-{n}" for n in range(2, 11))])


async def test_one_draft_makes_one_shop(connect, street: Street) -> None:
    async with connect() as tx:
        owner = await street.person(tx)
        await street.at(tx).keep_draft(owner, answered("Corner"))

    async def opened() -> bool:
        try:
            async with connect() as tx:
                await street.at(tx).open(owner)
        except NotFound:
            return False
        return True

    assert sum(await asyncio.gather(*(opened() for _ in range(5)))) == 1


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Mama Mboga & Sons", "mama-mboga-sons"),
        ("  Café Zoé!  ", "cafe-zoe"),
        ("नमूना", "shop"),
        ("x" * 80, "x" * 56),
    ],
)
def test_a_name_in_an_address(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_a_number_says_where_it_is_from() -> None:
    kenya, states = place_of("+254700000001"), place_of("+12025550102")
    assert kenya is not None
    assert (kenya.country, kenya.currency, kenya.time_zone) == ("KE", "KES", "Africa/Nairobi")
    assert states is not None
    assert (states.country, states.currency) == ("US", "USD")
    assert place_of("not a number") is None
    assert place_in("XX") is None


def test_a_country_by_its_name() -> None:
    assert country_named("kenya", ("en", "sw")) == "KE"
    assert country_named("Tanzania", ("en", "sw")) == "TZ"
    assert country_named("Atlantis", ("en", "sw")) is None
