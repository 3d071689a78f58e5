"""The wallet: filled by what really came, spent to the last unit and no further, given back to."""

import asyncio
import random

import pytest
from sqlalchemy import select

from services.ground.money import Money
from services.ground.transaction import Transaction
from services.ledger import NotEnough
from services.ledger.audit import differences, trial_balance
from services.ledger.tables import AccountRow
from services.payments import Payment, RefundStatus, Seller, Status
from services.payments.errors import NotAllowed, Overtaken, TooMuch
from services.payments.provider import Came, Mark, WentBack
from services.payments.settling import Settler
from services.settled import SettledServices

FIVE_HUNDRED = Money(500_00, "KES")


async def held(tx) -> dict[str, int]:
    """What is on the accounts that have something on them, by kind."""
    rows = await tx.rows(select(AccountRow.kind, AccountRow.balance).where(AccountRow.balance != 0))
    return {row.kind: row.balance for row in rows}


async def spend(purse, tx, amount: Money, order: int = 1):
    sellers = (Seller(purse.business_id, amount.amount, 1000),)
    return await purse.at(tx).payments.request(
        purse.user_id, amount, "order", order, f"#{order}", method="wallet", sellers=sellers
    )


async def test_a_top_up_is_there_when_the_money_came_and_told_once(tx, purse) -> None:
    wallet = purse.at(tx).wallet
    asked = await wallet.top_up(purse.user_id, FIVE_HUNDRED)
    assert asked.status is Status.CREATED
    assert await wallet.balances(purse.user_id) == []
    outcomes = [(await purse.came(tx, asked)).kind for _ in range(3)]
    assert outcomes == ["settled", "repeated", "repeated"]
    assert await wallet.balances(purse.user_id) == [FIVE_HUNDRED]
    assert [fact.tag for fact in purse.told.facts] == ["wallet-topped-up"]
    assert await held(tx) == {"clearing": -500_00, "wallet": 500_00}


@pytest.mark.parametrize("currency", ["JPY", "KES", "KWD"])
async def test_each_currency_is_a_wallet_of_its_own(tx, purse, currency) -> None:
    await purse.fill(tx, Money(1_230, currency))
    await purse.fill(tx, Money(40, currency))
    assert await purse.at(tx).wallet.balances(purse.user_id) == [Money(1_270, currency)]


async def test_paying_from_it_is_paid_at_once(tx, purse) -> None:
    await purse.fill(tx, FIVE_HUNDRED)
    paid = await spend(purse, tx, Money(480_00, "KES"))
    assert (paid.status, paid.paid_at is not None) == (Status.PAID, True)
    assert await held(tx) == {
        "clearing": -500_00,
        "wallet": 20_00,
        "payable": 432_00,
        "fees": 48_00,
    }


async def test_what_is_not_there_cannot_be_spent(tx, purse) -> None:
    await purse.fill(tx, FIVE_HUNDRED)
    with pytest.raises(NotEnough) as told:
        await purse.at(tx).payments.require_wallet(purse.user_id, Money(500_01, "KES"))
    assert told.value.left == FIVE_HUNDRED
    await purse.at(tx).payments.require_wallet(purse.user_id, FIVE_HUNDRED)
    with pytest.raises(Overtaken):
        await spend(purse, tx, Money(500_01, "KES"))


async def test_a_wallet_is_not_filled_from_a_wallet(tx, purse) -> None:
    with pytest.raises(NotAllowed):
        await purse.at(tx).payments.request(
            purse.user_id, FIVE_HUNDRED, "wallet", 1, "Wallet", method="wallet"
        )


async def test_a_statement_tells_what_went_in_and_out(tx, purse) -> None:
    await purse.fill(tx, FIVE_HUNDRED)
    await spend(purse, tx, Money(480_00, "KES"))
    lines = await purse.at(tx).wallet.statement(purse.user_id, "KES")
    assert [(one.move, one.amount.amount, one.balance.amount, one.about) for one in lines] == [
        ("paid", -480_00, 20_00, "#1"),
        ("top_up", 500_00, 500_00, "Wallet"),
    ]


async def test_what_was_paid_from_it_goes_back_to_it_at_once(tx, purse) -> None:
    await purse.fill(tx, FIVE_HUNDRED)
    paid = await spend(purse, tx, FIVE_HUNDRED)
    payments = purse.at(tx).payments
    part = await payments.refund(paid.id, "one item", "one", Money(1, "KES"))
    assert (part.status, part.to_wallet) == (RefundStatus.SUCCEEDED, True)
    await payments.refund(paid.id, "the rest", "two")
    with pytest.raises(TooMuch):
        await payments.refund(paid.id, "more", "three", Money(1, "KES"))
    assert await held(tx) == {"clearing": -500_00, "wallet": 500_00}
    tags = [fact.tag for fact in purse.told.facts]
    assert tags == ["wallet-topped-up", "payment-refunded", "payment-refunded"]


