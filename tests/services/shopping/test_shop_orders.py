"""An order's life: every move by the table, each an event; everything else refused."""

import itertools
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select, update

from services.shopping import (
    CannotMove,
    Choice,
    Move,
    NotFound,
    Order,
    OrderStatus,
    Tracking,
)
from services.shopping.moves import BY_PEOPLE, MOVES, possible
from services.shopping.tables import FulfilmentItemRow, OrderRow, StockRow

REACHABLE = {
    "pending": {"cancel"},
    "placed": {"accept", "cancel"},
    "paid": {"accept", "cancel"},
    "accepted": {"ship", "ship_part", "cancel"},
    "partly_shipped": {"ship", "ship_part", "cancel_rest"},
    "shipped": {"deliver"},
    "delivered": {"complete"},
    "completed": set(),
    "expired": {"renew"},
    "cancelled": set(),
    "refunded": set(),
    "returned": set(),
}


def test_the_table_is_what_people_were_promised() -> None:
    assert {status.value: set(possible(status)) for status in OrderStatus} == REACHABLE


def test_every_status_but_the_first_two_is_reached_by_a_move() -> None:
    reached = {to for _, to in MOVES.values()} | {OrderStatus.PENDING, OrderStatus.PLACED}
    assert reached == set(OrderStatus)


VERBS: dict[Move, Callable[..., Awaitable[Order]]] = {
    Move.ACCEPT: lambda shop, order, by: shop.accept(order, by),
    Move.SHIP: lambda shop, order, by: shop.ship(order, by),
    Move.SHIP_PART: lambda shop, order, by: shop.ship_part(order, by, {}, 0),
    Move.DELIVER: lambda shop, order, by: shop.deliver(order, by),
    Move.COMPLETE: lambda shop, order, by: shop.complete(order, by),
    Move.CANCEL: lambda shop, order, by: shop.cancel(order, by, "because"),
    Move.CANCEL_REST: lambda shop, order, by: shop.cancel_rest(order, by, "because"),
}
ILLEGAL = [
    (status, move)
    for status, move in itertools.product(OrderStatus, VERBS)
    if status not in MOVES[move][0] and status is not MOVES[move][1]
]


@pytest.mark.parametrize(("status", "move"), ILLEGAL)
async def test_an_illegal_move_is_refused_with_what_is_possible(tx, town, status, move) -> None:
    me = await town.person(tx)
    order = await town.order(tx, me, await town.goods(tx, "TEA", left=5))
    await tx.execute(update(OrderRow).values(status=status))
    with pytest.raises(CannotMove) as refused:
        await VERBS[move](town.at(tx), order.id, town.owner)
    assert refused.value.possible == possible(status)
    assert (refused.value.order_number, refused.value.status) == (order.order_number, status)
    assert (await town.at(tx).order(me, order.id)).status == status


def test_all_verbs_of_people_are_tried() -> None:
    assert set(VERBS) | {Move.RENEW} == set(BY_PEOPLE)


async def shelf(tx, variant) -> tuple[int, int]:
    row = await tx.row(
        select(StockRow.quantity, StockRow.allocated).where(StockRow.variant_id == variant)
    )
    return row.quantity, row.allocated


async def test_from_cash_order_to_completed_each_step_twice(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=9)
    order = await town.order(tx, me, tea, 2, method="cash")
    shop = town.at(tx)
    assert await shelf(tx, tea) == (9, 2)
    for move in (Move.ACCEPT, Move.SHIP, Move.DELIVER, Move.COMPLETE):
        await VERBS[move](shop, order.id, town.owner)
        await VERBS[move](shop, order.id, town.owner)
    assert await shelf(tx, tea) == (7, 0)
    done = await shop.order(me, order.id)
    assert (done.status, done.payment_status) == ("completed", "paid")
    assert (await town.payments(tx).payment(order.payment_id)).is_paid
    events = await shop.order_events(me, order.id)
    assert [(event.move, event.who, event.user_id) for event in events] == [
        ("place", "customer", me),
        ("accept", "business", town.owner),
        ("ship", "business", town.owner),
        ("deliver", "business", town.owner),
        ("complete", "business", town.owner),
    ]
    assert town.told.tags(me) == ["order-accepted", "order-shipped", "order-delivered"]
    sent = await tx.scalars(select(FulfilmentItemRow.quantity))
    assert list(sent) == [2]


async def test_tracking_can_follow_later(tx, town) -> None:
    me = await town.person(tx)
    order = await town.paid(tx, me, await town.goods(tx, "TEA", left=9))
    await town.at(tx).accept(order.id, town.owner)
    await town.at(tx).ship(order.id, town.owner)
    await town.at(tx).ship(order.id, town.owner, Tracking("Bodaboda Post", "BP7", "https://x.test"))
    shipped = await town.at(tx).order(me, order.id)
    assert (shipped.carrier, shipped.tracking_number) == ("Bodaboda Post", "BP7")
    facts = [fact for fact in town.told.facts.values() if fact.tag == "order-shipped"]
    assert [fact.tracking_number for fact in facts] == [None, "BP7"]


@pytest.mark.parametrize("by", ["buyer", "owner", "platform"])
async def test_called_off_after_paying_the_money_goes_back_and_the_stock_is_free(
    tx, town, by
) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=9)
    order = await town.paid(tx, me, tea, 2)
    who = {"buyer": me, "owner": town.owner, "platform": 0}[by]
    await town.at(tx).cancel(order.id, who, "changed my mind")
    called_off = await town.at(tx).cancel(order.id, who, "changed my mind")
    assert (called_off.status, called_off.payment_status) == ("cancelled", "refunding")
    assert await shelf(tx, tea) == (9, 0)
    (refund,) = await town.payments(tx).refunds(order.payment_id)
    assert refund.amount == order.total
    last = (await town.at(tx).order_events(me, order.id))[-1]
    assert (last.move, last.reason) == ("cancel", "changed my mind")
    assert last.who == {"buyer": "customer", "owner": "business", "platform": "platform"}[by]
    assert ("order-cancelled" in town.told.tags(me)) == (by != "buyer")
    assert ("business-order-cancelled" in town.told.tags(town.owner)) == (by == "buyer")


