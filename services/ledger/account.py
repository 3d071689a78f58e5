"""The accounts there are, each by what it is, whose, and in which currency.

One sign everywhere: positive is credit, what we owe somebody or have earned; negative is debit,
what somebody holds for us or what it cost.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Stored in the database: never rename a value, never reuse one."""

    CLEARING = "clearing"  # what a provider has taken in for us: negative
    PROVIDER_FEES = "provider_fees"  # what a provider kept of it: negative
    PAYABLE = "payable"  # what a business is to get
    CASH = "cash"  # what a business took in cash itself: negative
    FEES = "fees"  # what the platform earned on a business's sales
    WALLET = "wallet"  # what a person has with us
    SUSPENSE = "suspense"  # what came in and is nobody's, or goes back


FLOORS: dict[Kind, int] = {Kind.WALLET: 0}
"""Below what an account of the kind never falls; the others may (a refund after a payout)."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account. Whose it is: a business, a person, a provider, or the platform's own."""

    kind: Kind
    currency: str
    business_id: int | None = None
    user_id: int | None = None
    provider: str | None = None

    @property
    def name(self) -> str:
        """What the account is known by in the database: "payable:17:KES"."""
        owner = self.business_id or self.user_id or self.provider
        return f"{self.kind}:{owner}:{self.currency}" if owner else f"{self.kind}:{self.currency}"


def clearing(provider: str, currency: str) -> Account:
    return Account(Kind.CLEARING, currency, provider=provider)


def provider_fees(provider: str, currency: str) -> Account:
    return Account(Kind.PROVIDER_FEES, currency, provider=provider)


def payable(business_id: int, currency: str) -> Account:
    return Account(Kind.PAYABLE, currency, business_id=business_id)


def cash(business_id: int, currency: str) -> Account:
    return Account(Kind.CASH, currency, business_id=business_id)


def fees(business_id: int, currency: str) -> Account:
    return Account(Kind.FEES, currency, business_id=business_id)


def wallet(user_id: int, currency: str) -> Account:
    return Account(Kind.WALLET, currency, user_id=user_id)


def suspense(currency: str) -> Account:
    return Account(Kind.SUSPENSE, currency)
