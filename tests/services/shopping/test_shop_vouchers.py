"""Vouchers: what they take off, when they work, and that a use is taken and given back once."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from services.businesses.errors import NotPermitted
from services.ground.money import Money
from services.payments.errors import TooMuch
from services.shopping import (
    BadCode,
    CannotFulfil,
    CartChanged,
    Choice,
    CodeTaken,
    EmptyCart,
    Kind,
    NewShop,
    NewVoucher,
    NotFound,
    OnlyLeft,
    VoucherRefused,
    Why,
    code_of,
)
from services.shopping.tables import StockRow, VoucherRow, VoucherUseRow
from tests.services.shopping.conftest import MONDAY


def kes(amount: int) -> Money:
    return Money(amount, "KES")


@pytest.fixture
async def me(tx, town) -> int:
    return int(await town.person(tx))


@pytest.fixture
async def tea(tx, town) -> int:
    return int(await town.goods(tx, "TEA", left=50))


async def uses(tx) -> int:
    """How often vouchers were used: the counter and the rows agree."""
    counted = await tx.scalar(select(func.coalesce(func.sum(VoucherRow.uses), 0)))
    assert counted == await tx.scalar(select(func.count()).select_from(VoucherUseRow))
    return int(counted)


async def refused(tx, town, person: int, code: str = "KARIBU") -> VoucherRefused:
    with pytest.raises(VoucherRefused) as told:
        await town.at(tx).use_voucher(person, code)
    return told.value


# -- codes -----------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["KARIBU10", "karibu10", " Karibu 10 ", "ka ri\nbu 10"])
def test_a_code_is_compared_without_case_or_spaces(typed) -> None:
    assert code_of(typed) == "KARIBU10"


@pytest.mark.parametrize("typed", ["", "AB", "A" * 25, "10%", "naïve", "a_b_c", "كود"])
def test_what_cannot_be_a_code(typed) -> None:
    assert code_of(typed) is None


# -- what the business does ----------------------------------------------------------------


async def test_a_code_is_made_once(tx, town) -> None:
    made = await town.voucher(tx, " karibu 10")
    assert (made.code, made.amount, made.uses, made.is_active) == ("KARIBU10", kes(20_00), 0, True)
    with pytest.raises(CodeTaken):
        await town.voucher(tx, "Karibu10")
    with pytest.raises(BadCode):
        await town.voucher(tx, "ten %")
    other, owner = await town.open_business(tx, "other")
    theirs = NewVoucher("KARIBU10", Kind.DELIVERY)
    assert (await town.at(tx).make_voucher(owner, other, theirs)).id != made.id


async def test_only_who_leads_the_business_makes_and_switches(tx, town) -> None:
    voucher = await town.voucher(tx)
    stranger, agent = await town.person(tx), await town.person(tx)
    await town.businesses(tx).add_member(town.business, agent, "agent", (), by=town.owner)
    new = NewVoucher("MINE", Kind.DELIVERY)
    with pytest.raises(NotPermitted):
        await town.at(tx).make_voucher(agent, town.business, new)
    with pytest.raises(NotPermitted):
        await town.at(tx).switch_voucher(agent, voucher.id, on=False)
    assert [one.code for one in (await town.at(tx).vouchers(agent, town.business)).items] == [
        "KARIBU"
    ]
    with pytest.raises(NotFound):
        await town.at(tx).make_voucher(stranger, town.business, new)
    with pytest.raises(NotFound):
        await town.at(tx).switch_voucher(stranger, voucher.id, on=False)
    with pytest.raises(NotFound):
        await town.at(tx).vouchers(stranger, town.business)


async def test_they_are_listed_with_their_uses_those_that_are_off_last(tx, town, me, tea) -> None:
    for code in ("ONE", "TWO", "THREE"):
        voucher = await town.voucher(tx, code)
    await town.with_voucher(tx, me, tea, "TWO")
    await town.at(tx).switch_voucher(town.owner, voucher.id, on=False)
    page = await town.at(tx).vouchers(town.owner, town.business, limit=2)
    assert [(one.code, one.uses) for one in page.items] == [("TWO", 1), ("ONE", 0)]
    rest = await town.at(tx).vouchers(town.owner, town.business, page.next_offset, limit=2)
    assert page.has_more and [one.code for one in rest.items] == ["THREE"]


async def test_a_code_is_asked_for_only_where_one_could_work(tx, town, me, tea) -> None:
    shop = town.at(tx)
    assert not await shop.takes_vouchers(town.business)
    voucher = await town.voucher(tx, max_uses=1, ends_at=MONDAY + timedelta(days=1))
    assert await shop.takes_vouchers(town.business)
    await shop.switch_voucher(town.owner, voucher.id, on=False)
    assert not await shop.takes_vouchers(town.business)
    await shop.switch_voucher(town.owner, voucher.id, on=True)
    await town.with_voucher(tx, me, tea)
    assert not await shop.takes_vouchers(town.business)
    await town.voucher(tx, "SOON", starts_at=MONDAY + timedelta(days=1))
    assert not await shop.takes_vouchers(town.business)


@pytest.mark.parametrize(
    ("terms", "broken"),
    [
        ({"amount": 0}, "terms"),
        ({"amount": None}, "terms"),
        ({"kind": "percent", "amount": None, "basis_points": 10_001}, "terms"),
        ({"minimum": -1}, "minimum"),
        ({"max_uses": 0}, "limits"),
        ({"uses": -1}, "uses"),
        ({"max_uses": 3, "uses": 4}, "uses"),
        ({"code": "lower"}, "code"),
        ({"starts_at": MONDAY, "ends_at": MONDAY}, "dates"),
    ],
)
async def test_the_database_itself_refuses_what_makes_no_sense(tx, town, terms, broken) -> None:
    await town.voucher(tx)
    with pytest.raises(IntegrityError, match=f"ck_vouchers_{broken}"):
        await tx.execute(update(VoucherRow).values(**terms))


# -- what it takes off ---------------------------------------------------------------------


async def test_an_order_keeps_what_was_taken_off_each_line(tx, town, me) -> None:
    tea, cup = await town.goods(tx, "TEA", left=9), await town.goods(tx, "CUP", left=9, price=33_33)
    await town.voucher(tx, kind=Kind.PERCENT, basis_points=1000)
    await town.at(tx).add_to_cart(me, cup, 2)
    order = await town.with_voucher(tx, me, tea)
    assert (order.subtotal, order.discount, order.total) == (kes(166_66), kes(16_67), kes(149_99))
    assert [item.discount for item in order.items] == [kes(6_67), kes(10_00)]
    assert [item.total for item in order.items] == [kes(59_99), kes(90_00)]
    # Of the discounted line: 5999 × 16 / 116 = 827.4, 9000 × 16 / 116 = 1241.4
    assert [item.tax for item in order.items] == [kes(8_27), kes(12_41)]
    assert (order.tax, order.voucher) == (kes(20_68), "KARIBU")
    payment = await town.payments(tx).payment(order.payment_id)
    assert payment.amount == order.total


async def test_tax_on_top_is_of_what_is_left(tx, town) -> None:
    town.business, town.owner = await town.open_business(
        tx, "on-top", NewShop(tax_basis_points=1600, tax_included=False, pickup_address="Here")
    )
    me, tea = await town.person(tx), await town.goods(tx, "TEA", left=1)
    await town.voucher(tx)
    order = await town.with_voucher(tx, me, tea)
    assert (order.tax, order.total) == (kes(12_80), kes(92_80))


async def test_a_percentage_stops_at_its_cap(tx, town, me, tea) -> None:
    await town.voucher(tx, kind=Kind.PERCENT, basis_points=5000, most=30_00)
    assert (await town.with_voucher(tx, me, tea)).discount == kes(30_00)


async def test_free_delivery_takes_the_fee_away(tx, town, me, tea) -> None:
    await town.voucher(tx, kind=Kind.DELIVERY)
    home = await town.address(tx, me)
    order = await town.with_voucher(tx, me, tea, zones=(town.zone,), address_id=home)
    assert (order.shipping, order.discount, order.total) == (kes(0), kes(0), kes(100_00))
    assert (order.voucher, await uses(tx)) == ("KARIBU", 1)


async def test_free_delivery_is_not_spent_where_delivery_is_free(tx, town, me, tea) -> None:
    await town.voucher(tx, kind=Kind.DELIVERY)
    await town.at(tx).add_to_cart(me, tea)
    voucher = await town.at(tx).use_voucher(me, "KARIBU")
    quote = await town.at(tx).quote(me)
    assert quote.bills[0].refused is not None and quote.bills[0].refused.why is Why.NO_DELIVERY
    assert (quote.bills[0].voucher, quote.counted) == (voucher, ())
    cart = await town.at(tx).cart(me)
    [order] = await town.at(tx).checkout(me, cart.version, Choice((), None, "cash"))
    assert (order.voucher, await uses(tx)) == (None, 0)


async def test_a_total_of_nothing_needs_no_provider(tx, town, me, tea) -> None:
    await town.voucher(tx, amount=500_00)
    order = await town.with_voucher(tx, me, tea)
    assert (order.discount, order.total, order.tax) == (kes(100_00), kes(0), kes(0))
    assert (order.status, order.payment_method, order.payment_id) == ("paid", "free", None)
    assert await town.at(tx).cart(me) is None
    assert await uses(tx) == 1
    await town.at(tx).cancel(order.id, me, "customer")
    assert await uses(tx) == 0  # nothing was ever paid


async def test_what_goes_back_is_never_more_than_was_paid(tx, town, me, tea) -> None:
    await town.voucher(tx)
    order = await town.settle(tx, await town.with_voucher(tx, me, tea))
    shop = town.at(tx)
    assert await shop.returnable(order.id, town.owner) == kes(80_00)
    await shop.give_back(order.id, town.owner, kes(50_00), "damaged", "one")
    with pytest.raises(TooMuch):
        await shop.give_back(order.id, town.owner, kes(30_01), "damaged", "two")
    await shop.give_back(order.id, town.owner, kes(30_00), "damaged", "three")
    assert await shop.returnable(order.id, town.owner) == kes(0)
    assert await uses(tx) == 1


# -- when it works -------------------------------------------------------------------------


async def test_why_it_does_not_work_is_told(tx, town, me, tea) -> None:
    await town.at(tx).add_to_cart(me, tea)
    assert (await refused(tx, town, me, "NOBODY")).why is Why.UNKNOWN
    assert (await refused(tx, town, me, "10 % off")).why is Why.UNKNOWN
    tomorrow, yesterday = MONDAY + timedelta(days=1), MONDAY - timedelta(days=1)
    await town.voucher(tx, "SOON", starts_at=tomorrow)
    early = await refused(tx, town, me, "soon")
    assert (early.why, early.starts_at) == (Why.NOT_YET, tomorrow)
    await town.voucher(tx, "OVER", starts_at=yesterday, ends_at=MONDAY)
    assert (await refused(tx, town, me, "over")).why is Why.OVER
    await town.voucher(tx, "MUCH", minimum=130_50)
    little = await refused(tx, town, me, "much")
    assert (little.why, little.missing) == (Why.MINIMUM, kes(30_50))
    off = await town.voucher(tx, "OFF")
    await town.at(tx).switch_voucher(town.owner, off.id, on=False)
    assert (await refused(tx, town, me, "off")).why is Why.OFF
    other, owner = await town.open_business(tx, "other")
    await town.at(tx).make_voucher(owner, other, NewVoucher("THERE", Kind.DELIVERY))
    assert (await refused(tx, town, me, "there")).why is Why.OTHER_SHOP
    assert (await town.at(tx).cart(me)).parts[0].voucher_id is None


async def test_it_works_from_its_first_to_before_its_last_moment(tx, town, me, tea) -> None:
    await town.voucher(tx, starts_at=MONDAY, ends_at=MONDAY + timedelta(hours=1))
    await town.at(tx).add_to_cart(me, tea)
    await town.at(tx).use_voucher(me, "KARIBU")
    town.later(hours=1)
    assert (await refused(tx, town, me)).why is Why.OVER


async def test_with_nothing_in_the_cart_there_is_nothing_to_take_off(tx, town, me) -> None:
    await town.voucher(tx)
    with pytest.raises(EmptyCart):
        await town.at(tx).use_voucher(me, "KARIBU")


async def test_it_is_used_up_and_used_once_a_person(tx, town, me, tea) -> None:
    await town.voucher(tx, max_uses=2)
    await town.with_voucher(tx, me, tea, method="cash")
    await town.at(tx).add_to_cart(me, tea)
    assert (await refused(tx, town, me)).why is Why.BY_YOU
    second, third = await town.person(tx), await town.person(tx)
    await town.with_voucher(tx, second, tea, method="cash")
    await town.at(tx).add_to_cart(third, tea)
    assert (await refused(tx, town, third)).why is Why.USED_UP


async def test_putting_it_on_and_taking_it_off_makes_an_old_summary_void(tx, town, me, tea) -> None:
    await town.voucher(tx)
    shop = town.at(tx)
    shown = await shop.add_to_cart(me, tea)
    voucher = await shop.use_voucher(me, "KARIBU")
    cart = await shop.cart(me)
    with pytest.raises(CartChanged):
        await shop.checkout(me, shown.version, Choice((), None, "cash"))
    assert (await shop.use_voucher(me, " karibu ")).id == voucher.id
    assert (await shop.cart(me)).version == cart.version
    dropped = await shop.drop_vouchers(me)
    assert dropped.parts[0].voucher_id is None and await shop.drop_vouchers(me) == dropped
    with pytest.raises(CartChanged):
        await shop.checkout(me, cart.version, Choice((), None, "cash", vouchers=(voucher.id,)))
    with pytest.raises(CartChanged):
        await shop.checkout(me, dropped.version, Choice((), None, "cash", vouchers=(voucher.id,)))


async def test_what_has_gone_since_the_summary_is_said_before_paying(tx, town, me, tea) -> None:
    await town.voucher(tx, max_uses=1)
    shop = town.at(tx)
    await shop.add_to_cart(me, tea)
    voucher = await shop.use_voucher(me, "KARIBU")
    cart = await shop.cart(me)
    await town.with_voucher(tx, await town.person(tx), tea)
    with pytest.raises(VoucherRefused) as told:
        await shop.checkout(me, cart.version, Choice((), None, "cash", vouchers=(voucher.id,)))
    assert told.value.why is Why.USED_UP
    quote = await shop.quote(me)
    assert (quote.counted, quote.total.amount) == ((), 100_00)
    # Shown without it, it is ordered without it.
    [order] = await shop.checkout(me, cart.version, Choice((), None, "cash"))
    assert (order.total, order.voucher, await uses(tx)) == (kes(100_00), None, 1)


async def test_below_the_minimum_again_it_is_not_counted(tx, town, me, tea) -> None:
    await town.voucher(tx, minimum=200_00)
    shop = town.at(tx)
    await shop.add_to_cart(me, tea, 2)
    await shop.use_voucher(me, "KARIBU")
    assert (await shop.quote(me)).total.amount == 180_00
    await shop.set_quantity(me, tea, 1)
    quote = await shop.quote(me)
    assert quote.bills[0].refused is not None and quote.bills[0].refused.missing == kes(100_00)
    assert quote.total.amount == 100_00
    await shop.set_quantity(me, tea, 2)
    assert (await shop.quote(me)).total.amount == 180_00


# -- uses ----------------------------------------------------------------------------------


async def test_the_same_cart_again_replaces_the_use(tx, town, me, tea) -> None:
    await town.voucher(tx, max_uses=1)
    first = await town.with_voucher(tx, me, tea)
    assert (await town.again(tx, me)).id == first.id
    second = await town.again(tx, me, method="cash")
    assert second.id != first.id and second.discount == kes(20_00)
    assert (await town.at(tx).order(me, first.id)).status == "cancelled"
    assert await tx.scalar(select(VoucherUseRow.order_id)) == second.id
    assert await uses(tx) == 1


async def test_without_it_the_next_time_its_use_is_free(tx, town, me, tea) -> None:
    await town.voucher(tx, max_uses=1)
    await town.with_voucher(tx, me, tea)
    cart = await town.at(tx).drop_vouchers(me)
    [order] = await town.at(tx).checkout(me, cart.version, Choice((), None, "stripe"))
    assert (order.total, await uses(tx)) == (kes(100_00), 0)


@pytest.mark.parametrize("end", ["failed", "expired", "swept", "cancelled", "cash cancelled"])
async def test_what_ends_unpaid_gives_its_use_back_once(tx, town, me, tea, end) -> None:
    await town.voucher(tx, max_uses=3)
    await town.with_voucher(tx, await town.person(tx), tea)
    method = "cash" if end == "cash cancelled" else "stripe"
    order = await town.with_voucher(tx, me, tea, method=method)
    assert await uses(tx) == 2
    for _ in range(2):
        match end:
            case "failed":
                await town.at(tx).payment_failed(order.id)
            case "expired":
                await town.at(tx).payment_expired(order.id)
            case "swept":
                town.later(minutes=36)
                await town.at(tx).expire_unpaid_orders()
            case _:
                await town.at(tx).cancel(order.id, me, "customer")
        left = 0 if end == "swept" else 1  # the sweeper takes the other one too
        assert await uses(tx) == left


async def test_what_was_paid_keeps_its_use_when_it_is_called_off(tx, town, me, tea) -> None:
    await town.voucher(tx)
    order = await town.settle(tx, await town.with_voucher(tx, me, tea))
    await town.at(tx).cancel(order.id, town.owner, "out_of_stock")
    assert await uses(tx) == 1


async def test_an_order_taken_up_again_takes_its_use_again(tx, town, me, tea) -> None:
    await town.voucher(tx, max_uses=1)
    order = await town.with_voucher(tx, me, tea)
    await town.at(tx).payment_expired(order.id)
    for _ in range(2):
        assert (await town.at(tx).renew(me, order.id))[0].status == "pending"
        assert await uses(tx) == 1
    assert (await town.settle(tx, order)).status == "paid"
    assert await uses(tx) == 1


async def test_it_is_not_taken_up_again_when_the_voucher_is_gone(tx, town, me, tea) -> None:
    await town.voucher(tx, max_uses=1)
    order = await town.with_voucher(tx, me, tea)
    await town.at(tx).payment_expired(order.id)
    await town.with_voucher(tx, await town.person(tx), tea)
    with pytest.raises(VoucherRefused) as told:
        await town.at(tx).renew(me, order.id)
    assert told.value.why is Why.USED_UP
    assert await uses(tx) == 1


async def test_paid_late_it_stands_if_a_use_is_left(tx, town, me, tea) -> None:
    await town.voucher(tx, max_uses=1, ends_at=MONDAY + timedelta(minutes=35))
    order = await town.with_voucher(tx, me, tea)
    town.later(minutes=36)
    await town.at(tx).payment_expired(order.id)
    # It was promised while it worked, and the money for it came: the date is no hindrance.
    [paid] = await town.at(tx).mark_paid(order.id)
    assert (paid.status, await uses(tx)) == ("paid", 1)


async def test_paid_late_with_no_use_left_the_money_goes_back(tx, town, me, tea) -> None:
    await town.voucher(tx, max_uses=1)
    order = await town.with_voucher(tx, me, tea)
    await town.at(tx).payment_expired(order.id)
    await town.with_voucher(tx, await town.person(tx), tea)
    for _ in range(2):
        assert isinstance((await town.at(tx).mark_paid(order.id))[0], CannotFulfil)
        assert await uses(tx) == 1
    events = await town.at(tx).order_events(me, order.id)
    assert "voucher_gone" in [event.reason for event in events]


async def test_paid_late_the_use_of_the_order_it_replaces_is_its_own(tx, town, me, tea) -> None:
    await town.voucher(tx, max_uses=1)
    first = await town.with_voucher(tx, me, tea)
    await town.at(tx).payment_expired(first.id)
    second = await town.again(tx, me, method="stripe")
    assert second.id != first.id
    assert (await town.at(tx).mark_paid(first.id))[0].status == "paid"
    assert (await town.at(tx).order(me, second.id)).status == "cancelled"
    assert await tx.scalar(select(VoucherUseRow.order_id)) == first.id
    assert await uses(tx) == 1


async def test_an_order_that_cannot_be_made_takes_no_use(tx, town, me, tea) -> None:
    await town.voucher(tx)
    await town.at(tx).add_to_cart(me, tea, 2)
    await tx.execute(update(StockRow).values(quantity=1))
    with pytest.raises(OnlyLeft):
        await town.again(tx, me, method="cash")
    assert await uses(tx) == 0


async def test_the_next_cart_has_no_voucher(tx, town, me, tea) -> None:
    await town.voucher(tx, max_per_person=None)
    await town.with_voucher(tx, me, tea, method="cash")
    assert (await town.at(tx).add_to_cart(me, tea)).parts[0].voucher_id is None
    paid = await town.with_voucher(tx, me, tea)
    await town.at(tx).add_to_cart(me, tea, 3)  # more of it, while the money is awaited
    await town.settle(tx, paid)
    cart = await town.at(tx).cart(me)
    assert (cart.parts[0].voucher_id, cart.count) == (None, 3)


async def test_an_emptied_cart_has_no_voucher(tx, town, me, tea) -> None:
    await town.voucher(tx)
    shop = town.at(tx)
    for by in ("clearing", "removing"):
        await shop.add_to_cart(me, tea)
        await shop.use_voucher(me, "KARIBU")
        await (shop.clear(me) if by == "clearing" else shop.remove(me, tea))
        assert (await shop.add_to_cart(me, tea)).parts[0].voucher_id is None


async def test_an_order_takes_one_use_only(tx, town, me, tea) -> None:
    voucher = await town.voucher(tx)
    order = await town.with_voucher(tx, me, tea)
    again = insert(VoucherUseRow).values(
        voucher_id=voucher.id, order_id=order.id, user_id=me, taken_at=MONDAY
    )
    with pytest.raises(IntegrityError, match="uq_voucher_uses_order_id"):
        await tx.execute(again)
