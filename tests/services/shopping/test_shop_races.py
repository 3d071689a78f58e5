"""Many at once, each on a connection of their own: the database lets one through."""

import asyncio
import contextlib
import random
from collections import Counter

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.ground.money import Money
from services.payments.errors import TooMuch
from services.reconciliation import reconcile
from services.shopping import (
    CannotFulfil,
    CannotMove,
    Choice,
    OnlyLeft,
    Order,
    SoldOut,
    VoucherRefused,
    Why,
)
from services.shopping.stock import reserve
from services.shopping.tables import OrderRow, StockRow, VoucherRow, VoucherUseRow
from tests.services.shopping.conftest import MONDAY
from tests.services.shopping.market import open_market

STRIPE = Choice(zones=(), address_id=None, method="stripe")
CASH = Choice(zones=(), address_id=None, method="cash")


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
            [order] = await town.at(tx).checkout(person, version, choice)
            return order
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
            ends: list[Order | CannotFulfil] = await town.at(tx).mark_paid(order.id)
            return ends[0]

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
            ends: list[Order | CannotFulfil] = await town.at(tx).mark_paid(order.id)
            return ends[0]

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
        [order] = await shop.checkout(person, cart.version, choice)
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


# -- vouchers ------------------------------------------------------------------------------


async def uses(tx) -> list[int]:
    """How often each voucher was used, by its counter; the rows say the same."""
    counted = list(await tx.scalars(select(VoucherRow.uses).order_by(VoucherRow.id)))
    rows = select(VoucherUseRow.voucher_id, func.count().label("count"))
    found = await tx.rows(rows.group_by(VoucherUseRow.voucher_id))
    assert sum(counted) == sum(row.count for row in found)
    return counted


@pytest.mark.parametrize("method", ["stripe", "cash"])
async def test_twenty_people_race_for_the_last_use_of_a_voucher(busy_town, connect, method) -> None:
    town = busy_town
    _, carts = await crowd(town, connect, 20, "TEA", left=50)
    async with connect() as tx:
        voucher = await town.voucher(tx, max_uses=1)
        for person in carts:
            await town.at(tx).use_voucher(person, "KARIBU")
            carts[person] = (await town.at(tx).cart(person)).version
    choice = Choice((), None, method, vouchers=(voucher.id,))

    async def buy(person: int, version: int) -> Order | VoucherRefused:
        try:
            async with connect() as tx:
                orders: list[Order] = await town.at(tx).checkout(person, version, choice)
                return orders[0]
        except VoucherRefused as refused:
            return refused

    ends = await asyncio.gather(*(buy(*cart) for cart in carts.items()))
    (order,) = [end for end in ends if isinstance(end, Order)]
    assert order.discount.amount == 20_00
    losers = [end.why for end in ends if isinstance(end, VoucherRefused)]
    assert losers == [Why.USED_UP] * 19
    async with connect() as tx:
        assert await uses(tx) == [1]
        assert await tx.scalar(select(func.count()).select_from(OrderRow)) == 1


async def test_a_persons_own_limit_holds_however_many_late_payments_come(
    busy_town, connect
) -> None:
    """Five orders lapsed, each with the voucher; then all five are paid at once."""
    town = busy_town
    lapsed = []
    async with connect() as tx:
        tea, person = await town.goods(tx, "TEA", left=50), await town.person(tx)
        await town.voucher(tx)
        await town.at(tx).add_to_cart(person, tea)
        for _ in range(5):
            lapsed.append(await town.again(tx, person))
            await town.at(tx).payment_expired(lapsed[-1].id)

    async def pay(order: Order) -> Order | CannotFulfil:
        async with connect() as tx:
            ends: list[Order | CannotFulfil] = await town.at(tx).mark_paid(order.id)
            return ends[0]

    ends = await asyncio.gather(*(pay(order) for order in lapsed))
    assert [type(end) for end in ends].count(Order) == 1
    async with connect() as tx:
        assert await uses(tx) == [1]


async def test_two_late_payments_and_new_orders_never_wait_for_each_other(
    busy_town, connect
) -> None:
    """Orders with two vouchers lapse, are paid, replaced and swept at once: no deadlock, and
    every use is counted."""
    town = busy_town
    async with connect() as tx:
        goods = [await town.goods(tx, f"G{n}", left=100) for n in range(2)]
        for code in ("FIRST", "SECOND"):
            await town.voucher(tx, code, max_per_person=None, max_uses=15)
        people = [await town.person(tx) for _ in range(10)]
    dice = random.Random(5)

    async def live(person: int, rolls: list[float]) -> None:
        for roll in rolls:
            try:
                async with connect() as tx:
                    await redeem_a_little(town, tx, person, goods, roll)
            except VoucherRefused:
                continue

    async def sweep() -> None:
        for _ in range(8):
            town.later(minutes=6)
            async with connect() as tx:
                await town.at(tx).expire_unpaid_orders()

    plans = [(person, [dice.random() for _ in range(8)]) for person in people]
    await asyncio.gather(sweep(), *(live(*plan) for plan in plans))
    async with connect() as tx:
        counted = await uses(tx)
        assert all(0 <= count <= 15 for count in counted) and sum(counted) > 5
        assert await town.at(tx).stock_drifts() == []


