"""Many at once, each on a connection of their own: the database lets one through."""

import asyncio
import random

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.shopping import CannotFulfil, Choice, OnlyLeft, Order, SoldOut
from services.shopping.stock import reserve
from services.shopping.tables import OrderRow, StockRow

STRIPE = Choice(zone_id=None, address_id=None, method="stripe")
CASH = Choice(zone_id=None, address_id=None, method="cash")


async def crowd(town, connect, people: int, sku: str, left: int) -> tuple[int, dict[int, int]]:
    """So many people, each with one `sku` in the cart: (variant, cart version by person)."""
    async with connect() as tx:
        variant = await town.goods(tx, sku, left=left)
        carts = {}
        for _ in range(people):
            person = await town.person(tx)
            carts[person] = (await town.at(tx).add_to_cart(person, variant)).version
    return variant, carts


async def try_checkout(town, connect, person: int, version: int, choice: Choice):
    try:
        async with connect() as tx:
            return await town.at(tx).checkout(person, version, choice)
    except SoldOut as told:
        return told


@pytest.mark.parametrize("choice", [STRIPE, CASH], ids=["link", "cash"])
async def test_fifty_people_race_for_the_last_one(busy_town, connect, choice) -> None:
    town = busy_town
    _, carts = await crowd(town, connect, 50, "LAST", left=1)
    race = [try_checkout(town, connect, who, version, choice) for who, version in carts.items()]
    ends = await asyncio.gather(*race)
    assert sum(isinstance(end, Order) for end in ends) == 1
    losers = [end for end in ends if isinstance(end, SoldOut)]
    assert len(losers) == 49 and {loser.left for loser in losers} == {0}
    async with connect() as tx:
        assert await tx.scalar(select(func.count()).select_from(OrderRow)) == 1


async def test_the_same_checkout_ten_times_at_once_is_one_order(busy_town, connect) -> None:
    town = busy_town
    _, carts = await crowd(town, connect, 1, "TEA", left=50)
    ((person, version),) = carts.items()
    race = [try_checkout(town, connect, person, version, CASH) for _ in range(10)]
    assert len({end.id for end in await asyncio.gather(*race)}) == 1


async def test_the_same_payment_twenty_times_at_once_is_paid_once(busy_town, connect) -> None:
    town = busy_town
    variant, carts = await crowd(town, connect, 1, "TEA", left=50)
    ((person, version),) = carts.items()
    order = await try_checkout(town, connect, person, version, STRIPE)

    async def pay() -> Order | CannotFulfil:
        async with connect() as tx:
            end: Order | CannotFulfil = await town.at(tx).mark_paid(order.id)
            return end

    ends = await asyncio.gather(*(pay() for _ in range(20)))
    assert [end.status for end in ends if isinstance(end, Order)] == ["paid"] * 20
    async with connect() as tx:
        assert (
            await tx.scalar(select(StockRow.allocated).where(StockRow.variant_id == variant)) == 1
        )
    assert town.told.tags(town.owner).count("business-new-order") == 1


async def test_carts_in_opposite_order_do_not_lock_each_other_out(busy_town, connect) -> None:
    town = busy_town
    async with connect() as tx:
        goods = [await town.goods(tx, f"G{n}", left=100) for n in range(4)]
        carts = {}
        for turn in range(20):
            person = await town.person(tx)
            for variant in goods if turn % 2 else reversed(goods):
                carts[person] = (await town.at(tx).add_to_cart(person, variant)).version
    race = [try_checkout(town, connect, who, version, CASH) for who, version in carts.items()]
    assert all(isinstance(end, Order) for end in await asyncio.gather(*race))
    async with connect() as tx:
        assert set(await tx.scalars(select(StockRow.allocated))) == {20}


async def test_paying_while_the_sweeper_runs_ends_in_order_or_refund(busy_town, connect) -> None:
    town = busy_town
    _, carts = await crowd(town, connect, 10, "TEA", left=10)
    made = [
        await try_checkout(town, connect, who, version, STRIPE) for who, version in carts.items()
    ]
    town.later(minutes=36)

    async def sweep() -> None:
        async with connect() as tx:
            await town.at(tx).expire_unpaid_orders()
        async with connect() as tx:
            await town.at(tx).expire_reservations()

    async def pay(order: Order) -> Order | CannotFulfil:
        async with connect() as tx:
            end: Order | CannotFulfil = await town.at(tx).mark_paid(order.id)
            return end

    ends = await asyncio.gather(*(pay(order) for order in made), *(sweep() for _ in range(4)))
    assert [end.status for end in ends if isinstance(end, Order)] == ["paid"] * 10


async def test_the_database_itself_refuses_to_hold_more_than_there_is(busy_town, connect) -> None:
    town = busy_town
    variant, carts = await crowd(town, connect, 2, "LAST", left=1)
    (first, version), (second, _) = carts.items()
    order = await try_checkout(town, connect, first, version, STRIPE)
    with pytest.raises(DBAPIError, match="only 0 left"):
        async with connect() as tx:
            await reserve(tx, town.now, order.reserved_until, second, order.id, {variant: 1})
    with pytest.raises(IntegrityError, match="ck_stock_allocated"):
        async with connect() as tx:
            await tx.execute(update(StockRow).values(allocated=2))
    with pytest.raises(IntegrityError, match="ck_stock_"):
        async with connect() as tx:
            await tx.execute(update(StockRow).values(quantity=-1))


async def test_shoppers_and_sellers_at_once_keep_the_stock_whole(busy_town, connect) -> None:
    """Four people do as they please on connections of their own; nothing is sold twice."""
    town = busy_town
    async with connect() as tx:
        goods = [await town.goods(tx, f"G{n}", left=6) for n in range(3)]
        people = [await town.person(tx) for _ in range(4)]
    dice = random.Random(7)
    plans = [(person, [dice.random() for _ in range(24)]) for person in people]

    async def live(person: int, rolls: list[float]) -> None:
        for roll in rolls:
            async with connect() as tx:
                await shop_a_little(town, tx, person, goods, roll)

    await asyncio.gather(*(live(*plan) for plan in plans))
    async with connect() as tx:
        assert await town.at(tx).stock_drifts() == []
        rows = await tx.rows(select(StockRow.quantity, StockRow.allocated))
        assert all(0 <= row.allocated <= row.quantity for row in rows)


async def shop_a_little(town, tx, person: int, goods: list[int], roll: float) -> None:
    shop = town.at(tx)
    variant = goods[int(roll * 1000) % len(goods)]
    cart = await shop.cart(person)
    try:
        if cart is None or roll < 0.3:
            await shop.add_to_cart(person, variant)
            return
        choice = CASH if roll < 0.6 else STRIPE
        order = await shop.checkout(person, cart.version, choice)
    except OnlyLeft:
        await shop.keep_changes(person)
        return
    if order.status == "pending":
        await town.settle(tx, order)
    if roll > 0.8:
        await shop.cancel(order.id, person, "no")
    elif roll > 0.5:
        await shop.accept(order.id, town.owner)
        await shop.ship(order.id, town.owner)
