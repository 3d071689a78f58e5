"""Waiting for what is sold out: in the order of asking, as many as there are goods, each once."""

import asyncio
import random

import pytest
from sqlalchemy import func, select, text

from services.ground.errors import NotFound
from services.ground.transaction import Transaction
from services.shopping import Choice, SoldOut, StillThere
from services.shopping.facts import BackInStock
from services.shopping.tables import ReservationRow, StockRow, WaitRow
from services.shopping.waiting import HELD
from tests.services.shopping.conftest import Town


def told(town: Town) -> list[int]:
    """Who has been told, in their order."""
    return [fact.user_id for fact in town.told.facts.values() if isinstance(fact, BackInStock)]


async def queue(tx: Transaction, town: Town, variant: int, people: int) -> list[int]:
    waiting = [await town.person(tx) for _ in range(people)]
    for person in waiting:
        await town.at(tx).wait_for(person, variant)
    return waiting


@pytest.fixture
async def oil(tx: Transaction, town: Town) -> int:
    return await town.goods(tx, "OIL", left=0)


async def left(tx: Transaction, town: Town, person: int, variant: int) -> int:
    """What a person could have now."""
    product = await tx.scalar(
        text("SELECT product_id FROM product_variants WHERE id = :id").bindparams(id=variant)
    )
    return (await town.at(tx).product(product, user_id=person)).left


# -- the list -----------------------------------------------------------------------------


async def test_asking_twice_is_one_place(tx, town, oil) -> None:
    person = await town.person(tx)
    assert await town.at(tx).wait_for(person, oil)
    assert not await town.at(tx).wait_for(person, oil)
    assert await town.at(tx).waits_for(person, oil)
    assert await tx.scalar(select(func.count()).select_from(WaitRow)) == 1


async def test_nobody_waits_for_what_is_there_or_is_not_sold(tx, town, oil) -> None:
    tea = await town.goods(tx, "TEA", left=1)
    with pytest.raises(StillThere):
        await town.at(tx).wait_for(await town.person(tx), tea)
    await tx.execute(text("UPDATE products SET is_active = false WHERE sku = 'OIL'"))
    with pytest.raises(NotFound):
        await town.at(tx).wait_for(await town.person(tx), oil)
    with pytest.raises(NotFound):
        await town.at(tx).wait_for(await town.person(tx), 10**9)


async def test_who_left_the_list_is_not_told(tx, town, oil) -> None:
    first, second = await queue(tx, town, oil, 2)
    assert await town.at(tx).stop_waiting(first, oil)
    assert not await town.at(tx).stop_waiting(first, oil)
    await town.at(tx).set_stock(town.owner, "OIL", 1)
    assert told(town) == [second]


# -- back -----------------------------------------------------------------------------------


async def test_as_many_are_told_as_there_are_in_the_order_they_asked(tx, town, oil) -> None:
    waiting = await queue(tx, town, oil, 5)
    await town.at(tx).set_stock(town.owner, "OIL", 3)
    assert told(town) == waiting[:3]
    held = [await town.at(tx).held_until(person, oil) for person in waiting]
    assert held == [town.now + HELD] * 3 + [None] * 2
    assert [await left(tx, town, person, oil) for person in waiting] == [1, 1, 1, 0, 0]
    await town.at(tx).set_stock(town.owner, "OIL", 4)  # one more came
    assert told(town) == waiting[:4]


async def test_the_one_that_is_held_can_be_ordered(tx, town, oil) -> None:
    waiting = await queue(tx, town, oil, 2)
    await town.at(tx).set_stock(town.owner, "OIL", 1)
    with pytest.raises(SoldOut):
        await town.order(tx, waiting[1], oil)
    order = await town.order(tx, waiting[0], oil)  # by link: its own hold goes into the order's
    assert order.status == "pending"
    assert await tx.scalar(select(func.count()).select_from(ReservationRow)) == 1
    await town.settle(tx, order)
    assert await tx.scalar(select(func.count()).select_from(ReservationRow)) == 0
    town.later(hours=3)
    assert await town.at(tx).tell_waiting() == 0


@pytest.mark.parametrize("method", ["cash", "stripe"])
async def test_a_hold_ends_with_the_order_it_was_for(tx, town, oil, method) -> None:
    """Else it would keep another piece from everybody."""
    (person,) = await queue(tx, town, oil, 1)
    await town.at(tx).set_stock(town.owner, "OIL", 2)
    order = await town.order(tx, person, oil, method=method)
    if method == "stripe":
        await town.settle(tx, order)
    assert await left(tx, town, await town.person(tx), oil) == 1


