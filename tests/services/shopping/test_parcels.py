"""Sending in parcels: each counted, followed and arriving by itself; the rest may be called off."""

import asyncio

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from services.ground.transaction import Transaction
from services.shopping import (
    CannotMove,
    Choice,
    NotFound,
    OnlyLeft,
    Order,
    OrderStatus,
    SentMeanwhile,
    Tracking,
)
from services.shopping.facts import OrderShipped
from services.shopping.tables import StockRow
from tests.services.shopping.conftest import Town


async def accepted(tx: Transaction, town: Town, method: str = "stripe") -> Order:
    """Three teas and two cups, brought to town for 200.00, accepted."""
    me = await town.person(tx)
    tea, cup = await town.goods(tx, "TEA", left=9), await town.goods(tx, "CUP", left=9)
    shop = town.at(tx)
    await shop.add_to_cart(me, tea, 3)
    cart = await shop.add_to_cart(me, cup, 2)
    choice = Choice((town.zone,), await town.address(tx, me), method)  # type: ignore[arg-type]
    [order] = await shop.checkout(me, cart.version, choice)
    if method == "stripe":
        await town.settle(tx, order)
    return await town.at(tx).accept(order.id, town.owner)


@pytest.fixture
async def order(tx: Transaction, town: Town) -> Order:
    return await accepted(tx, town)


def lines(order: Order, *counts: int) -> dict[int, int]:
    """So many of the teas, and of the cups."""
    return {item.id: n for item, n in zip(order.items, counts, strict=True) if n}


async def shelf(tx: Transaction) -> list[tuple[int, int]]:
    """What lies there of teas and cups, and what of it is promised."""
    rows = await tx.rows(select(StockRow.quantity, StockRow.allocated).order_by("variant_id"))
    return [(row.quantity, row.allocated) for row in rows]


async def test_a_part_now_and_the_rest_later(tx: Transaction, town: Town, order: Order) -> None:
    shop = town.at(tx)
    first = await shop.ship_part(order.id, town.owner, lines(order, 2, 0), 0, Tracking(number="A"))
    assert (first.status, first.fulfilment_status) == (OrderStatus.PARTLY_SHIPPED, "partial")
    assert await shelf(tx) == [(7, 1), (9, 2)]
    assert await shop.stock_drifts() == []
    sent = await shop.ship(order.id, town.owner, Tracking(number="B"))
    assert (sent.status, sent.fulfilment_status) == (OrderStatus.SHIPPED, "fulfilled")
    assert await shelf(tx) == [(6, 0), (7, 0)]
    one, two = await shop.parcels(order.user_id, order.id)
    assert (one.pieces, one.tracking.number) == (lines(order, 2, 0), "A")
    assert (two.pieces, two.tracking.number) == (lines(order, 1, 2), "B")
    told = [fact for fact in town.told.facts.values() if isinstance(fact, OrderShipped)]
    assert [(fact.parcel_id, fact.tracking_number) for fact in told] == [
        (one.id, "A"),
        (two.id, "B"),
    ]
    moves = [event.move for event in await shop.order_events(order.user_id, order.id)]
    assert moves[-2:] == ["ship_part", "ship"]


