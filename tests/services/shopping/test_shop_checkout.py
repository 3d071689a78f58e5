"""From cart to order: once, at the prices shown, with the stock held."""

import pytest
from sqlalchemy import delete, func, select, update

from services.ground.money import Money
from services.ground.transaction import Transaction
from services.shopping import (
    CannotFulfil,
    CartChanged,
    Choice,
    EmptyCart,
    Gone,
    NewShop,
    NotFound,
    NotOffered,
    OnlyLeft,
    Order,
    OtherCurrency,
    PriceChanged,
    Short,
    SoldOut,
    TooMany,
)
from services.shopping.tables import OrderRow, ProductRow, ReservationRow, StockRow, VariantRow

PICKUP = Choice(zones=(), address_id=None, method="stripe")
CASH = Choice(zones=(), address_id=None, method="cash")


async def stock_of(tx: Transaction, variant: int) -> tuple[int, int]:
    row = await tx.row(
        select(StockRow.quantity, StockRow.allocated).where(StockRow.variant_id == variant)
    )
    assert row is not None
    return row.quantity, row.allocated


async def test_a_cart_is_filled_changed_and_emptied(tx: Transaction, town) -> None:
    me = await town.person(tx)
    tea, cup = await town.goods(tx, "TEA", left=9), await town.goods(tx, "CUP", left=9, price=5_50)
    shop = town.at(tx)
    assert await shop.cart(me) is None
    await shop.add_to_cart(me, tea, 2)
    cart = await shop.add_to_cart(me, cup)
    assert [(line.sku, line.quantity) for line in cart.lines] == [("TEA", 2), ("CUP", 1)]
    assert cart.subtotal == Money(205_50, "KES")
    assert (await shop.set_quantity(me, tea, 1)).count == 2
    assert [line.sku for line in (await shop.remove(me, tea)).lines] == ["CUP"]
    await shop.clear(me)
    assert await shop.cart(me) is None


async def test_repeated_adds_stop_at_what_is_left_and_at_the_shops_limit(tx, town) -> None:
    me = await town.person(tx)
    few, many = await town.goods(tx, "FEW", left=3), await town.goods(tx, "MANY", left=500)
    shop = town.at(tx)
    await shop.add_to_cart(me, few, 2)
    with pytest.raises(OnlyLeft) as refused:
        await shop.add_to_cart(me, few, 2)
    assert (refused.value.left, refused.value.in_cart, refused.value.name) == (3, 2, "FEW")
    await shop.add_to_cart(me, many, 15)
    with pytest.raises(TooMany) as too_many:
        await shop.add_to_cart(me, many, 15)
    assert (too_many.value.most, too_many.value.in_cart) == (20, 15)
    assert {line.sku: line.quantity for line in (await shop.cart(me)).lines} == {
        "FEW": 2,
        "MANY": 15,
    }


async def test_what_is_sold_out_or_not_sold_cannot_be_added(tx, town) -> None:
    me = await town.person(tx)
    none = await town.goods(tx, "NONE", left=0)
    with pytest.raises(SoldOut):
        await town.at(tx).add_to_cart(me, none)
    with pytest.raises(NotFound):
        await town.at(tx).add_to_cart(me, 999_999_999)


async def test_one_cart_holds_things_of_one_currency(tx, town) -> None:
    me = await town.person(tx)
    other, _ = await town.open_business(tx, "other", currency="INR")
    here = await town.goods(tx, "HERE", left=1)
    there = await town.goods(tx, "THERE", left=1, business=other)
    await town.at(tx).add_to_cart(me, here)
    with pytest.raises(OtherCurrency) as refused:
        await town.at(tx).add_to_cart(me, there)
    assert refused.value.business_id == town.business
    await town.at(tx).clear(me)
    assert (await town.at(tx).add_to_cart(me, there)).subtotal.currency == "INR"