async def test_called_off_before_paying_frees_the_hold_and_closes_the_link(tx, town) -> None:
    me, other = await town.person(tx), await town.person(tx)
    tea = await town.goods(tx, "TEA", left=1)
    order = await town.order(tx, me, tea)
    await town.at(tx).cancel(order.id, me, "no")
    assert (await town.payments(tx).payment(order.payment_id)).status == "cancelled"
    assert (await town.order(tx, other, tea)).status == "pending"
    assert "business-order-cancelled" not in town.told.tags(town.owner)
    again = await town.at(tx).cart(me)
    assert again is not None and again.lines[0].left == 0


async def test_given_back_whole_before_it_was_sent_frees_the_stock(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=3)
    order = await town.paid(tx, me, tea)
    refunded = await town.at(tx).mark_refunded(order.id)
    await town.at(tx).mark_refunded(order.id)
    assert (refunded.status, refunded.payment_status) == ("refunded", "refunded")
    assert await shelf(tx, tea) == (3, 0)


INTRUSIONS = {
    "read": lambda shop, order, who: shop.order(who, order.id),
    "track": lambda shop, order, who: shop.order_by_number(who, order.order_number),
    "events": lambda shop, order, who: shop.order_events(who, order.id),
    "list": lambda shop, order, who: shop.orders_of_business(who, order.business_id),
    "stock": lambda shop, order, who: shop.set_stock(who, "TEA", 99),
    "cancel": lambda shop, order, who: shop.cancel(order.id, who, "mine"),
    "renew": lambda shop, order, who: shop.renew(who, order.id),
    "accept": lambda shop, order, who: shop.accept(order.id, who),
    "ship": lambda shop, order, who: shop.ship(order.id, who),
    "deliver": lambda shop, order, who: shop.deliver(order.id, who),
    "complete": lambda shop, order, who: shop.complete(order.id, who),
}


@pytest.mark.parametrize("intrusion", INTRUSIONS)
@pytest.mark.parametrize("who", ["another buyer", "another business"])
async def test_somebody_elses_order_is_not_found(tx, town, intrusion, who) -> None:
    me, stranger = await town.person(tx), await town.person(tx)
    _, rival = await town.open_business(tx, "rival")
    order = await town.paid(tx, me, await town.goods(tx, "TEA", left=3))
    with pytest.raises(NotFound):
        await INTRUSIONS[intrusion](
            town.at(tx), order, stranger if who == "another buyer" else rival
        )
    assert (await town.at(tx).order(me, order.id)).status == "paid"


async def test_the_buyer_is_no_member_and_others_see_an_empty_list(tx, town) -> None:
    me, stranger = await town.person(tx), await town.person(tx)
    order = await town.paid(tx, me, await town.goods(tx, "TEA", left=3))
    with pytest.raises(NotFound):
        await town.at(tx).accept(order.id, me)
    assert (await town.at(tx).orders(stranger)).items == ()


async def test_somebody_elses_address_is_not_found(tx, town) -> None:
    me, stranger = await town.person(tx), await town.person(tx)
    tea = await town.goods(tx, "TEA", left=3)
    theirs = await town.address(tx, stranger)
    cart = await town.at(tx).add_to_cart(me, tea)
    with pytest.raises(NotFound):
        await town.at(tx).checkout(me, cart.version, Choice((town.zone,), theirs, "cash"))
    await town.at(tx).forget_address(me, theirs)
    assert [one.id for one in await town.at(tx).addresses(stranger)] == [theirs]
    assert await town.address(tx, stranger) == theirs  # the same words are kept once


async def test_orders_are_listed_newest_first_in_pages(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=90)
    made = [await town.order(tx, me, tea, 2, method="cash") for _ in range(5)]
    unpaid = await town.order(tx, me, tea)
    shop = town.at(tx)
    first = await shop.orders(me, limit=4)
    assert [one.id for one in first.items] == [unpaid.id, *[one.id for one in made[:1:-1]]]
    assert first.has_more and first.next_offset == 4
    rest = await shop.orders(me, offset=4, limit=4)
    assert [one.id for one in rest.items] == [made[1].id, made[0].id] and not rest.has_more
    assert (first.items[1].first, first.items[1].count) == ("TEA", 2)
    await shop.cancel(made[0].id, me, "no")
    to_do = await shop.orders_of_business(town.owner, town.business, to_do=True)
    assert [one.id for one in to_do.items] == [one.id for one in made[:0:-1]]
    of_business = await shop.orders_of_business(town.owner, town.business)
    assert [one.id for one in of_business.items] == [one.id for one in reversed(made)]


async def test_drift_is_reported_and_repaired(tx, town) -> None:
    me = await town.person(tx)
    tea, cup = await town.goods(tx, "TEA", left=9), await town.goods(tx, "CUP", left=9)
    await town.paid(tx, me, tea, 2)
    await town.paid(tx, me, cup, 1)
    assert await town.at(tx).stock_drifts() == []
    await tx.execute(update(StockRow).where(StockRow.variant_id == tea).values(allocated=5))
    (drift,) = await town.at(tx).repair_stock()
    assert (drift.variant_id, drift.allocated, drift.promised) == (tea, 5, 2)
    assert await shelf(tx, tea) == (9, 2)
    assert await town.at(tx).repair_stock() == []
