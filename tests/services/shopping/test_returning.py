"""Giving money back: alone up to the limit, above it by two, and never twice."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.businesses import Businesses
from services.ground.errors import NotFound
from services.ground.money import CurrencyMismatch, Money
from services.ground.transaction import Transaction
from services.payments import Refund, Request, RequestStatus
from services.payments.errors import AlreadyDecided, NotAllowed, SamePerson, TooMuch
from services.payments.requests import NOT_POSSIBLE
from services.shopping import Order, OrderStatus
from tests.services.shopping.conftest import Town

LIMIT = Money(150_00, "KES")


@pytest.fixture
async def second(tx: Transaction, town: Town) -> int:
    """Another member of the business, which gives back 150 by one person."""
    person = await town.person(tx)
    businesses = town.businesses(tx)
    await businesses.add_member(town.business, person, "manager", (), by=town.owner)
    await businesses.limit_refunds(town.business, LIMIT)
    return person


@pytest.fixture
async def order(tx: Transaction, town: Town) -> Order:
    """Three of a hundred each, paid by link."""
    tea = await town.goods(tx, "TEA", left=9)
    return await town.paid(tx, await town.person(tx), tea, 3)


def shillings(amount: int) -> Money:
    return Money(amount * 100, "KES")


async def asked(tx: Transaction, town: Town, order: Order, amount: int = 200) -> Request:
    done = await town.at(tx).give_back(order.id, town.owner, shillings(amount), "damaged", "key")
    assert isinstance(done, Request)
    return done


async def test_up_to_the_limit_one_is_enough(
    tx: Transaction, town: Town, order: Order, second: int
) -> None:
    done = await town.at(tx).give_back(order.id, second, LIMIT, "damaged", "key")
    assert isinstance(done, Refund)
    assert (done.amount, done.reason) == (LIMIT, "damaged")
    again = await town.at(tx).give_back(order.id, second, LIMIT, "damaged", "key")
    assert isinstance(again, Request)  # counted with what went back before


async def test_a_limit_is_not_passed_in_small_steps(
    tx: Transaction, town: Town, order: Order, second: int
) -> None:
    shop = town.at(tx)
    assert isinstance(await shop.give_back(order.id, second, shillings(100), "a", "a"), Refund)
    assert isinstance(await shop.give_back(order.id, second, shillings(100), "b", "b"), Request)


async def test_above_it_another_approves_once(
    tx: Transaction, town: Town, order: Order, second: int
) -> None:
    request = await asked(tx, town, order)
    assert await town.payments(tx).refunds(order.payment_id or 0) == []
    assert "refund-request" in town.told.tags(second)
    assert "refund-request" not in town.told.tags(town.owner)
    with pytest.raises(SamePerson):
        await town.at(tx).decide_return(request.id, town.owner, approve=True)
    decided = await town.at(tx).decide_return(request.id, second, approve=True)
    assert (decided.status, decided.decided_by) == (RequestStatus.APPROVED, second)
    with pytest.raises(AlreadyDecided):
        await town.at(tx).decide_return(request.id, second, approve=False)
    [refund] = await town.payments(tx).refunds(order.payment_id or 0)
    assert (refund.amount, refund.reason) == (shillings(200), "damaged")
    assert "refund-decided" in town.told.tags(town.owner)


async def test_declined_nothing_moves_and_it_may_be_asked_again(
    tx: Transaction, town: Town, order: Order, second: int
) -> None:
    request = await asked(tx, town, order)
    declined = await town.at(tx).decide_return(request.id, second, approve=False, why="not ours")
    assert (declined.status, declined.why) == (RequestStatus.DECLINED, "not ours")
    assert await town.payments(tx).refunds(order.payment_id or 0) == []
    assert (await asked(tx, town, order)).id != request.id


async def test_while_one_is_open_another_is_that_one(
    tx: Transaction, town: Town, order: Order, second: int
) -> None:
    request = await asked(tx, town, order)
    same = await town.at(tx).give_back(order.id, second, shillings(250), "other", "other")
    assert same == request


async def test_what_cannot_go_back_any_more_is_declined(
    tx: Transaction, town: Town, order: Order, second: int
) -> None:
    request = await asked(tx, town, order)
    await town.payments(tx).refund(order.payment_id or 0, "elsewhere", "elsewhere", LIMIT)
    decided = await town.at(tx).decide_return(request.id, second, approve=True)
    assert (decided.status, decided.why) == (RequestStatus.DECLINED, NOT_POSSIBLE)
    assert len(await town.payments(tx).refunds(order.payment_id or 0)) == 1


async def test_never_more_than_is_left_nor_what_the_bank_has(
    tx: Transaction, town: Town, order: Order, second: int
) -> None:
    with pytest.raises(TooMuch):
        await asked(tx, town, order, 301)
    contested = text("UPDATE payments SET dispute = 'open' WHERE id = :id")
    await tx.execute(contested.bindparams(id=order.payment_id))
    with pytest.raises(NotAllowed):
        await asked(tx, town, order)
    assert await town.at(tx).returnable(order.id, second) == shillings(0)


async def test_strangers_neither_ask_nor_decide(
    tx: Transaction, town: Town, order: Order, second: int
) -> None:
    request = await asked(tx, town, order)
    stranger = await town.person(tx)
    with pytest.raises(NotFound):
        await town.at(tx).give_back(order.id, stranger, shillings(1), "x", "x")
    with pytest.raises(NotFound):
        await town.at(tx).decide_return(request.id, stranger, approve=True)
    with pytest.raises(NotFound):  # the buyer is no member either
        await town.at(tx).decide_return(request.id, order.user_id, approve=True)


async def test_the_database_wants_two_people(
    tx: Transaction, town: Town, order: Order, second: int
) -> None:
    request = await asked(tx, town, order)
    alone = "UPDATE refund_requests SET status = 'approved', decided_at = now(), decided_by = :by"
    with pytest.raises(IntegrityError, match="two_people"):
        await tx.execute(text(alone).bindparams(by=request.asked_by))


async def test_cash_that_all_went_back_ends_the_order(
    tx: Transaction, town: Town, second: int
) -> None:
    tea = await town.goods(tx, "TEA", left=9)
    order = await town.order(tx, await town.person(tx), tea, method="cash")
    shop = town.at(tx)
    await shop.accept(order.id, second)
    await shop.ship(order.id, second)
    await shop.deliver(order.id, second)
    await shop.give_back(order.id, second, order.total, "damaged", "key")
    assert (await shop.order(second, order.id)).status is OrderStatus.REFUNDED


async def test_the_limit_is_the_platform_s_until_there_is_an_own(
    tx: Transaction, town: Town
) -> None:
    businesses: Businesses = town.businesses(tx)
    assert (await businesses.get(town.business)).refund_limit == Money(10_000_00, "KES")
    changed = await businesses.limit_refunds(town.business, Money(0, "KES"))
    assert changed.refund_limit == Money(0, "KES")
    with pytest.raises(CurrencyMismatch):
        await businesses.limit_refunds(town.business, Money(1, "USD"))
    assert (await businesses.limit_refunds(town.business, None)).refund_limit.amount == 10_000_00


async def test_twenty_taps_at_once_give_back_once(connect, busy_town: Town) -> None:
    town = busy_town
    async with connect() as tx:
        second = await town.person(tx)
        await town.businesses(tx).add_member(town.business, second, "manager", (), by=town.owner)
        await town.businesses(tx).limit_refunds(town.business, LIMIT)
        tea = await town.goods(tx, "TEA", left=9)
        order = await town.paid(tx, await town.person(tx), tea, 3)
        request = await asked(tx, town, order)

    async def tap() -> str:
        try:
            async with connect() as tx:
                return (await town.at(tx).decide_return(request.id, second, approve=True)).status
        except AlreadyDecided:
            return "late"

    taps = await asyncio.gather(*(tap() for _ in range(20)))
    assert sorted(taps) == ["approved"] + ["late"] * 19
    async with connect() as tx:
        assert len(await town.payments(tx).refunds(order.payment_id or 0)) == 1
