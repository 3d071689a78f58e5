"""The ways money comes in through a provider, and what each of them can charge."""

from collections.abc import Callable

from services.ground.money import Money
from services.payments.charged import to_stripe
from services.payments.errors import NotChargeable

LEAST_PAISE = 100


def _by_stripe(money: Money) -> None:
    to_stripe(money)


def _by_phonepe(money: Money) -> None:
    """Source: developer.phonepe.com, "Initiate Payment": rupees only, one at least."""
    if money.currency != "INR":
        raise NotChargeable("PhonePe takes INR only")
    if money.amount < LEAST_PAISE:
        raise NotChargeable("PhonePe takes a rupee at least")


CHARGEABLE: dict[str, Callable[[Money], None]] = {
    "stripe": _by_stripe,
    "phonepe": _by_phonepe,
}
"""By method: raises NotChargeable for an amount that would be refused."""
