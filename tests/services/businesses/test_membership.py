"""Who is asked, joins, changes and goes; and what two do at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from services.businesses import Businesses
from services.businesses.errors import (
    AlreadyMember,
    LastOwner,
    NotInvited,
    NotPermitted,
    TooManyInvited,
)
from services.businesses.membership import MOST_INVITED
from services.ground.errors import NotFound
from services.ground.people import User
from services.ground.transaction import Transaction
from tests.services.businesses.conftest import Street


async def test_an_invitation_is_for_one_person_and_a_week(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    agent, stranger = await street.person(tx), await street.person(tx)
    await street.at(tx).invite(shop.id, agent, "agent", by=owner)
    assert [one.user_id for one in await street.at(tx).invitations(shop.id, owner)] == [agent]
    assert street.told.tags(agent) == ["business-invited"]
    with pytest.raises(NotInvited):
        await street.at(tx).accept(shop.id, stranger)
    street.later(days=7)
    with pytest.raises(NotInvited):
        await street.at(tx).accept(shop.id, agent)
    assert await street.at(tx).invitations(shop.id, owner) == []
    await street.at(tx).invite(shop.id, agent, "manager", by=owner)
    assert (await street.at(tx).accept(shop.id, agent)).role == "manager"
    assert (await street.at(tx).accept(shop.id, agent)).role == "manager"
    assert street.told.tags(owner) == ["business-invitation-answered"]
    with pytest.raises(AlreadyMember):
        await street.at(tx).invite(shop.id, agent, "agent", by=owner)


async def test_declined_and_withdrawn_invitations_are_over(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    one, two = await street.person(tx), await street.person(tx)
    await street.at(tx).invite(shop.id, one, "agent", by=owner)
    await street.at(tx).decline(shop.id, one)
    await street.at(tx).invite(shop.id, two, "agent", by=owner)
    await street.at(tx).withdraw(shop.id, two, by=owner)
    for person in (one, two):
        with pytest.raises(NotInvited):
            await street.at(tx).accept(shop.id, person)
    with pytest.raises(NotInvited):
        await street.at(tx).withdraw(shop.id, one, by=owner)
    told = [one.what for one in await street.at(tx).history(shop.id)]
    assert told == ["registered", "invited", "declined", "invited", "withdrawn"]


async def test_somebody_who_is_taken_out_belongs_no_more(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    agent = await street.joined(tx, shop, owner, "agent")
    member = select(User.is_member).where(User.id == agent)
    assert await tx.scalar(member)
    await street.at(tx).remove(shop.id, agent, by=owner)
    assert not await tx.scalar(member)
    assert street.told.tags(agent)[-1] == "business-removed"
    with pytest.raises(NotFound):
        await street.at(tx).require_member(agent, shop.id)


async def test_a_member_of_two_is_still_a_member(tx: Transaction, street: Street) -> None:
    here, owner = await street.shop(tx)
    there, other = await street.shop(tx)
    agent = await street.joined(tx, here, owner, "agent")
    await street.at(tx).invite(there.id, agent, "agent", by=other)
    await street.at(tx).accept(there.id, agent)
    await street.at(tx).leave(here.id, agent)
    assert await tx.scalar(select(User.is_member).where(User.id == agent))


async def test_the_last_owner_stays(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    second = await street.joined(tx, shop, owner, "manager")
    businesses = street.at(tx)
    for attempt in (
        businesses.leave(shop.id, owner),
        businesses.remove(shop.id, owner, by=owner),
        businesses.change_role(shop.id, owner, "agent", by=owner),
    ):
        with pytest.raises(LastOwner):
            await attempt
    await businesses.change_role(shop.id, second, "owner", by=owner)
    await businesses.leave(shop.id, owner)
    assert [one.user_id for one in await businesses.members(shop.id)] == [second]


@pytest.mark.parametrize("role", ["manager", "agent"])
async def test_only_owners_decide_who_belongs(tx: Transaction, street: Street, role: str) -> None:
    shop, owner = await street.shop(tx)
    member = await street.joined(tx, shop, owner, role)
    somebody, businesses = await street.person(tx), street.at(tx)
    attempts = (
        businesses.invite(shop.id, somebody, "agent", by=member),
        businesses.invitations(shop.id, member),
        businesses.withdraw(shop.id, somebody, by=member),
        businesses.change_role(shop.id, member, "owner", by=member),
        businesses.remove(shop.id, owner, by=member),
        businesses.add_member(shop.id, somebody, "agent", [], by=member),
    )
    for attempt in attempts:
        with pytest.raises(NotPermitted):
            await attempt


async def test_nobody_asks_a_whole_town(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    for _ in range(MOST_INVITED):
        await street.at(tx).invite(shop.id, await street.person(tx), "agent", by=owner)
    with pytest.raises(TooManyInvited):
        await street.at(tx).invite(shop.id, await street.person(tx), "agent", by=owner)


# -- at the same moment ----------------------------------------------------------------

Do = Callable[[Businesses], Awaitable[object]]


async def at_once(connect, street: Street, *verbs: Do) -> list[object]:
    """Each on a connection of its own; what it answered, or the error it ended in."""

    async def one(verb: Do) -> object:
        async with connect() as tx:
            return await verb(street.at(tx))

    return list(await asyncio.gather(*map(one, verbs), return_exceptions=True))


async def test_two_invitations_of_one_person_are_one(connect, street: Street) -> None:
    async with connect() as tx:
        shop, owner = await street.shop(tx)
        person = await street.person(tx)
    invite: Do = lambda do: do.invite(shop.id, person, "agent", by=owner)  # noqa: E731
    assert not any(
        isinstance(one, Exception) for one in await at_once(connect, street, *[invite] * 4)
    )
    async with connect() as tx:
        assert len(await street.at(tx).invitations(shop.id, owner)) == 1


async def test_two_acceptances_are_one_joining(connect, street: Street) -> None:
    async with connect() as tx:
        shop, owner = await street.shop(tx)
        person = await street.person(tx)
        await street.at(tx).invite(shop.id, person, "agent", by=owner)
    accept: Do = lambda do: do.accept(shop.id, person)  # noqa: E731
    assert not any(
        isinstance(one, Exception) for one in await at_once(connect, street, *[accept] * 4)
    )
    async with connect() as tx:
        told = [one.what for one in await street.at(tx).history(shop.id)]
    assert told.count("joined") == 1


async def test_accepting_and_withdrawing_end_in_one_of_them(connect, street: Street) -> None:
    async with connect() as tx:
        shop, owner = await street.shop(tx)
        person = await street.person(tx)
        await street.at(tx).invite(shop.id, person, "agent", by=owner)
    ended = await at_once(
        connect,
        street,
        lambda do: do.accept(shop.id, person),
        lambda do: do.withdraw(shop.id, person, by=owner),
    )
    assert sum(isinstance(one, NotInvited) for one in ended) == 1


async def test_two_owners_who_leave_at_once_leave_one(connect, street: Street) -> None:
    async with connect() as tx:
        shop, owner = await street.shop(tx)
        second = await street.joined(tx, shop, owner, "owner")
    ended = await at_once(
        connect,
        street,
        lambda do: do.leave(shop.id, owner),
        lambda do: do.leave(shop.id, second),
    )
    assert sum(isinstance(one, LastOwner) for one in ended) == 1
    async with connect() as tx:
        assert [one.role for one in await street.at(tx).members(shop.id)] == ["owner"]