async def test_an_order_keeps_what_was_sold_and_holds_it(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=2, price=999)
    home = await town.address(tx, me)
    cart = await town.at(tx).add_to_cart(me, tea, 2)
    [order] = await town.at(tx).checkout(
        me, cart.version, Choice((town.zone,), home, "stripe", note="Ring twice")
    )
    assert (order.status, order.payment_status) == ("pending", "pending")
    assert (order.subtotal.amount, order.shipping.amount, order.total.amount) == (
        1998,
        20000,
        21998,
    )
    assert order.tax.amount == 276  # 1998 × 16 / 116 = 275.58
    assert order.address is not None and order.address.line == "House 7"
    assert order.customer_notes == "Ring twice"
    payment = await town.payments(tx).payment(order.payment_id)
    assert (payment.amount, payment.service_id) == (order.total, order.id)
    assert payment.expires_at == order.reserved_until
    somebody = await town.person(tx)
    with pytest.raises(SoldOut):
        await town.at(tx).add_to_cart(somebody, tea)
    assert order.order_number >= 1042


async def test_delivery_is_free_from_an_amount_on(tx, town) -> None:
    me = await town.person(tx)
    dear = await town.goods(tx, "DEAR", left=2, price=3000_00)
    await town.at(tx).add_to_cart(me, dear)
    assert (await town.at(tx).quote(me, [town.zone])).bills[0].totals.shipping == 0
    assert (await town.at(tx).quote(me)).total.amount == 3000_00
    with pytest.raises(NotOffered):
        await town.at(tx).quote(me, [999_999_999])


async def test_checkout_twice_gives_the_same_order(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=5)
    cart = await town.at(tx).add_to_cart(me, tea)
    [first] = await town.at(tx).checkout(me, cart.version, PICKUP)
    [again] = await town.at(tx).checkout(me, cart.version, PICKUP)
    assert first.id == again.id
    paid = await town.settle(tx, first)
    [same] = await town.at(tx).checkout(me, cart.version, PICKUP)
    assert same.status == paid.status == "paid"
    assert await tx.scalar(select(func.count()).select_from(OrderRow)) == 1


async def test_cash_twice_gives_the_same_order_and_the_business_hears_once(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=50)
    cart = await town.at(tx).add_to_cart(me, tea, 2)
    [first] = await town.at(tx).checkout(me, cart.version, CASH)
    [again] = await town.at(tx).checkout(me, cart.version, CASH)
    assert first.id == again.id
    assert (first.status, first.payment_status) == ("placed", "due")
    assert await stock_of(tx, tea) == (50, 2)
    assert town.told.tags(town.owner) == ["business-new-order"]
    assert await town.at(tx).cart(me) is None


async def test_a_pending_order_is_replaced_and_does_not_block_its_own_person(tx, town) -> None:
    me = await town.person(tx)
    last = await town.goods(tx, "LAST", left=1)
    cart = await town.at(tx).add_to_cart(me, last)
    [first] = await town.at(tx).checkout(me, cart.version, PICKUP)
    assert (await town.at(tx).cart(me)).lines[0].left == 1
    [second] = await town.at(tx).checkout(me, cart.version, CASH)
    assert second.id != first.id
    assert (await town.at(tx).order(me, first.id)).status == "cancelled"
    assert (await town.payments(tx).payment(first.payment_id)).status == "cancelled"
    assert await stock_of(tx, last) == (1, 1)
    [late] = await town.at(tx).mark_paid(first.id)
    assert isinstance(late, CannotFulfil)


async def test_a_refused_checkout_leaves_the_order_before_it_as_it_was(tx, town) -> None:
    """Its link was closed while the order went on waiting to be paid: it could be neither paid
    nor, when its time was over, taken up again."""
    me, other = await town.person(tx), await town.person(tx)
    rice = await town.goods(tx, "RICE", left=5)
    last = await town.goods(tx, "LAST", left=1)
    first = await town.order(tx, me, rice)
    cart = await town.at(tx).add_to_cart(me, last)
    await town.paid(tx, other, last)
    with pytest.raises(SoldOut):
        await town.at(tx).checkout(me, cart.version, PICKUP)
    assert (await town.at(tx).order(me, first.id)).status == "pending"
    assert (await town.payments(tx).payment(first.payment_id)).is_open


