"""Carts of several sellers, and ordering: one order each, under one payment."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from services import open_services
from services.ledger import Journal, Ledger, NotEnough
from services.ledger import account as accounts
from services.payments import Status
from services.payments.provider import Came, Mark
from services.payments.settling import Settler
from services.settled import SettledServices
from services.shopping import (
    Choice,
    NewShop,
    NewVoucher,
    NotOffered,
    OrderStatus,
    PaymentStatus,
    VoucherRefused,
    Why,
)
from services.shopping.facts import NewOrder
from services.shopping.tables import CartItemRow, OrderRow
from services.shopping.voucher import Kind
from tests.services.shopping.market import (
    Market,
    balance,
    books,
    open_market,
    shillings,
)


@pytest.fixture
async def market(tx, town) -> Market:
    return await open_market(tx, town)


@pytest.fixture
async def me(tx, town) -> int:
    return int(await town.person(tx))


# -- the cart ----------------------------------------------------------------------------


async def test_a_cart_is_shown_by_seller(tx, town, market, me) -> None:
    shop = town.at(tx)
    await market.filled(tx, me, teas=2)
    more = await town.goods(tx, "RICE", left=5, price=30_00)
    cart = await shop.add_to_cart(me, more)
    assert [part.business_id for part in cart.parts] == [town.business, market.business]
    assert [part.subtotal for part in cart.parts] == [shillings(230), shillings(60)]
    assert cart.subtotal == shillings(290)
    left = await shop.remove(me, market.mug)
    assert [part.business_id for part in left.parts] == [town.business]


async def test_the_database_keeps_a_cart_to_one_currency(tx, town, market, me) -> None:
    await market.filled(tx, me)
    with pytest.raises(IntegrityError):
        await tx.execute(
            update(CartItemRow).where(CartItemRow.variant_id == market.mug).values(currency="INR")
        )


async def test_a_voucher_counts_on_its_sellers_part_only(tx, town, market, me) -> None:
    shop = town.at(tx)
    half = await town.voucher(tx, "HALF", Kind.PERCENT, basis_points=5000)
    await market.filled(tx, me)
    await shop.use_voucher(me, "half")
    quote = await shop.quote(me)
    assert [bill.totals.discount for bill in quote.bills] == [50_00, 0]
    theirs = NewVoucher("HALF", Kind.FIXED, amount=10_00)
    other = await shop.make_voucher(market.owner, market.business, theirs)
    await shop.use_voucher(me, "HALF")  # of both shops: now of the one it is not on yet
    quote = await shop.quote(me)
    assert (quote.counted, quote.total) == ((half.id, other.id), shillings(100))
    cart = await shop.cart(me)
    both = Choice((), None, "stripe", vouchers=(half.id, other.id))
    orders = await shop.checkout(me, cart.version, both)
    assert [order.voucher_id for order in orders] == [half.id, other.id]
    assert [order.total for order in orders] == [shillings(50), shillings(50)]
    dropped = await shop.drop_vouchers(me)
    assert {part.voucher_id for part in dropped.parts} == {None}


async def test_a_voucher_leaves_with_the_last_thing_of_its_seller(tx, town, market, me) -> None:
    shop = town.at(tx)
    await town.voucher(tx)
    await market.filled(tx, me)
    await shop.use_voucher(me, "KARIBU")
    await shop.remove(me, market.tea)
    cart = await shop.add_to_cart(me, market.tea)
    assert {part.voucher_id for part in cart.parts} == {None}
    await shop.remove(me, market.tea)
    with pytest.raises(VoucherRefused) as refused:
        await shop.use_voucher(me, "KARIBU")
    assert refused.value.why is Why.OTHER_SHOP


# -- ordering ----------------------------------------------------------------------------


async def test_one_order_a_seller_under_one_payment(tx, town, market, me) -> None:
    first, second = await market.order(tx, me)
    assert (first.business_id, second.business_id) == (town.business, market.business)
    assert (first.status, second.status) == (OrderStatus.PENDING, OrderStatus.PENDING)
    assert first.payment_id == second.payment_id and first.reserved_until == second.reserved_until
    payment = await market.payment(tx, first)
    assert payment.amount == first.total + second.total == shillings(160)
    assert payment.description == f"#{first.order_number}, #{second.order_number}"
    await town.settle(tx, first)
    paid = await town.at(tx).purchase(me, second.id)
    assert [order.status for order in paid] == [OrderStatus.PAID] * 2
    assert await town.at(tx).cart(me) is None
    assert town.told.tags(me).count("order-paid") == 1  # one message, of both
    for owner, order in ((town.owner, first), (market.owner, second)):
        heard = [fact for fact in town.told.facts.values() if isinstance(fact, NewOrder)]
        mine = [fact.order_id for fact in heard if fact.user_id == owner]
        assert mine == [order.id]
    assert await balance(tx, town, accounts.payable(town.business, "KES")) == 100_00
    assert await balance(tx, town, accounts.payable(market.business, "KES")) == 60_00
    await books(tx, town)


async def test_the_same_checkout_twice_is_the_same_orders(tx, town, market, me) -> None:
    version = await market.filled(tx, me)
    choice = Choice((), None, "stripe")
    first = await town.at(tx).checkout(me, version, choice)
    assert await town.at(tx).checkout(me, version, choice) == first
    other = await town.at(tx).checkout(me, version, Choice((), None, "cash"))
    assert {order.status for order in other} == {OrderStatus.PLACED}
    replaced = await town.at(tx).purchase(me, first[0].id)
    assert [order.status for order in replaced] == [OrderStatus.CANCELLED] * 2
    assert (await market.payment(tx, first[0])).status is Status.CANCELLED


async def test_each_seller_brings_it_or_has_it_fetched(tx, town, market, me) -> None:
    shop = town.at(tx)
    version, address = await market.filled(tx, me), await town.address(tx, me)
    choice = Choice((town.zone,), address, "cash")
    assert (await shop.quote(me, choice.zones)).total == shillings(360)
    brought, fetched = await shop.checkout(me, version, choice)
    assert (brought.delivery, brought.shipping) == ("delivery", shillings(200))
    assert (fetched.delivery, fetched.address) == ("pickup", None)


async def test_a_zone_of_nobody_in_the_cart_is_not_offered(tx, town, market, me) -> None:
    version = (await town.at(tx).add_to_cart(me, market.mug)).version
    address = await town.address(tx, me)
    with pytest.raises(NotOffered):
        await town.at(tx).checkout(me, version, Choice((town.zone,), address, "cash"))


async def test_only_what_every_seller_takes_is_offered(tx, town, market, me) -> None:
    shop = town.at(tx)
    both = NewShop(pickup_address="Here", transfer_to="Bank 1")
    await shop.put_shop(town.business, both)
    await shop.put_shop(
        market.business, NewShop(pickup_address="There", transfer_to="2", cash_on_delivery=False)
    )
    alone = await shop.add_to_cart(me, market.tea)
    assert await shop.methods(alone) == ("stripe", "cash", "manual", "wallet")
    version = await market.filled(tx, me)
    assert await shop.methods(await shop.cart(me)) == ("stripe", "wallet")
    for method in ("cash", "manual"):
        with pytest.raises(NotOffered):
            await shop.checkout(me, version, Choice((), None, method))


async def test_cash_is_for_each_seller_alone(tx, town, market, me) -> None:
    first, second = await market.order(tx, me, "cash")
    assert first.payment_id != second.payment_id
    shop = town.at(tx)
    await shop.cancel(first.id, town.owner, "because")
    kept = await shop.order(me, second.id)
    assert kept.status is OrderStatus.PLACED
    for verb in (shop.accept, shop.ship, shop.deliver):
        await verb(second.id, market.owner)
    assert await balance(tx, town, accounts.cash(market.business, "KES")) == -60_00
    await books(tx, town)


async def test_from_the_wallet_all_or_nothing(tx, town, market, me) -> None:
    purse = accounts.wallet(me, "KES")
    ledger = Ledger(tx=tx, now=town.now)
    fill = {accounts.clearing("stripe", "KES"): -159_99, purse: 159_99}
    await ledger.post(Journal("filled", "captured", fill))
    with pytest.raises(NotEnough):
        await market.order(tx, me, "wallet")
    assert await tx.scalar(select(OrderRow.id)) is None
    more = {accounts.clearing("stripe", "KES"): -1, purse: 1}
    await ledger.post(Journal("filled more", "captured", more))
    cart = await town.at(tx).cart(me)
    orders = await town.at(tx).checkout(me, cart.version, Choice((), None, "wallet"))
    assert [order.status for order in orders] == [OrderStatus.PAID] * 2
    assert await balance(tx, town, purse) == 0
    off = await town.at(tx).cancel(orders[1].id, me, "customer")
    assert off.payment_status is PaymentStatus.REFUNDED
    assert await balance(tx, town, purse) == 60_00
    assert await balance(tx, town, accounts.payable(town.business, "KES")) == 100_00
    assert (await town.at(tx).order(me, orders[0].id)).status is OrderStatus.PAID
    await books(tx, town)


async def test_a_part_that_costs_nothing_needs_no_provider(tx, town, market, me) -> None:
    shop = town.at(tx)
    voucher = await town.voucher(tx, "ALL", amount=100_00)
    await market.filled(tx, me)
    await shop.use_voucher(me, "ALL")
    cart = await shop.cart(me)
    choice = Choice((), None, "stripe", vouchers=(voucher.id,))
    free, paid = await shop.checkout(me, cart.version, choice)
    assert (free.payment_method, free.payment_id, free.total.amount) == ("free", None, 0)
    assert (await market.payment(tx, paid)).amount == paid.total
    assert free.status is OrderStatus.PENDING  # it waits for the other
    await town.settle(tx, paid)
    both = await shop.purchase(me, free.id)
    assert [order.status for order in both] == [OrderStatus.PAID] * 2
    assert (await shop.cancel(free.id, me, "customer")).payment_status is PaymentStatus.CANCELLED
    assert (await shop.cancel(paid.id, me, "customer")).payment_status is PaymentStatus.REFUNDING
    await books(tx, town)


# -- what the database keeps -----------------------------------------------------------------


@pytest.mark.parametrize("field", ["paid_with", "voucher_id", "payment_id", "currency"])
async def test_the_database_keeps_orders_apart(tx, town, market, me, field) -> None:
    first, second = await market.order(tx, me)
    other = (await market.order(tx, await town.person(tx)))[0]
    voucher = await town.voucher(tx)
    values = {
        "paid_with": {"paid_with": other.id},  # another person's
        "voucher_id": {"voucher_id": voucher.id},  # another seller's
        "payment_id": {"payment_id": first.payment_id, "business_id": town.business},  # twice
        "currency": {"currency": "INR"},
    }[field]
    with pytest.raises(IntegrityError):
        await tx.execute(update(OrderRow).where(OrderRow.id == second.id).values(values))


async def test_a_whole_other_payment_of_them_is_given_back(tx, town, market, me) -> None:
    """The link of a checkout that was replaced is paid after all."""
    first, _ = await market.order(tx, me)
    payment = await market.payment(tx, first)
    cart = await town.at(tx).cart(me)
    await town.at(tx).checkout(me, cart.version, Choice((), None, "cash"))
    came = Came(Mark(payment=payment.uuid, attempt=payment.attempt), payment.amount)
    settled = SettledServices(lambda tx: open_services(tx, town.now, town.told))
    await Settler(tx, town.now, town.told, settled).settle(came)
    [refund] = await town.payments(tx).refunds(payment.id)
    assert (refund.amount, refund.reason) == (payment.amount, "cannot_fulfil")
    await books(tx, town)