async def test_what_is_not_taken_goes_to_the_next(tx, town, oil) -> None:
    waiting = await queue(tx, town, oil, 3)
    await town.at(tx).set_stock(town.owner, "OIL", 1)
    assert await town.at(tx).tell_waiting() == 0
    for n in (1, 2):
        town.later(hours=2)
        assert await town.at(tx).tell_waiting() == 1
        assert told(town) == waiting[: n + 1]
    town.later(hours=2)
    assert await town.at(tx).tell_waiting() == 0
    assert await left(tx, town, await town.person(tx), oil) == 1  # nobody waits: for everybody


async def test_letting_go_gives_it_to_the_next_at_once(tx, town, oil) -> None:
    waiting = await queue(tx, town, oil, 2)
    await town.at(tx).set_stock(town.owner, "OIL", 1)
    assert await town.at(tx).stop_waiting(waiting[0], oil)
    assert told(town) == waiting
    assert await left(tx, town, waiting[0], oil) == 0


async def test_asking_again_is_a_new_place_at_the_end(tx, town, oil) -> None:
    first, second = await queue(tx, town, oil, 2)
    await town.at(tx).set_stock(town.owner, "OIL", 1)
    town.later(hours=2)
    await town.at(tx).tell_waiting()
    assert await town.at(tx).wait_for(first, oil)
    town.later(hours=2)
    await town.at(tx).tell_waiting()
    assert told(town) == [first, second, first]


async def test_counted_down_below_what_is_held_the_last_told_wait_again(tx, town, oil) -> None:
    """Else each would stand in the others' way."""
    waiting = await queue(tx, town, oil, 3)
    await town.at(tx).set_stock(town.owner, "OIL", 3)
    await town.at(tx).set_stock(town.owner, "OIL", 1)
    assert [await left(tx, town, person, oil) for person in waiting] == [1, 0, 0]
    assert [await town.at(tx).waits_for(person, oil) for person in waiting] == [False, True, True]
    town.later(minutes=5)
    await town.at(tx).set_stock(town.owner, "OIL", 2)
    assert told(town) == [*waiting, waiting[1]]


# -- every way in which stock comes back ------------------------------------------------------


async def test_an_order_that_is_called_off(tx, town) -> None:
    tea = await town.goods(tx, "TEA", left=1)
    order = await town.order(tx, await town.person(tx), tea, method="cash")
    waiting = await queue(tx, town, tea, 1)
    await town.at(tx).cancel(order.id, order.user_id, "no")
    assert told(town) == waiting


async def test_an_order_that_was_not_paid(tx, town) -> None:
    tea = await town.goods(tx, "TEA", left=2)
    failed = await town.order(tx, await town.person(tx), tea)
    unpaid = await town.order(tx, await town.person(tx), tea)
    waiting = await queue(tx, town, tea, 3)
    await town.at(tx).payment_failed(failed.id)
    assert told(town) == waiting[:1]
    town.later(minutes=36)
    await town.at(tx).expire_unpaid_orders()
    assert unpaid.reserved_until is not None
    assert told(town) == waiting[:2]


async def test_an_unpaid_order_that_is_called_off(tx, town) -> None:
    tea = await town.goods(tx, "TEA", left=1)
    order = await town.order(tx, await town.person(tx), tea)
    waiting = await queue(tx, town, tea, 1)
    await town.at(tx).cancel(order.id, order.user_id, "no")
    assert told(town) == waiting


async def test_an_order_whose_money_went_back(tx, town) -> None:
    tea = await town.goods(tx, "TEA", left=1)
    order = await town.paid(tx, await town.person(tx), tea)
    waiting = await queue(tx, town, tea, 1)
    await town.at(tx).mark_refunded(order.id)
    assert told(town) == waiting


async def test_a_count_that_was_repaired(tx, town) -> None:
    tea = await town.goods(tx, "TEA", left=1)
    await tx.execute(text("UPDATE stock SET allocated = 1 WHERE variant_id = :v").bindparams(v=tea))
    waiting = await queue(tx, town, tea, 1)
    await town.at(tx).repair_stock()
    assert told(town) == waiting


