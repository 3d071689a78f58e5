"""Money, days and times as the person's country writes them."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, get_currency_symbol

from bot.language.catalogue import _, current
from services.ground.money import Money, decimals

# Which country's habits go with a currency, where the language alone does not say.
_COUNTRY = {
    "KES": "KE",
    "TZS": "TZ",
    "UGX": "UG",
    "INR": "IN",
    "USD": "US",
    "GBP": "GB",
    "NGN": "NG",
}
# Where prices are whole numbers on every shelf, whole amounts are written without decimals.
_WHOLE = frozenset({"KES", "TZS", "UGX", "INR", "NGN"})


def money(amount: Money) -> str:
    return _money(amount.amount, amount.currency, current())


@lru_cache(maxsize=4096)
def _money(amount: int, currency: str, language: str) -> str:
    locale = _locale(language, _COUNTRY.get(currency, ""))
    digits = decimals(currency)
    value = Decimal(amount).scaleb(-digits)
    if currency in _WHOLE and value == value.to_integral_value():
        digits = 0
    symbol = get_currency_symbol(currency, locale)
    space = " " if symbol[-1].isalpha() else ""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return f"{symbol}{space}{format_decimal(value, pattern, locale)}"


@lru_cache
def _locale(language: str, country: str) -> Locale:
    try:
        return Locale(language, country or None)
    except UnknownLocaleError:
        return Locale(language)


def day(at: datetime, time_zone: str, now: datetime) -> str:
    """Today, tomorrow, or "Tue 24 Nov", as the person's calendar has it."""
    local, today = at.astimezone(_zone(time_zone)), now.astimezone(_zone(time_zone)).date()
    if local.date() == today:
        return _("today")
    if local.date() == today + timedelta(days=1):
        return _("tomorrow")
    shape = "EEE d MMM" if local.year == today.year else "EEE d MMM yyyy"
    return format_date(local.date(), shape, locale=current())


def when(at: datetime, time_zone: str, now: datetime) -> str:
    """A day and a time of it: "tomorrow, 15:00"."""
    local = at.astimezone(_zone(time_zone))
    return f"{day(at, time_zone, now)}, {format_time(local, 'HH:mm', locale=current())}"


def dated(at: datetime, time_zone: str) -> str:
    """A day and a time of it, for a document: "24 November 2026, 15:00"."""
    local = at.astimezone(_zone(time_zone))
    language = current()
    day = format_date(local.date(), "d MMMM yyyy", locale=language)
    return f"{day}, {format_time(local, 'HH:mm', locale=language)}"


def distance(metres: float) -> str:
    return f"{round(metres)} m" if metres < 1000 else f"{metres / 1000:.1f} km"


@lru_cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
