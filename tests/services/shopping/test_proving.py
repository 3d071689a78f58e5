"""Paid by transfer: shown by the buyer, found by the business, settled once."""

import asyncio

import pytest
from sqlalchemy import text

from services.ground.errors import NotFound
from services.ground.money import Money
from services.ground.transaction import Transaction
from services.ledger import Ledger
from services.ledger import account as accounts
from services.payments import ProofStatus, Status
from services.payments.errors import AlreadyDecided, NotAllowed, SamePerson
from services.shopping import CannotFulfil, NewShop, NotOffered, Order, OrderStatus
from tests.services.shopping.conftest import Town

KEY = f"{'0' * 64}.jpg"


@pytest.fixture
async def order(tx: Transaction, town: Town) -> Order:
    return await ordered(tx, town)


async def ordered(tx: Transaction, town: Town) -> Order:
    shop = NewShop(pickup_address="Market row 4", transfer_to="account 1")
    await town.at(tx).put_shop(town.business, shop)
    tea = await town.goods(tx, "TEA", left=9)
    return await town.order(tx, await town.person(tx), tea, 2, method="manual")


async def status(tx: Transaction, town: Town, order: Order) -> Status:
    return (await town.payments(tx).payment(order.payment_id or 0)).status


async def test_only_where_the_business_takes_it(tx: Transaction, town: Town) -> None:
    tea = await town.goods(tx, "TEA", left=9)
    with pytest.raises(NotOffered):
        await town.order(tx, await town.person(tx), tea, method="manual")


async def test_shown_and_found_it_is_paid_once(tx: Transaction, town: Town, order: Order) -> None:
    shop = town.at(tx)
    assert order.status is OrderStatus.PENDING
    proof = await shop.prove(order.id, order.user_id, KEY)
    assert await shop.waiting_proof(order) == proof
    assert await status(tx, town, order) is Status.PENDING
    assert "proof-sent" in town.told.tags(town.owner)
    paid = await shop.confirm_transfer(proof.id, town.owner)
    assert isinstance(paid, Order)
    assert (paid.status, await status(tx, town, order)) == (OrderStatus.PAID, Status.PAID)
    with pytest.raises(AlreadyDecided):
        await shop.confirm_transfer(proof.id, town.owner)
    with pytest.raises(AlreadyDecided):
        await shop.decline_transfer(proof.id, town.owner, None)
    with pytest.raises(NotAllowed):
        await shop.prove(order.id, order.user_id, KEY)


