"""Cells of a product file: what they are read as, and what is refused rather than guessed."""

from datetime import datetime

import pytest

from services.shopping.sheets import cells
from services.shopping.sheets.cells import Broken, Formula, Unusable
from services.shopping.sheets.columns import BadFile, header


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("1250", 1250_00),
        ("1250.5", 1250_50),
        ("1,250.50", 1250_50),
        ("1.250,50", 1250_50),
        ("12.345,6", 12345_60),
        ("1 250,50", 1250_50),
        ("1\u00a0250,50", 1250_50),
        ("1'250.50", 1250_50),
        ("12,5", 12_50),
        ("1,250", 1250_00),
        ("1,250,000", 1_250_000_00),
        ("1.250.000", 1_250_000_00),
        ("12,50,000.00", 1_250_000_00),
        ("Ksh 1,250", 1250_00),
        ("Ksh. 1,250/-", 1250_00),
        ("1250/=", 1250_00),
        ("KES 0.10", 10),
        ("kes1250", 1250_00),
        (1250, 1250_00),
        (1250.5, 1250_50),
        (0.1 + 0.2, 30),
        ("+5", 5_00),
        ("５００", 500_00),
        ("0", 0),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_a_price_is_read_however_it_is_written(cell, minor) -> None:
    assert cells.amount(cell, "KES") == minor


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("1.250", "two ways"),
        ("USD 12", "currency"),
        ("$12", "currency"),
        ("1234.567", "too fine"),
        ("-5", "negative"),
        (-5.0, "negative"),
        ("5-", "currency"),
        (".5", "currency"),
        ("abc", "not a number"),
        ("1e5", "not a number"),
        ("1,2,3", "not a number"),
        ("1/2", "not a number"),
        ("1 2", "not a number"),
        ("--5", "not a number"),
        ("١٢٣", "not a number"),
        (True, "not a number"),
        (float("nan"), "not a number"),
        (float("inf"), "too much"),
        (1e308, "too much"),
        (10**400, "too much"),
        ("9" * 90, "too much"),
        ("0.001", "too fine"),
        (1.234, "too fine"),
        (Formula(), "formula"),
        (Broken(), "error"),
        (datetime(2026, 3, 2), "date"),  # noqa: DTZ001  a spreadsheet's has no zone
    ],
)
def test_what_is_no_price_or_could_be_two_is_refused(cell, why) -> None:
    with pytest.raises(Unusable) as refused:
        cells.amount(cell, "KES")
    assert refused.value.why == why


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("1.250", "KWD", 1250),
        ("¥1,250", "JPY", None),
        ("1,250", "JPY", 1250),
        ("1,250", "KWD", None),
        ("₹ 1,00,000", "INR", 100_000_00),
    ],
)
def test_decimals_are_those_of_the_currency(written, currency, minor) -> None:
    try:
        assert cells.amount(written, currency) == minor
    except Unusable:
        assert minor is None


@pytest.mark.parametrize(
    ("cell", "pieces"), [("40", 40), ("40.0", 40), (40.0, 40), ("1,200", 1200), ("", None)]
)
def test_a_count_is_whole(cell, pieces) -> None:
    assert cells.count(cell) == pieces


@pytest.mark.parametrize("cell", ["2.5", 2.5, "-1", "many", "40 pcs", 10**9, "1000001"])
def test_a_count_that_is_not_is_refused(cell) -> None:
    with pytest.raises(Unusable):
        cells.count(cell)


@pytest.mark.parametrize(
    ("cell", "sku"), [(1001.0, "1001"), (1001, "1001"), (" A-1 ", "A-1"), ("0012", "0012")]
)
def test_a_sku_is_what_was_typed(cell, sku) -> None:
    assert cells.sku(cell) == sku


@pytest.mark.parametrize("cell", ["1.23E+12", "4,5e+10", "x" * 101, Formula()])
def test_a_sku_that_a_spreadsheet_has_spoiled_is_refused(cell) -> None:
    with pytest.raises(Unusable):
        cells.sku(cell)


def test_what_cannot_be_seen_is_left_out() -> None:
    assert cells.text("a\0b\x07\ud800 c\r\nd", 20) == "a b c d"
    assert cells.text("one\r\ntwo\rthree", 20, lines=True) == "one\ntwo\nthree"


@pytest.mark.parametrize(
    ("cell", "path"),
    [
        ("Food>Fruit", "Food > Fruit"),
        ("Food", "Food"),
        ("", ""),
        (" Food  > Fruit ", "Food > Fruit"),
    ],
)
def test_a_shelf_within_a_shelf(cell, path) -> None:
    assert cells.category(cell) == path


@pytest.mark.parametrize("cell", [">", "Food >", "x" * 65])
def test_what_is_no_shelf(cell) -> None:
    with pytest.raises(Unusable):
        cells.category(cell)


def test_columns_are_known_by_several_names() -> None:
    head = header(["Item Code", "TITLE", "Selling_Price", "qty", "Supplier", None, ""])
    assert head.columns == ("sku", "name", "price", "stock", "", "", "")
    assert head.unknown == ("supplier",)


@pytest.mark.parametrize(
    ("names", "why"), [(["name", "price"], "no sku column"), (["sku", "code"], "column twice")]
)
def test_columns_that_cannot_be_told(names, why) -> None:
    with pytest.raises(BadFile) as bad:
        header(names)
    assert bad.value.why == why