async def redeem_a_little(town, tx, person: int, goods: list[int], roll: float) -> None:
    shop = town.at(tx)
    newest = await shop.orders(person, limit=1)
    if newest.items and roll < 0.3:
        order = await shop.order(person, newest.items[0].id)
        if order.status in ("pending", "expired"):
            await shop.mark_paid(order.id)
        return
    if await shop.cart(person) is None:
        await shop.add_to_cart(person, goods[int(roll * 1000) % 2])
    code = "FIRST" if int(roll * 100) % 2 else "SECOND"
    await town.again(tx, person, code, method="cash" if roll > 0.8 else "stripe")


# -- several sellers ------------------------------------------------------------------------


async def test_people_race_for_the_last_of_two_shops_and_get_both_or_none(
    busy_town, connect
) -> None:
    """Half of them put the one first into their cart, half the other: nobody waits in a ring."""
    town, carts = busy_town, {}
    async with connect() as tx:
        market = await open_market(tx, town, left=3)
        for number in range(20):
            person = await town.person(tx)
            for variant in (market.tea, market.mug)[:: 1 if number % 2 else -1]:
                carts[person] = (await town.at(tx).add_to_cart(person, variant)).version

    async def buy(person: int, version: int) -> int:
        try:
            async with connect() as tx:
                return len(await town.at(tx).checkout(person, version, CASH))
        except SoldOut:
            return 0

    ends = await asyncio.gather(*(buy(*cart) for cart in carts.items()))
    assert sorted(ends) == [0] * 17 + [2] * 3
    async with connect() as tx:
        assert await tx.scalar(select(func.count()).select_from(OrderRow)) == 6
        assert await town.at(tx).stock_drifts() == []


async def test_ten_taps_on_pay_are_one_payment_of_two_orders(busy_town, connect) -> None:
    town = busy_town
    async with connect() as tx:
        market, person = await open_market(tx, town), await town.person(tx)
        version = await market.filled(tx, person)

    async def tap() -> list[int]:
        async with connect() as tx:
            return [order.id for order in await town.at(tx).checkout(person, version, STRIPE)]

    ends = await asyncio.gather(*(tap() for _ in range(10)))
    assert len({tuple(end) for end in ends}) == 1 and len(ends[0]) == 2
    async with connect() as tx:
        assert len(set(await tx.scalars(select(OrderRow.payment_id)))) == 1


async def test_paid_called_off_and_swept_at_once_two_orders_keep_their_money_straight(
    busy_town, connect
) -> None:
    """Whoever is first: what came in is kept for an order that stands, or on its way back."""
    town = busy_town
    async with connect() as tx:
        market = await open_market(tx, town, left=60)
        people = [await town.person(tx) for _ in range(12)]
        made = [await market.order(tx, person) for person in people]
    town.later(minutes=36)

    async def pay(orders: list[Order]) -> None:
        async with connect() as tx:
            await town.settle(tx, orders[0])

    async def call_off(order: Order) -> None:
        with contextlib.suppress(CannotMove):  # it had lapsed
            async with connect() as tx:
                await town.at(tx).cancel(order.id, order.user_id, "customer")

    async def sweep() -> None:
        async with connect() as tx:
            await town.at(tx).expire_unpaid_orders()

    jobs = [pay(orders) for orders in made] + [sweep() for _ in range(4)]
    jobs += [call_off(orders[number % 2]) for number, orders in enumerate(made)]
    await asyncio.gather(*jobs)
    async with connect() as tx:
        assert await reconcile(tx, town.now, MONDAY) == []
        assert await town.at(tx).stock_drifts() == []
        for orders in made:
            parts = [await town.at(tx).order(one.user_id, one.id) for one in orders]
            refunds = await town.payments(tx).refunds(parts[0].payment_id)
            gone = sum(one.total.amount for one in parts if one.status == "cancelled")
            assert sum(refund.amount.amount for refund in refunds) == gone


async def test_two_sellers_give_back_at_once_never_more_than_their_parts(
    busy_town, connect
) -> None:
    town = busy_town
    async with connect() as tx:
        market = await open_market(tx, town)
        first, second = await market.paid(tx, await town.person(tx))
    owners = {first.id: town.owner, second.id: market.owner}

    async def give(order: Order, number: int) -> None:
        with contextlib.suppress(TooMuch):
            async with connect() as tx:
                amount = Money(25_00, "KES")
                key = f"{order.id}-{number}"
                await town.at(tx).give_back(order.id, owners[order.id], amount, "x", key)

    gifts = [give(order, number) for order in (first, second) for number in range(8)]
    await asyncio.gather(*gifts)
    async with connect() as tx:
        gone = Counter[int | None]()
        for refund in await town.payments(tx).refunds(first.payment_id):
            gone[refund.business_id] += refund.amount.amount
        assert gone == {town.business: 100_00, market.business: 50_00}
