"""Orders of several sellers that are paid together: each has its own part of the money."""

import pytest

from services import open_services
from services.ground.errors import NotFound
from services.ground.money import Money
from services.ledger import account as accounts
from services.payments import Refund, Request, Status
from services.payments.errors import TooMuch
from services.payments.receipts import Wanted
from services.receipts import contents
from services.settled import SettledServices
from services.shopping import (
    Order,
    OrderStatus,
    PaymentStatus,
)
from tests.services.shopping.market import (
    Market,
    balance,
    books,
    open_market,
    shillings,
    went_back,
)


@pytest.fixture
async def market(tx, town) -> Market:
    return await open_market(tx, town)


@pytest.fixture
async def me(tx, town) -> int:
    return int(await town.person(tx))


# -- together ----------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["swept", "payment_expired", "payment_failed"])
async def test_unpaid_they_lapse_together_and_are_taken_up_together(
    tx, town, market, me, end
) -> None:
    first, second = await market.order(tx, me)
    town.later(minutes=36)
    shop = town.at(tx)
    if end == "swept":
        assert await shop.expire_unpaid_orders() == 2
    else:
        await getattr(shop, end)(first.id)
    lapsed = await shop.purchase(me, second.id)
    assert [order.status for order in lapsed] == [OrderStatus.EXPIRED] * 2
    assert town.told.tags(me).count("order-expired") == 1
    renewed = await shop.renew(me, second.id)
    assert [order.status for order in renewed] == [OrderStatus.PENDING] * 2
    assert await shop.renew(me, first.id) == await shop.purchase(me, first.id)
    await town.settle(tx, second)
    paid = await shop.purchase(me, first.id)
    assert [order.status for order in paid] == [OrderStatus.PAID] * 2
    await books(tx, town)


async def test_one_that_is_called_off_unpaid_is_both(tx, town, market, me) -> None:
    first, second = await market.order(tx, me)
    await town.at(tx).cancel(second.id, me, "customer")
    off = await town.at(tx).purchase(me, first.id)
    assert [order.status for order in off] == [OrderStatus.CANCELLED] * 2
    assert (await market.payment(tx, first)).status is Status.CANCELLED
    assert (await town.at(tx).cart(me)).count == 2
    assert "business-order-cancelled" not in town.told.tags(market.owner)


async def late(tx, town, market, me, *, short: str) -> list[Order]:
    """Both lapse, somebody else takes the last of one, then the money comes."""
    first, second = await market.order(tx, me)
    town.later(minutes=36)
    await town.at(tx).expire_unpaid_orders()
    for sku in short.split():
        owner = town.owner if sku == "TEA" else market.owner
        await town.at(tx).set_stock(owner, sku, 0)
    await town.settle(tx, first)
    both: list[Order] = await town.at(tx).purchase(me, second.id)
    return both


async def test_paid_late_what_can_be_had_is_and_the_rest_goes_back(tx, town, market, me) -> None:
    first, second = await late(tx, town, market, me, short="MUG")
    assert (first.status, first.payment_status) == (OrderStatus.PAID, PaymentStatus.PAID)
    assert (second.status, second.payment_status) == (
        OrderStatus.CANCELLED,
        PaymentStatus.REFUNDING,
    )
    [refund] = await town.payments(tx).refunds(first.payment_id)
    assert (refund.amount, refund.reason, refund.business_id) == (
        second.total,
        "cannot_fulfil",
        market.business,
    )
    await books(tx, town)
    await went_back(tx, town, second, second.total)
    done = await town.at(tx).order(me, second.id)
    assert done.payment_status is PaymentStatus.REFUNDED
    assert (await town.at(tx).order(me, first.id)).payment_status is PaymentStatus.PAID
    assert await balance(tx, town, accounts.payable(market.business, "KES")) == 0
    assert await balance(tx, town, accounts.payable(town.business, "KES")) == 100_00
    await books(tx, town)


async def test_paid_late_with_nothing_left_all_of_it_goes_back(tx, town, market, me) -> None:
    both = await late(tx, town, market, me, short="TEA MUG")
    assert [order.status for order in both] == [OrderStatus.CANCELLED] * 2
    [refund] = await town.payments(tx).refunds(both[0].payment_id)
    assert (refund.amount, refund.business_id) == (shillings(160), None)
    await went_back(tx, town, both[0], shillings(160))
    both = await town.at(tx).purchase(me, both[0].id)
    assert [order.payment_status for order in both] == [PaymentStatus.REFUNDED] * 2
    await books(tx, town)


async def test_paid_again_after_all_was_settled_changes_nothing(tx, town, market, me) -> None:
    paid = await market.paid(tx, me)
    again = await town.at(tx).mark_paid(paid[1].id)
    assert again == paid


# -- money back --------------------------------------------------------------------------