async def test_declined_it_is_told_and_may_be_shown_again(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    proof = await shop.prove(order.id, order.user_id, KEY)
    await shop.decline_transfer(proof.id, town.owner, "not there")
    assert "proof-decided" in town.told.tags(order.user_id)
    declined = await town.payments(tx).proof(proof.id)
    assert (declined.status, declined.why) == (ProofStatus.DECLINED, "not there")
    newer = await shop.prove(order.id, order.user_id, KEY)
    assert isinstance(await shop.confirm_transfer(newer.id, town.owner), Order)


async def test_a_newer_photo_takes_the_place_of_one_that_waits(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    older = await shop.prove(order.id, order.user_id, KEY)
    newer = await shop.prove(order.id, order.user_id, KEY)
    with pytest.raises(AlreadyDecided):
        await shop.confirm_transfer(older.id, town.owner)
    assert isinstance(await shop.confirm_transfer(newer.id, town.owner), Order)


async def test_nobody_else_shows_or_decides(tx: Transaction, town: Town, order: Order) -> None:
    shop = town.at(tx)
    with pytest.raises(NotFound):
        await shop.prove(order.id, town.owner, KEY)
    proof = await shop.prove(order.id, order.user_id, KEY)
    with pytest.raises(NotFound):
        await shop.confirm_transfer(proof.id, order.user_id)
    businesses = town.businesses(tx)
    await businesses.add_member(town.business, order.user_id, "agent", (), by=town.owner)
    with pytest.raises(SamePerson):  # who buys at their own shop
        await shop.confirm_transfer(proof.id, order.user_id)


async def test_called_off_meanwhile_what_came_goes_back(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    proof = await shop.prove(order.id, order.user_id, KEY)
    await shop.cancel(order.id, order.user_id, "customer")
    assert "business-order-cancelled" in town.told.tags(town.owner)
    assert isinstance(await shop.confirm_transfer(proof.id, town.owner), CannotFulfil)
    assert await status(tx, town, order) is Status.REFUNDED
    assert "payment-refunded" in town.told.tags(order.user_id)


async def test_found_when_the_goods_are_gone_it_goes_back(
    tx: Transaction, town: Town, order: Order
) -> None:
    town.later(hours=25)
    shop = town.at(tx)
    assert await shop.expire_unpaid_orders() == 1
    proof = await shop.prove(order.id, order.user_id, KEY)
    await tx.execute(text("UPDATE stock SET quantity = 1"))
    assert isinstance(await shop.confirm_transfer(proof.id, town.owner), CannotFulfil)
    assert await status(tx, town, order) is Status.REFUNDED


async def test_while_a_photo_waits_the_order_is_held(
    tx: Transaction, town: Town, order: Order
) -> None:
    proof = await town.at(tx).prove(order.id, order.user_id, KEY)
    town.later(days=3)
    shop = town.at(tx)
    assert await shop.expire_unpaid_orders() == 0
    assert (await shop.product(order.items[0].product_id or 0)).variants[0].left == 7
    await shop.decline_transfer(proof.id, town.owner, None)
    town.later(hours=25)
    assert await town.at(tx).expire_unpaid_orders() == 1


async def test_it_has_left_the_cart_and_stands_beside_another_order(
    tx: Transaction, town: Town, order: Order
) -> None:
    shop = town.at(tx)
    assert await shop.cart(order.user_id) is None
    flour = await town.goods(tx, "FLOUR", left=9)
    other = await town.order(tx, order.user_id, flour)
    assert (await shop.order(order.user_id, order.id)).status is OrderStatus.PENDING
    proof = await shop.prove(order.id, order.user_id, KEY)
    await shop.confirm_transfer(proof.id, town.owner)
    assert (await shop.order(order.user_id, other.id)).status is OrderStatus.PENDING
    cart = await shop.cart(order.user_id)
    assert cart is not None and [line.variant_id for line in cart.lines] == [flour]


async def test_it_does_not_go_into_a_wallet(tx: Transaction, town: Town, order: Order) -> None:
    """The platform never had the money: whoever sells could fill wallets with nothing."""
    shop = town.at(tx)
    proof = await shop.prove(order.id, order.user_id, KEY)
    await shop.confirm_transfer(proof.id, town.owner)
    with pytest.raises(NotAllowed):
        await shop.cancel(order.id, order.user_id, "customer", to_wallet=True)


async def test_twenty_taps_of_two_members_at_once_pay_once(connect, busy_town: Town) -> None:
    town = busy_town
    async with connect() as tx:
        order = await ordered(tx, town)
        proof = await town.at(tx).prove(order.id, order.user_id, KEY)
        second = await town.person(tx)
        await town.businesses(tx).add_member(town.business, second, "agent", (), by=town.owner)

    async def tap(member: int) -> str:
        try:
            async with connect() as tx:
                await town.at(tx).confirm_transfer(proof.id, member)
                return "paid"
        except AlreadyDecided:
            return "late"

    taps = (tap(member) for member in (town.owner, second) * 10)
    assert sorted(await asyncio.gather(*taps)) == ["late"] * 19 + ["paid"]
    async with connect() as tx:
        ledger = Ledger(tx=tx, now=town.now)
        taken = await ledger.balance(accounts.cash(town.business, "KES"))
        assert taken == Money(-order.total.amount, "KES")