@pytest.mark.parametrize(("method", "holder"), [("stripe", "clearing"), ("cash", "cash")])
async def test_what_was_paid_otherwise_may_go_to_the_wallet(tx, purse, method, holder) -> None:
    """Whoever holds the money keeps it; the seller and the platform give up their parts."""
    payments = purse.at(tx).payments
    sellers = (Seller(purse.business_id, 1, 1000),)
    asked = await payments.request(
        purse.user_id, FIVE_HUNDRED, "order", 1, "#1", method=method, sellers=sellers
    )
    if method == "cash":
        await payments.cash_received(asked.id)
    else:
        came = Came(Mark(payment=asked.uuid, attempt=asked.attempt), asked.amount)
        await Settler(tx, asked.created_at, purse.told, Anybody()).settle(came)
    back = await payments.refund(asked.id, "sorry", "key", Money(200_00, "KES"), to_wallet=True)
    assert back.is_done
    assert await held(tx) == {
        holder: -500_00,
        "payable": 270_00,
        "fees": 30_00,
        "wallet": 200_00,
    }
    await payments.refund(asked.id, "all of it", "rest", to_wallet=True)
    assert await held(tx) == {holder: -500_00, "wallet": 500_00}


class Anybody:
    """The port Settled of a service that takes whatever comes."""

    async def paid(self, tx: Transaction, payment: Payment) -> bool:
        return True

    async def failed(self, tx: Transaction, payment: Payment) -> None: ...

    async def expired(self, tx: Transaction, payment: Payment) -> None: ...

    async def refunded(self, tx: Transaction, payment: Payment) -> None: ...

    async def sellers(self, tx: Transaction, payment: Payment) -> list[int]:
        return []


async def test_a_top_up_given_back_at_the_provider_takes_what_is_there(tx, purse) -> None:
    """The rest the platform stands in for: a wallet never falls below nothing."""
    filled = await purse.fill(tx, FIVE_HUNDRED)
    await spend(purse, tx, Money(450_00, "KES"))
    gone = WentBack(Mark(payment=filled.uuid, attempt=1), FIVE_HUNDRED)
    settler = Settler(tx, filled.created_at, purse.told, SettledServices(purse.at))
    assert (await settler.settle(gone)).kind == "settled"
    assert await held(tx) == {"payable": 405_00, "fees": 45_00, "suspense": -450_00}
    assert await purse.at(tx).wallet.balance(purse.user_id, "KES") == Money(0, "KES")


# -- many at once ------------------------------------------------------------------------


async def test_fifty_spend_at_once_and_never_overdraw(connect, busy_purse) -> None:
    async with connect() as tx:
        await busy_purse.fill(tx, FIVE_HUNDRED)

    async def pay(order: int) -> bool:
        try:
            async with connect() as tx:
                await spend(busy_purse, tx, Money(70_00, "KES"), order)
        except Overtaken:
            return False
        return True

    assert sum(await asyncio.gather(*(pay(order) for order in range(1, 51)))) == 7
    async with connect() as tx:
        balance = await busy_purse.at(tx).wallet.balance(busy_purse.user_id, "KES")
        assert balance == Money(10_00, "KES")
        assert [trial.total for trial in await trial_balance(tx)] == [0]
        assert await differences(tx) == []


async def test_in_and_out_at_once_never_waits_in_a_ring(connect, busy_purse) -> None:
    """Spending, giving back and filling meet on the same accounts, from every side."""
    purse, dice = busy_purse, random.Random(3)
    paid, asked = [], []
    async with connect() as tx:
        await purse.fill(tx, FIVE_HUNDRED)
        for order in range(1, 11):
            paid.append((await spend(purse, tx, Money(10_00, "KES"), order)).id)
            asked.append(await purse.at(tx).wallet.top_up(purse.user_id, Money(5_00, "KES")))

    async def back(payment_id: int) -> None:
        async with connect() as tx:
            await purse.at(tx).payments.refund(payment_id, "sorry", "key")

    async def fill(payment) -> None:
        async with connect() as tx:
            await purse.came(tx, payment)

    async def pay(order: int) -> None:
        async with connect() as tx:
            await spend(purse, tx, Money(1_00, "KES"), order)

    race = [*map(back, paid), *map(fill, asked), *(pay(order) for order in range(100, 130))]
    dice.shuffle(race)
    await asyncio.gather(*race)
    async with connect() as tx:
        balance = await purse.at(tx).wallet.balance(purse.user_id, "KES")
        assert balance == Money(500_00 + 50_00 - 30_00, "KES")
        assert await differences(tx) == []