async def test_another_order_in_its_place_keeps_what_the_buyer_held(tx, town) -> None:
    """The unpaid one is replaced: what it held is not given away under its buyer's hands."""
    tea = await town.goods(tx, "TEA", left=1)
    buyer = await town.person(tx)
    await town.order(tx, buyer, tea)
    await queue(tx, town, tea, 1)
    cart = await town.at(tx).cart(buyer)
    assert cart is not None
    address = await town.address(tx, buyer)
    choice = Choice(zones=(town.zone,), address_id=address, method="stripe")
    [again] = await town.at(tx).checkout(buyer, cart.version, choice)
    assert again.status == "pending"
    assert told(town) == []


# -- all at once --------------------------------------------------------------------------------


async def test_two_restocks_at_once_tell_nobody_twice(busy_town, connect) -> None:
    town = busy_town
    async with connect() as tx:
        oil = await town.goods(tx, "OIL", left=0)
        waiting = await queue(tx, town, oil, 8)

    async def restock() -> None:
        async with connect() as tx:
            await town.at(tx).set_stock(town.owner, "OIL", 5)

    async def sweep() -> None:
        async with connect() as tx:
            await town.at(tx).tell_waiting()

    await asyncio.gather(*(job() for _ in range(5) for job in (restock, sweep)))
    assert told(town) == waiting[:5]
    await fits(connect, oil)


async def fits(connect, variant: int) -> None:
    """What is held never exceeds what is there."""
    async with connect() as tx:
        held = await tx.scalar(
            select(func.coalesce(func.sum(ReservationRow.quantity), 0)).where(
                ReservationRow.variant_id == variant
            )
        )
        shelf = (await tx.rows(select(StockRow.quantity, StockRow.allocated)))[0]
        assert held <= shelf.quantity - shelf.allocated


async def test_asking_while_it_comes_back_is_never_forgotten(busy_town, connect) -> None:
    """Each is told, or hears that it is there: nobody waits beside a full shelf."""
    town = busy_town
    async with connect() as tx:
        oil = await town.goods(tx, "OIL", left=0)
        people = [await town.person(tx) for _ in range(20)]

    async def ask(person: int) -> bool:
        async with connect() as tx:
            try:
                return bool(await town.at(tx).wait_for(person, oil))
            except StillThere:
                return False

    async def restock() -> None:
        async with connect() as tx:
            await town.at(tx).set_stock(town.owner, "OIL", 30)

    asked, *_rest = await asyncio.gather(
        asyncio.gather(*(ask(person) for person in people)), restock()
    )
    waited = [person for person, was in zip(people, asked, strict=True) if was]
    assert sorted(told(town)) == sorted(waited)
    async with connect() as tx:
        assert await tx.scalar(select(func.count()).select_from(WaitRow)) == 0


async def test_a_crowd_asks_leaves_and_buys_while_it_comes_and_goes(busy_town, connect) -> None:
    town = busy_town
    async with connect() as tx:
        oil = await town.goods(tx, "OIL", left=0)
        people = [await town.person(tx) for _ in range(8)]

    async def live(person: int, rolls: list[float]) -> None:
        for roll in rolls:
            async with connect() as tx:
                await one_thing(town, tx, person, oil, roll)

    async def keep_shop(rolls: list[float]) -> None:
        for roll in rolls:
            async with connect() as tx:
                if roll < 0.5:
                    promised = await tx.scalar(select(StockRow.quantity).with_for_update())
                    await town.at(tx).set_stock(town.owner, "OIL", promised + 1)
                else:
                    await town.at(tx).tell_waiting()

    dice = random.Random(11)
    lives = [live(person, [dice.random() for _ in range(12)]) for person in people]
    shops = [keep_shop([dice.random() for _ in range(12)]) for _ in range(2)]
    await asyncio.gather(*lives, *shops)
    await fits(connect, oil)
    async with connect() as tx:
        assert await town.at(tx).stock_drifts() == []


async def one_thing(town: Town, tx: Transaction, person: int, oil: int, roll: float) -> None:
    shop = town.at(tx)
    if roll < 0.5:
        try:
            await shop.wait_for(person, oil)
        except StillThere:
            return
    elif roll < 0.6:
        await shop.stop_waiting(person, oil)
    elif await shop.held_until(person, oil) is not None:
        order = await town.order(tx, person, oil, method="cash")
        if roll > 0.8:
            await shop.cancel(order.id, person, "no")