async def test_one_called_off_gives_back_its_own_part_only(tx, town, market, me) -> None:
    first, second = await market.paid(tx, me)
    shop = town.at(tx)
    off = await shop.cancel(second.id, me, "customer")
    assert off.payment_status is PaymentStatus.REFUNDING
    assert (await shop.order(me, first.id)) == first
    assert "business-order-cancelled" not in town.told.tags(town.owner)
    await books(tx, town)
    await went_back(tx, town, second, second.total)
    assert (await shop.order(me, second.id)).payment_status is PaymentStatus.REFUNDED
    assert (await market.payment(tx, first)).status is Status.PARTLY_REFUNDED
    await shop.cancel(first.id, town.owner, "because", to_wallet=True)
    assert (await shop.order(me, first.id)).payment_status is PaymentStatus.REFUNDED
    assert (await market.payment(tx, first)).status is Status.REFUNDED
    assert await balance(tx, town, accounts.wallet(me, "KES")) == 100_00
    await books(tx, town)


async def test_a_seller_gives_back_no_more_than_its_part(tx, town, market, me) -> None:
    first, second = await market.paid(tx, me)
    shop = town.at(tx)
    assert await shop.returnable(second.id, market.owner) == second.total
    with pytest.raises(TooMuch):
        await shop.give_back(second.id, market.owner, shillings(61), "damaged", "key")
    done = await shop.give_back(second.id, market.owner, shillings(20), "damaged", "key")
    assert isinstance(done, Refund) and done.business_id == market.business
    assert await shop.returnable(second.id, market.owner) == shillings(40)
    assert await shop.returnable(first.id, town.owner) == first.total
    off = await shop.cancel(second.id, market.owner, "because")  # and the rest of it
    assert off.payment_status is PaymentStatus.REFUNDING
    await went_back(tx, town, second, shillings(60))
    assert (await shop.order(me, second.id)).payment_status is PaymentStatus.REFUNDED
    assert (await shop.order(me, first.id)).payment_status is PaymentStatus.PAID
    await books(tx, town)


async def test_each_seller_has_its_own_question_for_a_second_person(tx, town, market, me) -> None:
    businesses = town.businesses(tx)
    first, second = await market.paid(tx, me)
    shop, asked = town.at(tx), []
    for order, owner in ((first, town.owner), (second, market.owner)):
        await businesses.limit_refunds(order.business_id, Money(0, "KES"))
        done = await shop.give_back(order.id, owner, order.total, "damaged", "key")
        assert isinstance(done, Request)
        asked.append(done)
    assert (await shop.order_of_request(asked[1].id, market.owner)).id == second.id
    with pytest.raises(NotFound):
        await shop.order_of_request(asked[1].id, town.owner)
    helper = await town.person(tx)
    await businesses.add_member(market.business, helper, "manager", (), by=market.owner)
    await shop.decide_return(asked[1].id, helper, approve=True)
    [refund] = await town.payments(tx).refunds(first.payment_id)
    assert (refund.amount, refund.business_id) == (second.total, market.business)


async def test_refunds_done_in_another_order_are_told_apart(tx, town, market, me) -> None:
    """Both called off; the provider has given the later one back first."""
    first, second = await market.paid(tx, me)
    for order in (first, second):
        await town.at(tx).cancel(order.id, me, "customer")
    await went_back(tx, town, second, second.total)
    stands = [order.payment_status for order in await town.at(tx).purchase(me, first.id)]
    assert stands == [PaymentStatus.REFUNDING, PaymentStatus.REFUNDED]
    await went_back(tx, town, first, shillings(160))
    stands = [order.payment_status for order in await town.at(tx).purchase(me, first.id)]
    assert stands == [PaymentStatus.REFUNDED] * 2
    await books(tx, town)


async def test_a_receipt_is_of_one_order(tx, town, market, me) -> None:
    first, second = await market.paid(tx, me)
    await town.at(tx).give_back(second.id, market.owner, shillings(20), "damaged", "key")
    await went_back(tx, town, second, shillings(20))
    do = open_services(tx, town.now, town.told)
    wanted = Wanted(1, first.payment_id, me, "en", "UTC", market.business)
    receipt = await contents(do, wanted)
    assert [item.name for item in receipt.items] == ["MUG"]
    assert (receipt.total, receipt.refunded) == (second.total, shillings(20))
    assert receipt.seller is not None and receipt.seller.id == market.business
    assert receipt.number == f"{first.payment_id:06d}-{second.order_number}"


# -- who hears and sees what ---------------------------------------------------------------


async def test_a_seller_sees_its_own_order_only(tx, town, market, me) -> None:
    first, second = await market.paid(tx, me)
    shop = town.at(tx)
    assert await shop.purchase(market.owner, second.id) == [second]
    assert await shop.purchase(market.owner, first.id) == [second]  # of a payment: its own part
    with pytest.raises(NotFound):
        await shop.order(market.owner, first.id)
    page = await shop.orders_of_business(market.owner, market.business)
    assert [order.id for order in page.items] == [second.id]
    settled = SettledServices(lambda tx: open_services(tx, town.now, town.told))
    payment = await market.payment(tx, first)
    assert await settled.sellers(tx, payment) == [town.owner, market.owner]
