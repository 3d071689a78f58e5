"""A day as people type it: *24.12.*, *24/12/2026*, *2026-12-24*."""

import re
from datetime import date

from bot.dialog import NotUnderstood
from bot.language import _

FURTHEST = 5  # years ahead
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4})?)?")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def day_of(words: str, today: date) -> date:
    """The day meant, from today on; without a year the next such. Raises NotUnderstood."""
    typed = "".join(words.split())
    if found := _YEAR_FIRST.fullmatch(typed):
        year, month, day = (int(part) for part in found.groups())
        return _checked(_date(year, month, day), today)
    if (found := _DAY_FIRST.fullmatch(typed)) is None:
        raise NotUnderstood(_not_a_day())
    day, month = int(found[1]), int(found[2])
    if found[3]:
        return _checked(_date(int(found[3]), month, day), today)
    return _checked(_next(month, day, today), today)


def _next(month: int, day: int, today: date) -> date | None:
    this_year = _date(today.year, month, day)
    if this_year is not None and this_year >= today:
        return this_year
    return _date(today.year + 1, month, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _checked(day: date | None, today: date) -> date:
    if day is None:
        raise NotUnderstood(_not_a_day())
    if day < today:
        raise NotUnderstood(_("That day is over. Please type a later one."))
    if day.year > today.year + FURTHEST:
        raise NotUnderstood(_("That is very far away. Please type an earlier day."))
    return day


def _not_a_day() -> str:
    return _("Please type a day, like 24.12. or 24.12.2026.")
