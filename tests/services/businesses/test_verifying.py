"""Registered, papers in, approved or refused: every decision with who and why."""

import pytest

from services.businesses.errors import NothingToDecide, NotPermitted, TooManyPapers
from services.businesses.facts import SentFile
from services.businesses.verifying import MOST_PAPERS
from services.ground.errors import NotFound
from services.ground.transaction import Transaction
from tests.services.businesses.conftest import Street

PERMIT = SentFile(key="aa.jpg", name="permit.jpg")


async def test_from_papers_to_the_list(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    businesses = street.at(tx)
    with pytest.raises(NothingToDecide):
        await businesses.approve(shop.slug, "op")
    assert (await businesses.hand_in(shop.id, owner, [PERMIT])).verification == "pending"
    await businesses.hand_in(shop.id, owner, [PERMIT])
    assert [paper.file_key for paper in await businesses.papers(shop.id)] == ["aa.jpg"]
    assert await businesses.paper_files() == ["aa.jpg"]
    await businesses.approve(shop.slug, "op")
    assert [one.slug for one in await businesses.listed()] == [shop.slug]
    assert street.told.tags(owner) == ["business-approved"]
    with pytest.raises(NothingToDecide):
        await businesses.approve(shop.slug, "op")


async def test_a_refusal_says_why_and_can_be_mended(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    businesses = street.at(tx)
    await businesses.hand_in(shop.id, owner, [PERMIT])
    await businesses.refuse(shop.slug, "op", "Too dark")
    assert await businesses.refusal(shop.id) == "Too dark"
    assert street.told.tags(owner) == ["business-refused"]
    better = SentFile(key="bb.pdf", name="permit.pdf")
    assert (await businesses.hand_in(shop.id, owner, [better])).verification == "pending"
    await businesses.approve(shop.slug, "op")
    await businesses.refuse(shop.slug, "op", "Complaints")
    assert await businesses.listed() == []
    told = [(one.what, one.operator, one.detail) for one in await businesses.history(shop.id)]
    assert told == [
        ("registered", None, None),
        ("papers", None, "1"),
        ("refused", "op", "Too dark"),
        ("papers", None, "1"),
        ("approved", "op", None),
        ("refused", "op", "Complaints"),
    ]


async def test_only_owners_hand_in_papers_and_not_without_end(
    tx: Transaction, street: Street
) -> None:
    shop, owner = await street.shop(tx)
    manager = await street.joined(tx, shop, owner, "manager")
    with pytest.raises(NotPermitted):
        await street.at(tx).hand_in(shop.id, manager, [PERMIT])
    many = [SentFile(key=f"{n}.jpg") for n in range(MOST_PAPERS)]
    await street.at(tx).hand_in(shop.id, owner, many)
    with pytest.raises(TooManyPapers):
        await street.at(tx).hand_in(shop.id, owner, [PERMIT])


async def test_those_that_wait_come_first(tx: Transaction, street: Street) -> None:
    await street.shop(tx, "First")
    waits, owner = await street.shop(tx, "Second")
    await street.at(tx).hand_in(waits.id, owner, [PERMIT])
    assert [one.slug for one in await street.at(tx).registered()] == ["second", "first"]
    with pytest.raises(NotFound):
        await street.at(tx).approve("third", "op")
