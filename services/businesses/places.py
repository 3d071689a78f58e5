"""What a phone number, or a country, says of money and the clock there."""

from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies
from phonenumbers import timezone

OFTEN = ("KE", "TZ", "UG", "RW", "NG", "GH", "ZA", "IN", "GB")
"""Countries that are offered before others."""
_UNKNOWN_ZONE = "Etc/Unknown"  # what the number's own tables say where they do not know


@dataclass(frozen=True, slots=True)
class Place:
    """A country (ISO 3166-1), what is paid with there (ISO 4217), and a zone (IANA)."""

    country: str
    currency: str
    time_zone: str


def place_of(phone: str) -> Place | None:
    """Where a phone number (E.164) is from; None where it does not say."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return None
    country = phonenumbers.region_code_for_country_code(number.country_code or 0)
    country = phonenumbers.region_code_for_number(number) or country
    zones = timezone.time_zones_for_number(number)
    zone = zones[0] if zones and zones[0] != _UNKNOWN_ZONE else None
    return place_in(country, zone)


def place_in(country: str, time_zone: str | None = None) -> Place | None:
    """A country with its money, and its clock where it has one or `time_zone` says which."""
    currencies = get_territory_currencies(country, tender=True)
    zones = zones_of(country)
    if not currencies or not zones:
        return None
    return Place(country, currencies[0], time_zone or zones[0])


def zones_of(country: str) -> list[str]:
    """The time zones of a country."""
    return list(get_global("territory_zones").get(country, ()))


def country_named(name: str, languages: tuple[str, ...]) -> str | None:
    """The country of a name as people write it in one of these languages."""
    wanted = name.strip().casefold()
    return next((code for code, known in _names(languages) if known.casefold() == wanted), None)


def country_name(country: str, language: str) -> str:
    return str(Locale(language).territories.get(country, country))


def _names(languages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for language in languages:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                yield code, name
