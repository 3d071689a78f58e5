"""What other rooms see of a business and its people: frozen pictures of rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from services.businesses.quiet import Quiet
from services.businesses.tables import BusinessRow, MemberRow
from services.ground.money import Money

REFUND_LIMITS = {
    "KES": 10_000_00,
    "TZS": 200_000_00,
    "UGX": 300_000,
    "RWF": 100_000,
    "NGN": 100_000_00,
    "GHS": 1_000_00,
    "ZAR": 1_500_00,
    "INR": 7_500_00,
    "USD": 100_00,
    "EUR": 100_00,
    "GBP": 75_00,
}
"""The platform's own: up to so many minor units one member gives back alone. Of a currency not
named here nothing: a second member always looks."""


@dataclass(frozen=True, slots=True)
class Business:
    """Who sells. Amounts of its goods are minor units of `currency` (ISO 4217)."""

    id: int
    slug: str
    name: str
    type: str
    description: str | None
    contact_phone: str | None
    contact_email: str | None
    address: str | None
    latitude: float | None
    longitude: float | None
    country: str
    currency: str
    time_zone: str
    languages: tuple[str, ...]
    logo: str | None
    tax_id: str | None
    fee_basis_points: int  # of 10,000: what the platform keeps of a sale
    refund_limit: Money
    verification: str
    status: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a business; `wants` says what they are told of."""

    business_id: int
    user_id: int
    role: str
    wants: tuple[str, ...]
    joined_at: datetime | None
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A person is asked to join a business, and has not answered yet."""

    business_id: int
    user_id: int
    role: str
    invited_by: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One message between `user_id`, who asked, and a business; `written_by` either side."""

    id: int
    business_id: int
    user_id: int
    written_by: int
    words: str
    created_at: datetime


_b = BusinessRow
_FIELDS = (
    _b.id, _b.slug, _b.name, _b.type, _b.description, _b.contact_phone, _b.contact_email,
    _b.address, _b.latitude, _b.longitude, _b.country, _b.currency, _b.time_zone, _b.languages,
    _b.logo, _b.tax_id, _b.fee_basis_points, _b.refund_limit, _b.verification, _b.status,
)  # fmt: skip


def businesses() -> Select[*tuple[Any, ...]]:
    """The columns `business_of_row` reads, to be narrowed by the caller."""
    return select(*_FIELDS)


def business_of_row(row: Row[Any]) -> Business:
    fields = dict(row._mapping)
    fields["languages"] = tuple(fields["languages"])
    fields["refund_limit"] = _refund_limit(fields["refund_limit"], fields["currency"])
    return Business(**fields)


def _refund_limit(own: int | None, currency: str) -> Money:
    return Money(REFUND_LIMITS.get(currency, 0) if own is None else own, currency)


def members() -> Select[*tuple[Any, ...]]:
    m = MemberRow
    return select(
        m.business_id, m.user_id, m.role, m.wants, m.joined_at, m.quiet_from, m.quiet_until
    )


def member_of_row(row: Row[Any]) -> Member:
    quiet = None if row.quiet_from is None else Quiet(row.quiet_from, row.quiet_until)
    wants = tuple(row.wants)
    return Member(row.business_id, row.user_id, row.role, wants, row.joined_at, quiet)
