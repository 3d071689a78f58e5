"""An amount of money as people type it, in currencies of 0, 2 and 3 decimals."""

import pytest

from bot.dialog import NotUnderstood, Said
from services.ground.money import Money


def read(words: str, currency: str = "KES") -> int:
    return Said(text=words).money(Money(1, currency), Money(10**8, currency)).amount


@pytest.mark.parametrize(
    ("words", "currency", "amount"),
    [
        ("500", "KES", 500_00),
        ("Ksh 1,250.50 please", "KES", 1_250_50),
        ("1,000", "KES", 1_000_00),
        ("0.05", "KES", 5),
        ("top up 300", "KES", 300_00),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1_234),
        ("7", "KWD", 7_000),
        ("500.", "KES", 500_00),
    ],
)
def test_an_amount_is_read_to_the_unit(words: str, currency: str, amount: int) -> None:
    assert read(words, currency) == amount


@pytest.mark.parametrize(
    ("words", "currency"),
    [
        ("lots", "KES"),
        ("", "KES"),
        ("0", "KES"),
        ("0.005", "KES"),
        ("1.5", "JPY"),
        ("1,0000", "KES"),
        ("1.2345", "KWD"),
        ("1000001", "KES"),
        ("999999999999999999999", "KES"),
    ],
)
def test_what_is_no_amount_is_asked_for_again(words: str, currency: str) -> None:
    with pytest.raises(NotUnderstood, match="Please type an amount from"):
        read(words, currency)