async def test_it_has_arrived_when_every_parcel_has(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    await shop.ship_part(order.id, town.owner, lines(order, 2, 0), 0)
    [first] = await shop.parcels(order.user_id, order.id)
    for _ in range(2):
        partly = await shop.deliver_parcel(first.id, town.owner)
        assert partly.status is OrderStatus.PARTLY_SHIPPED
    assert [item.delivered for item in partly.items] == [2, 0]
    with pytest.raises(CannotMove) as refused:
        await shop.deliver(order.id, town.owner)
    assert set(refused.value.possible) == {"ship", "ship_part", "cancel_rest"}
    await shop.ship(order.id, town.owner)
    [_, last] = await shop.parcels(order.user_id, order.id)
    done = await shop.deliver_parcel(last.id, town.owner)
    assert (done.status, [item.delivered for item in done.items]) == ("delivered", [3, 2])
    assert town.told.tags(order.user_id)[-4:] == [
        "order-shipped", "parcel-delivered", "order-shipped", "order-delivered",
    ]  # fmt: skip
    moves = [event.move for event in await shop.order_events(order.user_id, order.id)]
    assert moves[-4:] == ["ship_part", "deliver_part", "ship", "deliver"]


async def test_a_part_that_is_all_of_it_ships_the_order(
    tx: Transaction, town: Town, order: Order
) -> None:
    sent = await town.at(tx).ship_part(order.id, town.owner, lines(order, 3, 2), 0)
    assert sent.status is OrderStatus.SHIPPED


async def test_never_more_than_is_left_nor_of_another_order(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop, other = town.at(tx), await accepted(tx, town)
    with pytest.raises(OnlyLeft) as refused:
        await shop.ship_part(order.id, town.owner, lines(order, 4, 0), 0)
    assert (refused.value.left, refused.value.name) == (3, "TEA")
    for nothing in (lines(other, 1, 0), {}, {order.items[0].id: 0}):
        with pytest.raises(NotFound):
            await shop.ship_part(order.id, town.owner, nothing, 0)
    _, rival = await town.open_business(tx, "rival")
    with pytest.raises(NotFound):
        await shop.ship_part(order.id, rival, lines(order, 1, 0), 0)
    await shop.ship_part(order.id, town.owner, lines(order, 1, 0), 0)
    with pytest.raises(SentMeanwhile):  # the same tap once more
        await shop.ship_part(order.id, town.owner, lines(order, 1, 0), 0)
    [parcel] = await shop.parcels(order.user_id, order.id)
    with pytest.raises(NotFound):
        await shop.deliver_parcel(parcel.id, rival)


async def test_the_database_sends_no_more_than_was_ordered(
    tx: Transaction, town: Town, order: Order
) -> None:
    more = text("UPDATE order_items SET shipped = 2, called_off = quantity - 1 WHERE id = :id")
    with pytest.raises(IntegrityError, match="ck_order_items_shipped"):
        await tx.execute(more.bindparams(id=order.items[0].id))


async def test_the_rest_is_called_off_and_its_money_goes_back(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    await shop.ship_part(order.id, town.owner, lines(order, 2, 0), 0)
    for _ in range(2):
        off = await shop.cancel_rest(order.id, town.owner, "out_of_stock")
    assert (off.status, off.called_off.amount) == (OrderStatus.SHIPPED, 300_00)
    assert off.due.amount == 400_00  # two teas, and what bringing them costs
    assert await shelf(tx) == [(7, 0), (9, 0)]
    assert await shop.stock_drifts() == []
    [refund] = await town.payments(tx).refunds(order.payment_id or 0)
    assert (refund.amount.amount, refund.reason) == (300_00, "rest_cancelled")
    assert "order-rest-cancelled" in town.told.tags(order.user_id)
    done = await shop.deliver(order.id, town.owner)
    assert (done.status, done.payment_status) == ("delivered", "paid")


async def test_called_off_after_the_parcel_arrived_nothing_is_awaited(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    await shop.ship_part(order.id, town.owner, lines(order, 0, 1), 0)
    [parcel] = await shop.parcels(order.user_id, order.id)
    await shop.deliver_parcel(parcel.id, town.owner)
    off = await shop.cancel_rest(order.id, town.owner, "no_delivery")
    assert off.status is OrderStatus.DELIVERED
    events = await shop.order_events(order.user_id, order.id)
    assert [(one.move, one.reason) for one in events[-2:]] == [
        ("cancel_rest", "no_delivery"),
        ("deliver", None),
    ]


async def test_cash_is_taken_for_what_was_sent(tx: Transaction, town: Town) -> None:
    order = await accepted(tx, town, method="cash")
    shop = town.at(tx)
    await shop.ship_part(order.id, town.owner, lines(order, 2, 0), 0)
    off = await shop.cancel_rest(order.id, town.owner, "out_of_stock")
    assert off.payment_status == "due"
    done = await shop.deliver(order.id, town.owner)
    assert (done.status, done.payment_status) == ("delivered", "paid")
    payment = await town.payments(tx).payment(order.payment_id or 0)
    assert (payment.amount - payment.refunded) == done.due


async def test_given_back_whole_when_partly_sent_frees_the_rest(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    await shop.ship_part(order.id, town.owner, lines(order, 1, 1), 0)
    assert (await shop.mark_refunded(order.id)).status is OrderStatus.REFUNDED
    assert await shelf(tx) == [(8, 0), (8, 0)]
    assert await shop.stock_drifts() == []


async def test_two_members_send_the_last_of_it_at_once(connect, busy_town: Town) -> None:
    town = busy_town
    async with connect() as tx:
        second = await town.person(tx)
        await town.businesses(tx).add_member(town.business, second, "agent", (), by=town.owner)
        order = await accepted(tx, town)

    async def send(by: int) -> str:
        try:
            async with connect() as tx:
                await town.at(tx).ship_part(order.id, by, lines(order, 2, 2), 0)
                return "sent"
        except SentMeanwhile:
            return "late"

    taps = await asyncio.gather(*(send(by) for by in [town.owner, second] * 5))
    assert sorted(taps) == ["late"] * 9 + ["sent"]
    async with connect() as tx:
        assert (await town.at(tx).order(second, order.id)).shipped == 4
        assert await shelf(tx) == [(7, 1), (7, 0)]
