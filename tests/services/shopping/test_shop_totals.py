"""Totals: parts add to the whole, tax is rounded half up, whatever the numbers."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.ground.money import Money
from services.shopping import Kind, Voucher
from services.shopping.totals import delivery_fee, line_total, spread, tax_of, totals

prices = st.integers(0, 10_000_000)
counts = st.integers(1, 999)
rates = st.integers(0, 10_000)


@given(prices, counts, rates, st.booleans())
def test_tax_of_a_line_is_the_exact_share_rounded_half_up(price, count, rate, included) -> None:
    line = line_total(price, count, rate, included)
    whole = Fraction(10_000 + rate if included else 10_000)
    exact = Fraction(price * count * rate) / whole
    assert line.total == price * count
    assert line.tax == int(exact + Fraction(1, 2))  # floor, because nothing is negative


@given(st.lists(st.tuples(prices, counts, rates), min_size=1, max_size=20), prices, st.booleans())
def test_the_parts_add_to_the_whole(lines, shipping, included) -> None:
    taxed = [line_total(price, count, rate, included) for price, count, rate in lines]
    sums = totals(taxed, shipping, included)
    assert sums.subtotal == sum(line.total for line in sums.lines)
    assert sums.tax == sum(line.tax for line in sums.lines)
    on_top = 0 if included else sums.tax
    assert sums.total == sums.subtotal - sums.discount + sums.shipping + on_top
    assert not included or sums.tax <= sums.subtotal


@given(
    st.lists(st.tuples(prices, counts, rates), min_size=1, max_size=20),
    st.integers(0, 10**12),
    prices,
    st.booleans(),
)
def test_a_discount_is_spread_over_the_lines(lines, wanted, shipping, included) -> None:
    costs = [price * count for price, count, _ in lines]
    discount = min(wanted, sum(costs))
    parts = spread(discount, costs)
    assert sum(parts) == discount
    for part, cost in zip(parts, costs, strict=True):
        assert 0 <= part <= cost
        # In proportion, to the very unit.
        assert abs(Fraction(part) - Fraction(discount * cost, sum(costs) or 1)) < 1
    taxed = [
        line_total(price, count, rate, included, part)
        for (price, count, rate), part in zip(lines, parts, strict=True)
    ]
    sums = totals(taxed, shipping, included)
    assert (sums.subtotal, sums.discount) == (sum(costs), discount)
    assert sums.tax == sum(line.tax for line in sums.lines)
    on_top = 0 if included else sums.tax
    assert sums.total == sums.subtotal - sums.discount + sums.shipping + on_top
    assert sums.total >= 0


@given(st.lists(st.tuples(prices, counts, rates), min_size=1, max_size=9), st.booleans())
def test_what_is_all_taken_off_bears_no_tax(lines, included) -> None:
    costs = [price * count for price, count, _ in lines]
    parts = spread(sum(costs), costs)
    taxed = [
        line_total(price, count, rate, included, part)
        for (price, count, rate), part in zip(lines, parts, strict=True)
    ]
    sums = totals(taxed, 0, included)
    assert (sums.total, sums.tax) == (0, 0)


def voucher(kind: Kind, amount=None, basis_points=None, most=None) -> Voucher:
    return Voucher(
        id=1, business_id=1, code="ABC", kind=kind,
        amount=None if amount is None else Money(amount, "KES"),
        basis_points=basis_points, most=None if most is None else Money(most, "KES"),
        minimum=Money(0, "KES"), starts_at=None, ends_at=None, max_uses=None,
        max_per_person=None, uses=0, is_active=True,
    )  # fmt: skip


@given(prices, st.integers(1, 10_000), st.none() | st.integers(1, 10_000_000))
def test_a_percentage_is_its_share_rounded_half_up_within_its_cap(subtotal, rate, most) -> None:
    off = voucher(Kind.PERCENT, basis_points=rate, most=most).off(Money(subtotal, "KES")).amount
    exact = int(Fraction(subtotal * rate, 10_000) + Fraction(1, 2))
    assert off == min(exact, subtotal if most is None else most)


@given(prices, st.integers(1, 10_000_000))
def test_an_amount_is_taken_off_as_far_as_the_goods_go(subtotal, amount) -> None:
    off = voucher(Kind.FIXED, amount=amount).off(Money(subtotal, "KES")).amount
    assert off == min(amount, subtotal)
    assert voucher(Kind.DELIVERY).off(Money(subtotal, "KES")).amount == 0


def test_half_a_cent_goes_up() -> None:
    assert tax_of(50, 100, tax_included=False) == 1  # 0.5
    assert tax_of(49, 100, tax_included=False) == 0  # 0.49
    assert tax_of(116, 1600, tax_included=True) == 16
    assert tax_of(3, 10_000, tax_included=True) == 2  # 1.5


def test_delivery_is_free_from_the_very_amount_on() -> None:
    assert delivery_fee(200, 1000, 999) == 200
    assert delivery_fee(200, 1000, 1000) == 0
    assert delivery_fee(200, None, 10**9) == 200
