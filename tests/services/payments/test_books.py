"""What settling writes in the ledger: who has the money, whose it is, and all of it back again."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from services.businesses.tables import BusinessRow
from services.ground.money import Money, split
from services.ledger.audit import differences, trial_balance
from services.ledger.tables import AccountRow, JournalRow
from services.payments import Payment, Seller
from tests.services.payments.till import SHILLINGS, Till


@pytest.fixture
async def sellers(connect) -> list[int]:
    """Three businesses."""
    named = [
        {"slug": name, "name": name, "country": "KE", "currency": "KES", "time_zone": "UTC"}
        for name in ("basket", "honey", "tea")
    ]
    async with connect() as tx:
        return list(await tx.scalars(insert(BusinessRow).values(named).returning(BusinessRow.id)))


@pytest.fixture(autouse=True)
async def sums_to_zero(till: Till) -> Any:
    """Whatever a test does."""
    yield
    async with till.desk.begin() as tx:
        assert [trial.total for trial in await trial_balance(tx) if trial.total] == []
        assert await differences(tx) == []


async def balances(till: Till) -> dict[str, int]:
    """What is on the accounts that have something on them, by "kind" or "kind:owner"; with the
    provider is also what it kept for itself."""
    a = AccountRow
    async with till.desk.begin() as tx:
        rows = await tx.rows(select(a.kind, a.business_id, a.provider, a.balance).order_by(a.id))
    held: Counter[str] = Counter()
    for row in rows:
        kind = "clearing" if row.kind == "provider_fees" else row.kind
        owner = row.business_id or row.provider
        held[f"{kind}:{owner}" if owner else kind] += row.balance
    return {name: left for name, left in held.items() if left}


async def journals(till: Till) -> list[str]:
    """What was posted by settling."""
    settled = select(JournalRow.kind).where(JournalRow.kind != "provider_fee")
    async with till.desk.begin() as tx:
        return list(await tx.scalars(settled.order_by(JournalRow.id)))


async def paid(till: Till, amount: Money = SHILLINGS, **more: Any) -> Payment:
    payment = await till.asked(amount, **more)
    await till.person("pay", payment)
    await till.told()
    return await till.payment(payment.id)


def three(sellers: list[int], *dues: int, fee: int = 0) -> tuple[Seller, ...]:
    return tuple(Seller(one, due, fee) for one, due in zip(sellers, dues, strict=False))


# -- money in ------------------------------------------------------------------------


async def test_what_is_paid_is_the_sellers_and_a_fee_the_platforms(till, sellers) -> None:
    await paid(till, sellers=(Seller(sellers[0], 2_500_00, 250),))
    assert await balances(till) == {
        "clearing:stripe": -2_500_00,
        f"payable:{sellers[0]}": 2_437_50,
        f"fees:{sellers[0]}": 62_50,
    }


async def test_without_a_fee_all_of_it_is_the_sellers(till, sellers) -> None:
    await paid(till, sellers=three(sellers, 2_500_00))
    assert await balances(till) == {
        "clearing:stripe": -2_500_00,
        f"payable:{sellers[0]}": 2_500_00,
    }


@pytest.mark.parametrize(
    ("amount", "parts"),
    [
        (Money(100, "JPY"), (34, 33, 33)),
        (Money(100_01, "KES"), (33_34, 33_34, 33_33)),
        (Money(10_000, "KWD"), (3_334, 3_333, 3_333)),
    ],
    ids=lambda value: value.currency if isinstance(value, Money) else "",
)
async def test_several_sellers_share_to_the_unit(till, sellers, amount, parts) -> None:
    """In currencies of 0, 2 and 3 decimals; the platform has 10 % of each share."""
    await paid(till, amount, sellers=three(sellers, 1, 1, 1, fee=1000))
    held = await balances(till)
    whole = [held[f"payable:{one}"] + held[f"fees:{one}"] for one in sellers]
    assert tuple(whole) == parts
    assert [held[f"fees:{one}"] for one in sellers] == [round(part / 10) for part in parts]


async def test_the_fee_is_the_one_of_when_it_was_asked(till, connect, sellers) -> None:
    payment = await till.asked(sellers=three(sellers, 1, fee=500))
    async with connect() as tx:
        await tx.execute(update(BusinessRow).values(fee_basis_points=9_000))
    await till.tell(await till.about(payment))
    await till.jobs()
    assert (await balances(till))[f"fees:{sellers[0]}"] == 125_00


async def test_the_same_event_twenty_times_is_in_the_books_once(till, sellers) -> None:
    payment = await till.asked(sellers=three(sellers, 1))
    told = [await till.about(payment) for _ in range(20)]
    await asyncio.gather(*(till.tell(each) for each in told))
    await till.jobs()
    assert await journals(till) == ["captured"]


async def test_a_settling_that_dies_leaves_the_books_as_they_were(till, sellers) -> None:
    payment = await till.asked(sellers=three(sellers, 1))
    till.shop.breaks.append(RuntimeError("killed between charge and settle"))
    await till.tell(await till.about(payment))
    await till.jobs()
    assert await journals(till) == []


async def test_another_sum_is_not_in_the_books(till, sellers) -> None:
    payment = await till.asked(sellers=three(sellers, 1))
    await till.tell(await till.about(payment, amount_total=1))
    await till.jobs()
    assert await journals(till) == []


async def test_cash_is_with_the_seller_already(till, sellers) -> None:
    cash = await till.request(method="cash", sellers=three(sellers, 1, fee=1000))
    for _ in range(2):
        await till.call("cash_received", cash.id)
    assert await balances(till) == {
        f"payable:{sellers[0]}": 2_250_00,
        f"fees:{sellers[0]}": 250_00,
        f"cash:{sellers[0]}": -2_500_00,
    }


# -- what the provider keeps --------------------------------------------------------------


async def kept(till: Till) -> list[int]:
    fees = select(AccountRow.balance).where(AccountRow.kind == "provider_fees")
    async with till.desk.begin() as tx:
        return list(await tx.scalars(fees))


async def test_the_providers_fee_is_what_it_says_and_the_platforms_to_bear(till, sellers) -> None:
    await paid(till, sellers=three(sellers, 1))
    await till.jobs()
    assert await kept(till) == [-72_50]  # 2.9 %, as the emulator has it
    for _ in range(2):
        till.clock.let_pass(timedelta(hours=2))
        await till.jobs()
    assert await kept(till) == [-72_50]
    assert (await balances(till))[f"payable:{sellers[0]}"] == 2_500_00


async def test_a_fee_that_is_not_told_is_asked_for_again(till, sellers) -> None:
    payment = await till.asked(sellers=three(sellers, 1))
    await till.person("pay", payment)
    await till.faults(stripe_5xx=1.0)
    await till.told()
    assert await journals(till) == ["captured"]
    assert await kept(till) == []
    await till.faults(stripe_5xx=0.0)
    till.clock.let_pass(timedelta(hours=1, minutes=1))
    await till.jobs()
    assert await kept(till) == [-72_50]


async def test_a_fee_that_is_never_told_is_given_up(till, sellers) -> None:
    payment = await till.asked(sellers=three(sellers, 1))
    await till.tell(await till.about(payment))  # Stripe itself knows of no charge
    for _ in range(4):
        await till.jobs()
        till.clock.let_pass(timedelta(days=11))
    assert await kept(till) == []
    assert [attempt.fee_due_at for attempt in await till.attempts(payment.id)] == [None]


# -- money back ----------------------------------------------------------------------


async def test_a_refund_in_parts_takes_back_what_everybody_got(till, sellers) -> None:
    payment = await paid(till, Money(100_01, "KES"), sellers=three(sellers, 5, 3, 1, fee=333))
    for key, amount in (("one", 1), ("two", 33_33), ("three", 7), ("four", None)):
        back = None if amount is None else Money(amount, "KES")
        await till.call("refund", payment.id, "because", key, back)
        await till.jobs()
        held = await balances(till)
        assert all(left >= 0 for name, left in held.items() if not name.startswith("clearing"))
    assert await balances(till) == {}
    assert await journals(till) == ["captured", *4 * ["refunded"]]


async def test_a_refund_is_in_the_books_when_it_is_done_and_not_before(till, sellers) -> None:
    payment = await paid(till, sellers=three(sellers, 1))
    await till.call("refund", payment.id, "because", "key")
    assert await journals(till) == ["captured"]
    await till.jobs()
    assert await journals(till) == ["captured", "refunded"]


async def test_a_refund_at_the_providers_own_desk_is_in_the_books(till, sellers) -> None:
    payment = await paid(till, sellers=three(sellers, 1))
    await till.call("refund", payment.id, "a part", "key", Money(500_00, "KES"))
    await till.jobs()
    await till.person("refund", payment)
    await till.told()
    assert await balances(till) == {}
    assert await journals(till) == ["captured", "refunded", "refunded"]


async def test_cash_given_back_is_with_the_seller_no_more(till, sellers) -> None:
    cash = await till.request(method="cash", sellers=three(sellers, 1, fee=1000))
    await till.call("cash_received", cash.id)
    await till.call("refund", cash.id, "because", "key")
    assert await balances(till) == {}


async def test_what_cannot_be_fulfilled_is_nobodys_until_it_is_back(till, sellers) -> None:
    till.shop.can_fulfil = False
    payment = await till.asked(sellers=three(sellers, 1, fee=1000))
    await till.person("pay", payment)
    await till.faults(stripe_5xx=1.0)
    await till.told()
    assert await balances(till) == {"clearing:stripe": -2_500_00, "suspense": 2_500_00}
    await till.faults(stripe_5xx=0.0)
    till.clock.let_pass(timedelta(minutes=5))
    await till.jobs()
    assert await balances(till) == {}


async def test_paid_twice_the_second_is_nobodys_and_the_first_stays(till, sellers) -> None:
    link = await till.asked(sellers=three(sellers, 1))
    await till.person("pay", link)
    await till.call("cancel", link.id)
    cash = await till.request(method="cash", sellers=three(sellers, 1))
    await till.call("cash_received", cash.id)
    first = await balances(till)
    await till.told()
    await till.told()
    assert await journals(till) == ["captured", "captured", "refunded"]
    assert await balances(till) == first


async def test_what_came_before_there_was_a_ledger_goes_back_through_it(till, connect) -> None:
    payment = await till.asked()
    await till.person("pay", payment)
    await till.told()
    async with connect() as tx:
        for table in ("ledger_entries", "ledger_journals", "ledger_accounts"):
            await tx.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            await tx.execute(text(f"DELETE FROM {table}"))
            await tx.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    await till.call("refund", payment.id, "because", "key")
    await till.jobs()
    assert await journals(till) == ["captured", "refunded"]
    assert await balances(till) == {}


# -- the arithmetic ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (10, [0, 5], [0, 10]),
        (0, [3, 4], [0, 0]),
        (7, [70], [7]),
        (101, [50, 50, 1], [50, 50, 1]),
        (1, [1, 2, 3], [0, 0, 1]),
    ],
)
def test_an_amount_is_split_to_the_unit(amount, weights, parts) -> None:
    assert split(amount, weights) == parts
