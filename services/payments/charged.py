"""The unit Stripe counts an amount in: not always the currency's own minor unit.

Source: docs.stripe.com/currencies (zero-decimal, three-decimal, special cases).
"""

from services.ground.money import THREE_DECIMAL, Money
from services.payments.errors import NotChargeable

HUNDREDFOLD = frozenset({"UGX"})
"""No decimals, but for compatibility sent (and told) in hundredths that are always 00."""
WHOLE_HUNDREDS = frozenset({"ISK"})
"""Two decimals at Stripe, of which both are always 0."""


def to_stripe(money: Money) -> int:
    """The integer to send for `money`. Raises NotChargeable when it would be rounded."""
    if money.currency in HUNDREDFOLD:
        return money.amount * 100
    step = 10 if money.currency in THREE_DECIMAL else 1
    step = 100 if money.currency in WHOLE_HUNDREDS else step
    if money.amount % step:
        raise NotChargeable(f"{money.currency} in steps of {step}")
    return money.amount


def from_stripe(amount: int, currency: str) -> Money:
    """The money an integer of Stripe's means. A part of a unit stays visible as a difference."""
    currency = currency.upper()
    if currency in HUNDREDFOLD and amount % 100 == 0:
        return Money(amount // 100, currency)
    return Money(-1, currency) if currency in HUNDREDFOLD else Money(amount, currency)
