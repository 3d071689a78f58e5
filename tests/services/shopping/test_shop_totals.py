"""Totals: parts add to the whole, tax is rounded half up, whatever the numbers."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.shopping.totals import delivery_fee, line_total, tax_of, totals

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


def test_half_a_cent_goes_up() -> None:
    assert tax_of(50, 100, tax_included=False) == 1  # 0.5
    assert tax_of(49, 100, tax_included=False) == 0  # 0.49
    assert tax_of(116, 1600, tax_included=True) == 16
    assert tax_of(3, 10_000, tax_included=True) == 2  # 1.5


def test_delivery_is_free_from_the_very_amount_on() -> None:
    assert delivery_fee(200, 1000, 999) == 200
    assert delivery_fee(200, 1000, 1000) == 0
    assert delivery_fee(200, None, 10**9) == 200
