"""Goods that come back: asked, decided, received; then their money, or others for them."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from services.ground.money import Money
from services.ground.transaction import Transaction
from services.payments import Refund, Request
from services.shopping import (
    CannotMoveReturn,
    NewProduct,
    NewReturn,
    NewShop,
    NewVariant,
    NotFound,
    NotReturnable,
    NotYours,
    OnlyLeft,
    Order,
    OrderStatus,
    Return,
    ReturnStatus,
    SoldOut,
    Tracking,
    WhyNot,
)
from services.shopping.facts import ExchangeSent
from services.shopping.tables import OrderItemRow, StockRow
from services.shopping.totals import part
from tests.services.shopping.conftest import Town

KEY = f"{'0' * 64}.jpg"
DAMAGED = NewReturn(1, "damaged", photo=KEY)
TOO_BIG = NewReturn(1, "size")


async def shirts(tx: Transaction, town: Town) -> dict[str, int]:
    """A shirt in four variants, one dearer and one sold out: variant ids by title."""
    variants = (
        NewVariant("S-M", 9, "M"),
        NewVariant("S-L", 2, "L"),
        NewVariant("S-XL", 9, "XL", 150_00),
        NewVariant("S-S", 0, "S"),
    )
    shirt = NewProduct(sku="S", slug="s", name="Shirt", price=100_00, variants=variants)
    made = await town.at(tx).product(await town.at(tx).put_product(town.business, None, shirt))
    return {variant.title: variant.id for variant in made.variants}


async def delivered(
    tx: Transaction, town: Town, variant: int, count: int = 1, method: str = "stripe"
) -> Order:
    order = await town.order(tx, await town.person(tx), variant, count, method)
    if method == "stripe":
        await town.settle(tx, order)
    return await arrived(tx, town, order)


async def arrived(tx: Transaction, town: Town, order: Order) -> Order:
    shop = town.at(tx)
    for verb in (shop.accept, shop.ship, shop.deliver):
        await verb(order.id, town.owner)
    return await shop.order(order.user_id, order.id)


async def asked(tx: Transaction, town: Town, order: Order, new: NewReturn = TOO_BIG) -> Return:
    return await town.at(tx).ask_return(order.user_id, order.items[0].id, new)


async def back(tx: Transaction, town: Town, return_: Return, *, sell: bool = False) -> None:
    """Accepted, received, and paid for."""
    shop = town.at(tx)
    await shop.accept_return(return_.id, town.owner)
    await shop.receive_return(return_.id, town.owner, sell_again=sell)
    await shop.refund_return(return_.id, town.owner)


@pytest.fixture
async def order(tx: Transaction, town: Town) -> Order:
    """Three shirts M of a hundred each, paid by link, arrived."""
    return await delivered(tx, town, (await shirts(tx, town))["M"], 3)


async def shelf(tx: Transaction, variant: int) -> tuple[int, int]:
    mine = StockRow.variant_id == variant
    row = await tx.row(select(StockRow.quantity, StockRow.allocated).where(mine))
    assert row is not None
    return row.quantity, row.allocated


# -- for its money ---------------------------------------------------------------------


async def test_asked_accepted_back_and_paid_once(tx: Transaction, town: Town, order: Order) -> None:
    shop = town.at(tx)
    return_ = await asked(tx, town, order, DAMAGED)
    assert (return_.status, return_.label) == ("asked", f"{order.order_number}-1")
    assert return_.photo in await shop.return_photos()
    assert "business-return-asked" in town.told.tags(town.owner)
    for _ in range(2):
        await shop.accept_return(return_.id, town.owner)
    assert town.told.tags(order.user_id)[-1] == "return-decided"
    for _ in range(2):
        await shop.receive_return(return_.id, town.owner, sell_again=True)
    refund = await shop.refund_return(return_.id, town.owner)
    assert isinstance(refund, Refund) and refund.amount == Money(100_00, "KES")
    with pytest.raises(CannotMoveReturn):
        await shop.refund_return(return_.id, town.owner)
    ended = await shop.goods_return(order.user_id, return_.id)
    assert (ended.status, ended.amount) == ("refunded", refund.amount)
    assert await shop.return_photos() == []
    assert await shelf(tx, order.items[0].variant_id or 0) == (7, 0)
    events = await shop.order_events(order.user_id, order.id)
    assert [(one.move, one.who, one.return_id) for one in events[-4:]] == [
        ("return_asked", "customer", return_.id),
        ("return_accepted", "business", return_.id),
        ("return_received", "business", return_.id),
        ("return_refunded", "business", return_.id),
    ]
    assert events[-4].reason == "damaged"
    assert (await shop.order(order.user_id, order.id)).status is OrderStatus.DELIVERED


async def test_what_cannot_be_sold_again_stays_off_the_shelf(
    tx: Transaction, town: Town, order: Order
) -> None:
    await back(tx, town, await asked(tx, town, order, DAMAGED), sell=False)
    assert await shelf(tx, order.items[0].variant_id or 0) == (6, 0)


async def test_when_the_last_came_back_the_order_is_returned(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    await back(tx, town, await asked(tx, town, order, NewReturn(2, "size")))
    assert (await shop.order(order.user_id, order.id)).status is OrderStatus.DELIVERED
    await back(tx, town, await asked(tx, town, order))
    assert (await shop.order(order.user_id, order.id)).status is OrderStatus.RETURNED
    gone = await shop.mark_refunded(order.id)  # the provider has given back the last of it
    assert (gone.status, gone.payment_status) == ("returned", "refunded")
    with pytest.raises(NotReturnable) as refused:
        await shop.may_return(order.user_id, order.id)
    assert refused.value.why is WhyNot.ALREADY


async def test_cash_that_all_came_back_is_returned_and_not_only_refunded(
    tx: Transaction, town: Town
) -> None:
    tea = await town.goods(tx, "TEA", left=9)
    order = await delivered(tx, town, tea, method="cash")
    await back(tx, town, await asked(tx, town, order))
    ended = await town.at(tx).order(order.user_id, order.id)
    assert (ended.status, ended.payment_status) == ("returned", "refunded")


async def test_declined_the_buyer_reads_why_and_may_ask_again(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    return_ = await asked(tx, town, order, NewReturn(3, "size"))
    for _ in range(2):
        declined = await shop.decline_return(return_.id, town.owner, "worn")
    assert (declined.status, declined.why, declined.decided_by) == ("declined", "worn", town.owner)
    with pytest.raises(CannotMoveReturn) as refused:
        await shop.accept_return(return_.id, town.owner)
    assert refused.value.return_.possible == ()
    assert (await asked(tx, town, order, NewReturn(3, "size"))).number == 2


async def test_what_a_member_accepted_no_other_declines_by_an_older_button(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    return_ = await asked(tx, town, order)
    with pytest.raises(CannotMoveReturn):
        await shop.never_came(return_.id, town.owner)
    await shop.accept_return(return_.id, town.owner)
    with pytest.raises(CannotMoveReturn) as refused:
        await shop.decline_return(return_.id, town.owner, "worn")
    assert refused.value.return_.status == "accepted"


@pytest.mark.parametrize("who", ["buyer", "member"])
async def test_what_was_accepted_and_never_came_is_let_go_with_what_was_promised_for_it(
    tx: Transaction, town: Town, who: str
) -> None:
    shop, sizes = town.at(tx), await shirts(tx, town)
    order = await delivered(tx, town, sizes["M"])
    return_ = await asked(tx, town, order, NewReturn(1, "size", sizes["L"]))
    await shop.accept_return(return_.id, town.owner)
    assert await shelf(tx, sizes["L"]) == (2, 1)
    for _ in range(2):
        if who == "member":
            await shop.never_came(return_.id, town.owner)
        else:
            await shop.cancel_return(return_.id, order.user_id)
    assert await shelf(tx, sizes["L"]) == (2, 0)
    assert await shop.stock_drifts() == []
    assert (await shop.order(order.user_id, order.id)).items[0].coming_back == 0


async def test_the_buyer_keeps_it_after_all_while_it_is_asked(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    return_ = await asked(tx, town, order)
    for _ in range(2):
        assert (await shop.cancel_return(return_.id, order.user_id)).status == "cancelled"
    assert "business-return-cancelled" in town.told.tags(town.owner)
    again = await asked(tx, town, order)
    await shop.accept_return(again.id, town.owner)
    await shop.receive_return(again.id, town.owner, sell_again=True)
    with pytest.raises(CannotMoveReturn) as refused:
        await shop.cancel_return(again.id, order.user_id)
    assert refused.value.return_.possible == (ReturnStatus.REFUNDED,)


@pytest.mark.parametrize("verb", ["receive", "refund", "send"])
async def test_an_illegal_move_is_refused_with_what_is_possible(
    tx: Transaction, town: Town, order: Order, verb: str
) -> None:
    shop = town.at(tx)
    return_ = await asked(tx, town, order)
    verbs: dict[str, Callable[[], Awaitable[object]]] = {
        "receive": lambda: shop.receive_return(return_.id, town.owner, sell_again=True),
        "refund": lambda: shop.refund_return(return_.id, town.owner),
        "send": lambda: shop.send_exchange(return_.id, town.owner),
    }
    with pytest.raises(CannotMoveReturn) as refused:
        await verbs[verb]()
    assert set(refused.value.return_.possible) == {"accepted", "declined", "cancelled"}
    assert (await shop.goods_return(town.owner, return_.id)).status == "asked"


# -- what may come back ----------------------------------------------------------------


async def test_only_within_the_shop_s_window(tx: Transaction, town: Town, order: Order) -> None:
    assert (await town.at(tx).shop(town.business)).return_days == 14
    town.later(days=14)
    assert await town.at(tx).may_return(order.user_id, order.id)
    town.later(seconds=1)
    with pytest.raises(NotReturnable) as refused:
        await asked(tx, town, order)
    assert refused.value.why is WhyNot.TOO_LATE
    await town.at(tx).put_shop(town.business, NewShop(return_days=30))
    assert await town.at(tx).may_return(order.user_id, order.id)


async def test_not_before_it_arrived_nor_more_than_did(tx: Transaction, town: Town) -> None:
    sizes = await shirts(tx, town)
    order = await town.paid(tx, await town.person(tx), sizes["M"], 2)
    with pytest.raises(NotReturnable) as early:
        await asked(tx, town, order)
    assert early.value.why is WhyNot.NOT_DELIVERED
    order = await arrived(tx, town, order)
    for count in (0, 3):
        with pytest.raises(NotReturnable) as many:
            await asked(tx, town, order, NewReturn(count, "size"))
        assert many.value.why is WhyNot.ALREADY


async def test_what_came_back_or_was_given_back_cannot_again(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    await back(tx, town, await asked(tx, town, order, NewReturn(2, "size")))
    with pytest.raises(NotReturnable):
        await asked(tx, town, order, NewReturn(2, "size"))
    left = await shop.returnable(order.id, town.owner)
    await shop.give_back(order.id, town.owner, left, "kindness", "key")
    with pytest.raises(NotReturnable) as refused:
        await asked(tx, town, order)
    assert refused.value.why is WhyNot.NO_MONEY


async def test_never_more_money_than_is_left(tx: Transaction, town: Town, order: Order) -> None:
    shop = town.at(tx)
    return_ = await asked(tx, town, order, NewReturn(3, "size"))
    await shop.give_back(order.id, town.owner, Money(120_00, "KES"), "kindness", "key")
    await back(tx, town, return_)
    refunds = await town.payments(tx).refunds(order.payment_id or 0)
    assert [refund.amount.amount for refund in refunds] == [120_00, 180_00]


async def test_asked_twice_is_one_question(tx: Transaction, town: Town, order: Order) -> None:
    first = await asked(tx, town, order)
    assert await asked(tx, town, order, NewReturn(2, "other")) == first
    assert (await town.at(tx).order(order.user_id, order.id)).items[0].coming_back == 1


async def test_damage_is_shown(tx: Transaction, town: Town, order: Order) -> None:
    with pytest.raises(IntegrityError, match="ck_returns_damage_is_shown"):
        await asked(tx, town, order, NewReturn(1, "damaged"))


async def test_the_database_takes_no_more_back_than_was_delivered(
    tx: Transaction, town: Town, order: Order
) -> None:
    more = text("UPDATE order_items SET coming_back = 2, returned = 2 WHERE id = :id")
    with pytest.raises(IntegrityError, match="ck_order_items_returned"):
        await tx.execute(more.bindparams(id=order.items[0].id))


async def test_strangers_neither_ask_nor_decide(tx: Transaction, town: Town, order: Order) -> None:
    shop = town.at(tx)
    return_ = await asked(tx, town, order)
    _, rival = await town.open_business(tx, "rival")
    for who in (await town.person(tx), rival, order.user_id):
        with pytest.raises(NotFound):
            await shop.accept_return(return_.id, who)
        with pytest.raises(NotFound):
            await shop.decline_return(return_.id, who, "no")
    for who in (rival, town.owner):
        with pytest.raises(NotFound):
            await shop.ask_return(who, order.items[0].id, TOO_BIG)
        with pytest.raises(NotFound):
            await shop.cancel_return(return_.id, who)
    with pytest.raises(NotFound):
        await shop.goods_return(rival, return_.id)


async def test_nobody_decides_about_their_own(tx: Transaction, town: Town, order: Order) -> None:
    businesses = town.businesses(tx)
    await businesses.add_member(town.business, order.user_id, "manager", (), by=town.owner)
    return_ = await asked(tx, town, order)
    with pytest.raises(NotYours):
        await town.at(tx).accept_return(return_.id, order.user_id)
    assert "business-return-asked" not in town.told.tags(order.user_id)


# -- by two people ---------------------------------------------------------------------


async def test_above_the_limit_another_member_approves(
    tx: Transaction, town: Town, order: Order
) -> None:
    second = await town.person(tx)
    businesses = town.businesses(tx)
    await businesses.add_member(town.business, second, "manager", (), by=town.owner)
    await businesses.limit_refunds(town.business, Money(50_00, "KES"))
    shop = town.at(tx)
    return_ = await asked(tx, town, order, NewReturn(3, "size"))
    await back(tx, town, return_)
    waiting = await shop.goods_return(second, return_.id)
    assert (waiting.status, await town.payments(tx).refunds(order.payment_id or 0)) == (
        "received",
        [],
    )
    assert waiting.request_id is not None
    again = await shop.refund_return(return_.id, town.owner)  # asked once
    assert isinstance(again, Request) and again.id == waiting.request_id
    assert again.reason == f"return {return_.label}"
    await shop.decide_return(again.id, second, approve=False, why="count them")
    assert (await shop.goods_return(second, return_.id)).status == "received"
    anew = await shop.refund_return(return_.id, town.owner)
    assert isinstance(anew, Request) and anew.id != again.id
    await shop.decide_return(anew.id, second, approve=True)
    assert (await shop.goods_return(second, return_.id)).status == "refunded"
    assert (await shop.order(second, order.id)).status is OrderStatus.RETURNED
    last = (await shop.order_events(second, order.id))[-2]
    assert (last.move, last.user_id) == ("return_refunded", second)


async def test_while_the_bank_has_the_money_nothing_goes_back(
    tx: Transaction, town: Town, order: Order
) -> None:
    return_ = await asked(tx, town, order)
    contested = text("UPDATE payments SET dispute = 'open' WHERE id = :id")
    await tx.execute(contested.bindparams(id=order.payment_id))
    await back(tx, town, return_)
    assert (await town.at(tx).goods_return(town.owner, return_.id)).status == "received"


# -- for another one -------------------------------------------------------------------


async def test_only_others_of_the_product_at_its_price_that_are_there(
    tx: Transaction, town: Town
) -> None:
    sizes = await shirts(tx, town)
    order = await delivered(tx, town, sizes["M"], 3)
    shop, item = town.at(tx), order.items[0].id
    offered = await shop.exchanges(order.user_id, item, 2)
    assert [variant.title for variant in offered] == ["L"]
    assert await shop.exchanges(order.user_id, item, 3) == []
    with pytest.raises(OnlyLeft):
        await asked(tx, town, order, NewReturn(3, "size", sizes["L"]))
    with pytest.raises(SoldOut):
        await asked(tx, town, order, NewReturn(1, "size", sizes["S"]))
    tea = await town.goods(tx, "TEA", left=9)
    for other in (sizes["XL"], sizes["M"], tea):
        with pytest.raises(NotReturnable) as refused:
            await asked(tx, town, order, NewReturn(1, "size", other))
        assert refused.value.why is WhyNot.NOT_LIKE_IT


async def test_exchanged_for_what_is_promised_when_accepted(tx: Transaction, town: Town) -> None:
    sizes = await shirts(tx, town)
    order = await delivered(tx, town, sizes["M"], 2)
    shop = town.at(tx)
    return_ = await asked(tx, town, order, NewReturn(2, "size", sizes["L"]))
    assert await shelf(tx, sizes["L"]) == (2, 0)
    for _ in range(2):
        await shop.accept_return(return_.id, town.owner)
    assert await shelf(tx, sizes["L"]) == (2, 2)
    assert await shop.stock_drifts() == []
    await shop.receive_return(return_.id, town.owner, sell_again=True)
    assert await shelf(tx, sizes["M"]) == (9, 0)
    with pytest.raises(CannotMoveReturn):
        await shop.refund_return(return_.id, town.owner)
    for _ in range(2):
        sent = await shop.send_exchange(return_.id, town.owner, Tracking(number="X1"))
    assert (sent.status, sent.new_title) == ("exchanged", "L")
    assert await shelf(tx, sizes["L"]) == (0, 0)
    assert await shop.stock_drifts() == []
    assert await town.payments(tx).refunds(order.payment_id or 0) == []
    assert len(await shop.parcels(order.user_id, order.id)) == 1  # the exchange is none of them
    facts = [fact for fact in town.told.facts.values() if isinstance(fact, ExchangeSent)]
    assert [fact.tracking_number for fact in facts] == ["X1"]
    with pytest.raises(NotReturnable):
        await shop.may_return(order.user_id, order.id)
    assert (await shop.order(order.user_id, order.id)).status is OrderStatus.DELIVERED


async def test_sold_out_meanwhile_it_is_not_accepted(tx: Transaction, town: Town) -> None:
    sizes = await shirts(tx, town)
    order = await delivered(tx, town, sizes["M"])
    return_ = await asked(tx, town, order, NewReturn(1, "size", sizes["L"]))
    await town.paid(tx, await town.person(tx), sizes["L"], 2)
    with pytest.raises(SoldOut):
        await town.at(tx).accept_return(return_.id, town.owner)
    assert (await town.at(tx).goods_return(town.owner, return_.id)).status == "asked"
    await town.at(tx).decline_return(return_.id, town.owner, "sold out")


# -- to the unit -----------------------------------------------------------------------


@given(
    whole=st.integers(0, 10**9),
    quantity=st.integers(1, 60),
    dice=st.randoms(use_true_random=False),
)
def test_parts_add_up_to_the_whole(whole: int, quantity: int, dice: random.Random) -> None:
    parts, before = [], 0
    while before < quantity:
        count = dice.randint(1, quantity - before)
        parts.append(part(whole, quantity, before, count))
        before += count
    assert sum(parts) == whole and min(parts) >= 0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("included", [True, False])
async def test_all_that_comes_back_in_any_order_is_what_was_paid(
    tx: Transaction, town: Town, seed: int, included: bool
) -> None:
    """Odd prices, tax, a voucher, delivery; a rest that is called off: to the unit."""
    dice = random.Random(seed)
    await town.at(tx).put_shop(town.business, NewShop(tax_basis_points=1600, tax_included=included))
    me = await town.person(tx)
    shop = town.at(tx)
    for number in range(3):
        price = dice.randint(1, 99_99)
        variant = await town.goods(tx, f"G{number}", left=9, price=price)
        await shop.add_to_cart(me, variant, dice.randint(1, 4))
    await town.voucher(tx, amount=dice.randint(1, 500))
    choice: dict[str, Any] = {"zones": (town.zone,), "address_id": await town.address(tx, me)}
    order = await town.settle(tx, await town.again(tx, me, **choice))
    order = await shop.accept(order.id, town.owner)
    for item in order.items:
        line = (await shop.order(me, order.id)).items[order.items.index(item)]
        if line.to_send > 1:
            now = await shop.order(me, order.id)
            await shop.ship_part(
                order.id, town.owner, {item.id: dice.randint(1, line.to_send)}, now.shipped
            )
    if (await shop.order(me, order.id)).status is OrderStatus.PARTLY_SHIPPED:
        await shop.cancel_rest(order.id, town.owner, "out_of_stock")
    else:
        await shop.ship(order.id, town.owner)
    if (await shop.order(me, order.id)).status is OrderStatus.SHIPPED:
        await shop.deliver(order.id, town.owner)
    while (now := await shop.order(me, order.id)).status is not OrderStatus.RETURNED:
        item = dice.choice([one for one in now.items if one.may_return])
        new = NewReturn(dice.randint(1, item.may_return), "size")
        await back(tx, town, await shop.ask_return(me, item.id, new))
    refunds = await town.payments(tx).refunds(order.payment_id or 0)
    assert sum(refund.amount.amount for refund in refunds) == (order.total - order.shipping).amount


# -- many at once ----------------------------------------------------------------------


async def committed(connect, town: Town, count: int = 3) -> tuple[Order, int]:
    """An order that has arrived, and a second member."""
    async with connect() as tx:
        second = await town.person(tx)
        await town.businesses(tx).add_member(town.business, second, "manager", (), by=town.owner)
        return await delivered(tx, town, (await shirts(tx, town))["M"], count), second


async def test_two_members_decide_at_once(connect, busy_town: Town) -> None:
    town = busy_town
    order, second = await committed(connect, town)
    async with connect() as tx:
        return_ = await asked(tx, town, order)

    async def decide(by: int, accept: bool) -> str:
        try:
            async with connect() as tx:
                shop = town.at(tx)
                if accept:
                    return (await shop.accept_return(return_.id, by)).status
                return (await shop.decline_return(return_.id, by, "worn")).status
        except CannotMoveReturn as refused:
            return f"is {refused.return_.status}"

    both = [(town.owner, True), (second, False)] * 5
    taps = await asyncio.gather(*(decide(*one) for one in both))
    async with connect() as tx:
        status = (await town.at(tx).goods_return(second, return_.id)).status
        items = (await town.at(tx).order(second, order.id)).items
    assert sorted(taps) == sorted([status.value] * 5 + [f"is {status}"] * 5)
    assert items[0].coming_back == (1 if status == "accepted" else 0)


async def test_asked_twenty_times_at_once_it_is_one(connect, busy_town: Town) -> None:
    town = busy_town
    order, _ = await committed(connect, town)

    async def ask() -> int:
        async with connect() as tx:
            return (await asked(tx, town, order, NewReturn(2, "size"))).id

    assert len(set(await asyncio.gather(*(ask() for _ in range(20))))) == 1
    async with connect() as tx:
        assert (await tx.scalars(select(OrderItemRow.coming_back))) == [2]


async def test_the_money_of_all_returns_at_once_is_what_is_left(connect, busy_town: Town) -> None:
    town = busy_town
    order, second = await committed(connect, town)
    returns = []
    async with connect() as tx:
        shop = town.at(tx)
        for _ in range(3):
            return_ = await asked(tx, town, order)
            await shop.accept_return(return_.id, town.owner)
            await shop.receive_return(return_.id, town.owner, sell_again=False)
            returns.append(return_)
        await shop.give_back(order.id, second, Money(50_00, "KES"), "kindness", "key")

    async def pay(return_: Return, by: int) -> str:
        try:
            async with connect() as tx:
                done = await town.at(tx).refund_return(return_.id, by)
                return "paid" if isinstance(done, Refund) else "nothing left"
        except CannotMoveReturn:
            return "done already"

    taps = await asyncio.gather(
        *(pay(return_, by) for return_ in returns for by in (town.owner, second))
    )
    assert sorted(taps) == ["done already"] * 3 + ["paid"] * 3
    async with connect() as tx:
        refunds = await town.payments(tx).refunds(order.payment_id or 0)
        assert sum(refund.amount.amount for refund in refunds) == order.total.amount
        assert (await town.at(tx).order(second, order.id)).status is OrderStatus.RETURNED
