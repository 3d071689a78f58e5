"""Businesses and their people: who may see what, and who is told."""

import pytest
from sqlalchemy import insert

from services.businesses import Businesses
from services.businesses.errors import AlreadyMember
from services.ground.errors import NotFound
from services.ground.people import User
from services.ground.transaction import Transaction
from tests.services.businesses.conftest import NOW
from tests.services.told import Told


@pytest.fixture
def businesses(tx: Transaction) -> Businesses:
    return Businesses(tx=tx, now=NOW, facts=Told())


async def person(tx: Transaction) -> int:
    return int(await tx.scalar(insert(User).values(name="Somebody").returning(User.id)))


async def register(businesses: Businesses, owner: int, slug: str = "corner"):
    return await businesses.register(
        owner_id=owner,
        slug=slug,
        name=slug.title(),
        country="KE",
        currency="KES",
        time_zone="Africa/Nairobi",
        languages=["en", "sw"],
    )


async def test_registering_again_is_the_same_business(tx, businesses) -> None:
    owner = await person(tx)
    first = await register(businesses, owner)
    assert await register(businesses, owner) == first
    assert (first.currency, first.languages, first.verification) == (
        "KES",
        ("en", "sw"),
        "unverified",
    )
    assert await businesses.business_of(owner) == [first]
    assert [member.role for member in await businesses.members(first.id)] == ["owner"]


async def test_a_taken_name_is_not_handed_to_somebody_else(tx, businesses) -> None:
    await register(businesses, await person(tx))
    with pytest.raises(NotFound):
        await register(businesses, await person(tx))


async def test_only_approved_businesses_are_listed(tx, businesses) -> None:
    await register(businesses, await person(tx))
    assert await businesses.listed() == []
    shown = await businesses.register(
        owner_id=await person(tx),
        slug="shown",
        name="Shown",
        country="KE",
        currency="KES",
        time_zone="Africa/Nairobi",
        verification="approved",
    )
    assert await businesses.listed("shop") == [shown]
    assert await businesses.listed("clinic") == []


async def test_an_invited_person_belongs_once_they_accept(tx, businesses) -> None:
    owner, agent = await person(tx), await person(tx)
    shop = await register(businesses, owner)
    await businesses.invite(shop.id, agent, "agent", by=owner)
    with pytest.raises(NotFound):
        await businesses.require_member(agent, shop.id)
    assert await businesses.members_to_tell(shop.id, "orders") == [owner]
    await businesses.accept(shop.id, agent)
    assert (await businesses.accept(shop.id, agent)).role == "agent"
    assert await businesses.members_to_tell(shop.id, "orders") == [owner, agent]


async def test_inviting_again_does_not_undo_belonging(tx, businesses) -> None:
    owner, agent = await person(tx), await person(tx)
    shop = await register(businesses, owner)
    await businesses.invite(shop.id, agent, "agent", by=owner)
    await businesses.accept(shop.id, agent)
    with pytest.raises(AlreadyMember):
        await businesses.invite(shop.id, agent, "manager", by=owner)
    assert (await businesses.require_member(agent, shop.id)).role == "agent"


async def test_nobody_accepts_what_was_not_offered(tx, businesses) -> None:
    shop = await register(businesses, await person(tx))
    with pytest.raises(NotFound):
        await businesses.accept(shop.id, await person(tx))


async def test_members_hear_of_what_they_want(tx, businesses) -> None:
    owner, agent = await person(tx), await person(tx)
    shop = await register(businesses, owner)
    await businesses.add_member(shop.id, agent, "agent", ["stock"], by=owner)
    assert await businesses.members_to_tell(shop.id, "stock") == [owner, agent]
    assert await businesses.members_to_tell(shop.id, "orders") == [owner]
    await businesses.want(shop.id, owner, [])
    assert await businesses.members_to_tell(shop.id, "orders") == []


async def test_two_businesses_do_not_see_each_other(tx, businesses) -> None:
    one, two = await person(tx), await person(tx)
    here, there = await register(businesses, one, "here"), await register(businesses, two, "there")
    assert await businesses.business_of(one) == [here]
    attempts = (
        businesses.require_member(one, there.id),
        businesses.invite(there.id, one, "owner", by=one),
        businesses.add_member(there.id, one, "owner", [], by=one),
        businesses.want(there.id, one, []),
    )
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt
    assert await businesses.business_of(one) == [here]
    with pytest.raises(NotFound):
        await businesses.get(there.id + here.id + 1)
