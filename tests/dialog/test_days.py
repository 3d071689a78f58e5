"""Days as people type them."""

from datetime import date

import pytest

from bot.dialog import NotUnderstood
from handlers.chat.business.days import day_of

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("24.12.", date(2026, 12, 24)),
        (" 24. 12. 2026 ", date(2026, 12, 24)),
        ("24/12", date(2026, 12, 24)),
        ("24-12-2027", date(2027, 12, 24)),
        ("2026-12-24", date(2026, 12, 24)),
        ("24.11.", TODAY),
        ("23.11.", date(2027, 11, 23)),  # this year's is over: the next one
        ("29.2.2028", date(2028, 2, 29)),
    ],
)
def test_a_day_is_read(typed: str, day: date) -> None:
    assert day_of(typed, TODAY) == day


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "soon",
        "31.2.",
        "0.1.",
        "23.11.2026",
        "1.1.2099",
        "24.12.26",
        "2026",
        "²⁴.12.",
        "24.12.0000",
    ],
)
def test_what_is_no_day_or_over_is_asked_again(typed: str) -> None:
    with pytest.raises(NotUnderstood):
        day_of(typed, TODAY)
