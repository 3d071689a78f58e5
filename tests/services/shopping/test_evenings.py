"""What a member reads in the evening, and when they do not."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from services.businesses import DAILY, Businesses
from services.businesses.facts import DaySummary
from services.ground.errors import NotFound
from services.ground.money import Money
from services.ground.transaction import Transaction
from services.payments.facts import ProofWaits
from services.shopping import Evening
from services.shopping.proving import PATIENCE
from tests.services.shopping.conftest import MONDAY, Town


async def evening(tx: Transaction, town: Town) -> Evening:
    return await town.at(tx).evening(town.owner, town.business, MONDAY)


async def test_a_day_without_anything_is_quiet(tx: Transaction, town: Town) -> None:
    await town.goods(tx, "RICE", left=0)
    seen = await evening(tx, town)
    assert seen.is_quiet
    assert [(one.name, one.left) for one in seen.low] == [("RICE", 0)]


async def test_what_came_and_what_waits(tx: Transaction, town: Town) -> None:
    flour = await town.goods(tx, "FLOUR", left=40)
    other, _owner = await town.open_business(tx, "other")
    await town.paid(tx, await town.person(tx), await town.goods(tx, "TEA", left=9, business=other))
    assert (await evening(tx, town)).is_quiet
    await town.paid(tx, await town.person(tx), flour, 2)
    seen = await evening(tx, town)
    assert not seen.is_quiet
    assert (seen.day.ordered, seen.day.to_do) == (1, 1)
    assert seen.day.takings == Money(200_00, "KES")
    assert (seen.transfers, seen.reviews, seen.low) == (0, 0, ())


async def test_only_the_emptiest_shelves_are_named(tx: Transaction, town: Town) -> None:
    for left in range(8):
        await town.goods(tx, f"GOODS-{left}", left=left)
    await tx.execute(text("UPDATE products SET is_active = false WHERE sku = 'GOODS-0'"))
    assert [one.left for one in (await evening(tx, town)).low] == [1, 2, 3, 4, 5]


async def test_it_is_not_for_others(tx: Transaction, town: Town) -> None:
    with pytest.raises(NotFound):
        await town.at(tx).evening(await town.person(tx), town.business, MONDAY)


# -- photos of transfers ------------------------------------------------------------------


async def transfer(tx: Transaction, town: Town) -> tuple[int, int]:
    """An order by transfer: (person, order id)."""
    await tx.execute(text("UPDATE shops SET transfer_to = 'Mfano Bank'"))
    person = await town.person(tx)
    variant = await town.goods(tx, "FLOUR", left=40)
    order = await town.order(tx, person, variant, method="manual")
    return person, order.id


async def test_a_photo_that_waits_is_said_again_later(tx: Transaction, town: Town) -> None:
    person, order = await transfer(tx, town)
    assert (await evening(tx, town)).transfers == 0
    first = await town.at(tx).prove(order, person, "photos/1.jpg")
    assert (await evening(tx, town)).transfers == 1
    fact, at = town.told.later[ProofWaits(user_id=town.owner, proof_id=first.id).key()]
    assert (fact.user_id, at) == (town.owner, town.now + PATIENCE)
    await town.at(tx).prove(order, person, "photos/2.jpg")
    assert (await evening(tx, town)).transfers == 1  # the newer one has taken its place


async def test_a_photo_of_an_order_that_was_called_off_waits_too(
    tx: Transaction, town: Town
) -> None:
    person, order = await transfer(tx, town)
    proof = await town.at(tx).prove(order, person, "photos/1.jpg")
    await town.at(tx).cancel(order, person, "customer")
    assert (await evening(tx, town)).transfers == 1
    await town.at(tx).confirm_transfer(proof.id, town.owner)
    assert (await evening(tx, town)).transfers == 0


# -- every evening ------------------------------------------------------------------------


async def test_who_wants_it_is_told_every_evening_until_they_do_not(
    tx: Transaction, town: Town
) -> None:
    fact = DaySummary(user_id=town.owner, business_id=town.business)
    businesses = town.businesses(tx)
    before = (await businesses.require_member(town.owner, town.business)).wants
    await businesses.want(town.business, town.owner, [*before, DAILY])
    recurrence = town.told.again[fact.key()]
    first = recurrence.after(town.now)
    assert first is not None
    assert first.at == datetime(2026, 3, 2, 17, tzinfo=UTC)  # 20:00 in Nairobi
    await businesses.want(town.business, town.owner, before)
    assert town.told.again == {}


async def test_the_evening_stays_the_evening_when_the_clocks_change(
    tx: Transaction, town: Town
) -> None:
    await tx.execute(text("UPDATE businesses SET time_zone = 'Europe/Lisbon'"))
    saturday = datetime(2026, 10, 24, 12, tzinfo=UTC)
    businesses = Businesses(tx=tx, now=saturday, facts=town.told)
    await businesses.want(town.business, town.owner, [DAILY])
    [recurrence] = town.told.again.values()
    at, evenings = saturday, []
    for _ in range(3):
        found = recurrence.after(at)
        assert found is not None
        evenings.append(found.at)
        at, recurrence = found.at, recurrence.moved_to(found)
    assert [one.astimezone(ZoneInfo("Europe/Lisbon")).hour for one in evenings] == [20, 20, 20]
    assert [one.hour for one in evenings] == [19, 20, 20]
