"""Money: an integer of the currency's minor unit, with the currency beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

# Stripe's list of currencies whose amounts are charged in another unit than 1/100
# (docs.stripe.com/currencies). Everything else has two decimals.
ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split())
THREE_DECIMAL = frozenset("BHD JOD KWD OMR TND".split())


class CurrencyMismatch(ValueError):
    """Amounts of two currencies cannot be added."""


def decimals(currency: str) -> int:
    """How many decimals the minor unit of an ISO 4217 currency stands for."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`amount` minor units (cents, paise) of `currency` (ISO 4217, upper case)."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.amount * count, self.currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")


def share(amount: int, basis_points: int) -> int:
    """`basis_points`/10,000 of an amount of minor units, rounded half up."""
    return (amount * basis_points + 5_000) // 10_000


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` of minor units in parts that are to each other as the weights, and add up to it.

    By largest remainder: what rounding down leaves over goes a unit each to the parts that lost
    most by it, the first of equals first. Weights are not negative, and not all zero.
    """
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    lost = [amount * weight % whole for weight in weights]
    for most in sorted(range(len(parts)), key=lambda part: -lost[part])[: amount - sum(parts)]:
        parts[most] += 1
    return parts
