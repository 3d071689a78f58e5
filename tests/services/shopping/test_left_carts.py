"""A cart that was left: when it may be reminded of, once, and what is counted anew."""

import asyncio
from datetime import datetime, timedelta

import pytest

from services.ground.errors import NotFound
from services.ground.transaction import Transaction
from services.shopping.facts import CartWaits
from services.shopping.reminding import WAITS
from tests.services.shopping.conftest import Town


def awaited(town: Town, person: int) -> datetime | None:
    """When the timer of somebody's cart goes off."""
    _fact, at = town.told.later.get(CartWaits(user_id=person).key(), (None, None))
    return at


@pytest.fixture
async def flour(tx: Transaction, town: Town) -> int:
    return await town.goods(tx, "FLOUR", left=40)


async def test_every_change_counts_from_then(tx: Transaction, town: Town, flour: int) -> None:
    person = await town.person(tx)
    await town.at(tx).add_to_cart(person, flour)
    assert awaited(town, person) == town.now + WAITS
    town.later(hours=3)
    await town.at(tx).set_quantity(person, flour, 2)
    assert awaited(town, person) == town.now + WAITS
    assert await town.at(tx).reminder_due(person) == town.now + WAITS


@pytest.mark.parametrize("how", ["clear", "remove"])
async def test_an_empty_cart_is_not_waited_for(
    tx: Transaction, town: Town, flour: int, how: str
) -> None:
    person = await town.person(tx)
    shop = town.at(tx)
    await shop.add_to_cart(person, flour)
    await (shop.clear(person) if how == "clear" else shop.remove(person, flour))
    assert awaited(town, person) is None
    assert await shop.reminder_due(person) is None


async def test_once_until_it_is_empty_again(tx: Transaction, town: Town, flour: int) -> None:
    person = await town.person(tx)
    await town.at(tx).add_to_cart(person, flour)
    assert [await town.at(tx).take_reminder(person) for _ in range(2)] == [True, False]
    await town.at(tx).add_to_cart(person, flour)
    assert await town.at(tx).reminder_due(person) is None
    await town.at(tx).clear(person)
    await town.at(tx).add_to_cart(person, flour)
    assert await town.at(tx).reminder_due(person) == town.now + WAITS


async def test_two_at_once_give_one_reminder(connect, busy_town) -> None:
    async with connect() as tx:
        person = await busy_town.person(tx)
        flour = await busy_town.goods(tx, "FLOUR", left=40)
        await busy_town.at(tx).add_to_cart(person, flour)

    async def take() -> bool:
        async with connect() as tx:
            taken: bool = await busy_town.at(tx).take_reminder(person)
            return taken

    assert sorted(await asyncio.gather(take(), take())) == [False, True]


async def test_what_stays_after_an_order_is_another_cart(
    tx: Transaction, town: Town, flour: int
) -> None:
    person, rice = await town.person(tx), await town.goods(tx, "RICE", left=9)
    order = await town.order(tx, person, flour)
    await town.at(tx).take_reminder(person)
    await town.at(tx).add_to_cart(person, rice)
    assert await town.at(tx).reminder_due(person) is None
    town.later(minutes=5)
    await town.settle(tx, order)
    assert await town.at(tx).reminder_due(person) == town.now + WAITS
    assert awaited(town, person) == town.now + WAITS


async def test_while_an_order_of_it_is_being_paid_it_is_later(
    tx: Transaction, town: Town, flour: int
) -> None:
    person = await town.person(tx)
    order = await town.order(tx, person, flour)
    assert order.reserved_until is not None
    assert await town.at(tx).reminder_due(person) == order.reserved_until + WAITS
    town.later(hours=5)  # and still it is not settled
    assert await town.at(tx).reminder_due(person) == town.now + WAITS
    await town.at(tx).payment_expired(order.id)
    assert await town.at(tx).reminder_due(person) == order.created_at + WAITS


async def test_what_was_ordered_is_not_waited_for(tx: Transaction, town: Town, flour: int) -> None:
    person = await town.person(tx)
    await town.order(tx, person, flour, method="cash")
    assert awaited(town, person) is None


async def test_members_count_the_carts_their_goods_lie_in(
    tx: Transaction, town: Town, flour: int
) -> None:
    other, owner = await town.open_business(tx, "other")
    rice = await town.goods(tx, "RICE", left=9)
    for _ in range(2):
        person = await town.person(tx)
        await town.at(tx).add_to_cart(person, flour)
        await town.at(tx).add_to_cart(person, rice)
    assert await town.at(tx).carts_waiting(town.owner, town.business) == 0
    town.now += WAITS - timedelta(seconds=1)
    await town.at(tx).add_to_cart(await town.person(tx), flour)
    assert await town.at(tx).carts_waiting(town.owner, town.business) == 0
    town.later(seconds=1)
    assert await town.at(tx).carts_waiting(town.owner, town.business) == 2
    assert await town.at(tx).carts_waiting(owner, other) == 0
    with pytest.raises(NotFound):
        await town.at(tx).carts_waiting(owner, town.business)