async def test_a_changed_price_is_said_before_paying(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=5)
    cart = await town.at(tx).add_to_cart(me, tea)
    await tx.execute(update(ProductRow).values(price=120_00))
    with pytest.raises(CartChanged) as changed:
        await town.at(tx).checkout(me, cart.version, PICKUP)
    (difference,) = changed.value.cart.differences
    assert isinstance(difference, PriceChanged)
    assert (difference.was.amount, difference.line.price.amount) == (100_00, 120_00)
    kept = await town.at(tx).keep_changes(me)
    assert kept is not None and not kept.differences
    [order] = await town.at(tx).checkout(me, kept.version, PICKUP)
    assert order.total.amount == 120_00


async def test_an_order_keeps_its_price_while_it_is_being_paid(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=5)
    order = await town.order(tx, me, tea)
    await tx.execute(update(ProductRow).values(price=120_00, is_active=False))
    paid = await town.settle(tx, order)
    assert (paid.total.amount, paid.items[0].price.amount) == (100_00, 100_00)


async def test_what_is_gone_or_short_leaves_the_cart_when_told(tx, town) -> None:
    me = await town.person(tx)
    tea, cup = await town.goods(tx, "TEA", left=5), await town.goods(tx, "CUP", left=5)
    await town.at(tx).add_to_cart(me, tea, 4)
    cart = await town.at(tx).add_to_cart(me, cup)
    await tx.execute(update(StockRow).where(StockRow.variant_id == tea).values(quantity=2))
    await tx.execute(update(VariantRow).where(VariantRow.id == cup).values(is_active=False))
    with pytest.raises(CartChanged) as changed:
        await town.at(tx).checkout(me, cart.version, PICKUP)
    assert [type(one) for one in changed.value.cart.differences] == [Short, Gone]
    kept = await town.at(tx).keep_changes(me)
    assert [(line.sku, line.quantity) for line in kept.lines] == [("TEA", 2)]


async def test_a_line_deleted_during_payment_gives_the_money_back(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=5)
    order = await town.order(tx, me, tea)
    await tx.execute(delete(ProductRow))
    [given_up] = await town.at(tx).mark_paid(order.id)
    assert isinstance(given_up, CannotFulfil)
    assert [(one.name, one.left) for one in given_up.missing] == [("TEA", 0)]
    assert (given_up.order.status, given_up.order.payment_status) == ("cancelled", "refunding")


async def test_an_older_summary_no_longer_checks_out(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=5)
    shown = await town.at(tx).add_to_cart(me, tea)
    await town.at(tx).add_to_cart(me, tea)
    with pytest.raises(CartChanged):
        await town.at(tx).checkout(me, shown.version, PICKUP)


async def test_nothing_and_what_is_not_offered_cannot_be_ordered(tx, town) -> None:
    me = await town.person(tx)
    with pytest.raises(EmptyCart):
        await town.at(tx).checkout(me, 0, PICKUP)
    careful, _ = await town.open_business(tx, "careful", NewShop(cash_on_delivery=False))
    tea = await town.goods(tx, "TEA", left=5, business=careful)
    cart = await town.at(tx).add_to_cart(me, tea)
    with pytest.raises(NotOffered):
        await town.at(tx).checkout(me, cart.version, PICKUP)
    assert "cash" not in (await town.at(tx).shop(careful)).methods


async def test_a_total_of_nothing_needs_no_payment(tx, town) -> None:
    me = await town.person(tx)
    gift = await town.goods(tx, "GIFT", left=5, price=0)
    order = await town.order(tx, me, gift)
    assert (order.status, order.payment_method, order.payment_id) == ("paid", "free", None)
    assert await stock_of(tx, gift) == (5, 1)
    assert "business-new-order" in town.told.tags(town.owner)


async def test_paid_once_however_often_it_is_said(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=6)
    order = await town.order(tx, me, tea, 2)
    await town.settle(tx, order)
    await town.settle(tx, order)
    assert await stock_of(tx, tea) == (6, 2)
    assert town.told.tags(me) == ["order-paid"]
    assert sorted(town.told.tags(town.owner)) == ["business-low-stock", "business-new-order"]
    moves = [event.move for event in await town.at(tx).order_events(me, order.id)]
    assert moves == ["place", "pay"]


async def test_what_was_added_during_payment_stays_in_the_cart(tx, town) -> None:
    me = await town.person(tx)
    tea, cup = await town.goods(tx, "TEA", left=9), await town.goods(tx, "CUP", left=9)
    order = await town.order(tx, me, tea, 2)
    await town.at(tx).add_to_cart(me, tea, 1)
    await town.at(tx).add_to_cart(me, cup, 1)
    await town.settle(tx, order)
    cart = await town.at(tx).cart(me)
    assert {line.sku: line.quantity for line in cart.lines} == {"TEA": 1, "CUP": 1}


async def test_paid_after_the_hold_lapsed_is_sent_when_there_is_enough(tx, town) -> None:
    me, other = await town.person(tx), await town.person(tx)
    tea = await town.goods(tx, "TEA", left=2)
    order = await town.order(tx, me, tea)
    town.later(minutes=36)
    assert await town.at(tx).expire_unpaid_orders() == 1
    assert town.told.tags(me) == ["order-expired"]
    await town.paid(tx, other, tea)
    assert (await town.settle(tx, order)).status == "paid"
    assert await stock_of(tx, tea) == (2, 2)


async def test_paid_after_the_hold_lapsed_and_sold_out_is_given_back(tx, town) -> None:
    me, other = await town.person(tx), await town.person(tx)
    tea = await town.goods(tx, "TEA", left=1)
    order = await town.order(tx, me, tea)
    town.later(minutes=36)  # nobody swept: expiry is part of the question
    await town.paid(tx, other, tea)
    [given_up] = await town.at(tx).mark_paid(order.id)
    assert isinstance(given_up, CannotFulfil)
    assert [(one.wanted, one.left) for one in given_up.missing] == [(1, 0)]
    assert isinstance((await town.at(tx).mark_paid(order.id))[0], CannotFulfil)
    assert await stock_of(tx, tea) == (1, 1)
    assert (await town.at(tx).mark_refunded(order.id)).payment_status == "refunded"


async def test_a_hold_of_somebody_else_counts_against_a_late_payment(tx, town) -> None:
    me, other = await town.person(tx), await town.person(tx)
    tea = await town.goods(tx, "TEA", left=1)
    order = await town.order(tx, me, tea)
    town.later(minutes=36)
    await town.order(tx, other, tea)
    assert isinstance((await town.at(tx).mark_paid(order.id))[0], CannotFulfil)


async def test_failed_and_expired_let_go(tx, town) -> None:
    me, other = await town.person(tx), await town.person(tx)
    tea = await town.goods(tx, "TEA", left=1)
    order = await town.order(tx, me, tea)
    [failed] = await town.at(tx).payment_failed(order.id)
    assert (failed.status, failed.payment_status) == ("expired", "failed")
    assert (await town.at(tx).payment_expired(order.id))[0].payment_status == "failed"
    assert (await town.order(tx, other, tea)).status == "pending"
    assert await town.at(tx).cart(me) is not None


async def test_a_lapsed_order_is_renewed_while_there_is_enough(tx, town) -> None:
    me, other = await town.person(tx), await town.person(tx)
    tea = await town.goods(tx, "TEA", left=1)
    order = await town.order(tx, me, tea)
    town.later(minutes=36)
    await town.payments(tx).expire(order.payment_id)
    await town.at(tx).payment_expired(order.id)
    [renewed] = await town.at(tx).renew(me, order.id)
    assert renewed.status == "pending" and renewed.reserved_until > town.now
    assert (await town.at(tx).renew(me, order.id))[0].reserved_until == renewed.reserved_until
    with pytest.raises(SoldOut):
        await town.order(tx, other, tea)
    with pytest.raises(NotFound):
        await town.at(tx).renew(other, order.id)
    assert isinstance((await town.at(tx).mark_paid(order.id))[0], Order)


async def test_sweeping_only_tidies(tx, town) -> None:
    me = await town.person(tx)
    tea = await town.goods(tx, "TEA", left=1)
    await town.order(tx, me, tea)
    assert await town.at(tx).expire_reservations() == 0
    town.later(minutes=36)
    assert await town.at(tx).expire_reservations() == 1
    assert await tx.scalar(select(func.count()).select_from(ReservationRow)) == 0
