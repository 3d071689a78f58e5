"""The ways money comes in through a provider, and what each of them can charge."""

from collections.abc import Callable, Collection
from typing import Literal

from services.ground.money import Money
from services.payments.charged import to_stripe
from services.payments.errors import NotChargeable

Provided = Literal["mpesa", "phonepe", "stripe"]
"""The methods behind which there is a provider; each is called as its provider is."""

BY_HAND = ("cash", "manual")
"""The methods behind which there is none: sellers have it at once, and give it back themselves."""

LEAST_PAISE = 100
MOST_CENTS = 250_000_00
_AT_HOME: dict[str, tuple[Provided, ...]] = {
    "INR": ("phonepe",),  # its page takes cards as well
    "KES": ("mpesa", "stripe"),
}


def offered(currency: str, configured: Collection[str]) -> tuple[Provided, ...]:
    """What a business of this currency can be paid by, its country's own way first; by card
    where there is no other."""
    known = _AT_HOME.get(currency, ())
    return tuple(one for one in known if one in configured) or _by_card(configured)


def _by_card(configured: Collection[str]) -> tuple[Provided, ...]:
    return ("stripe",) if "stripe" in configured else ()


def _by_stripe(money: Money) -> None:
    to_stripe(money)


def _by_phonepe(money: Money) -> None:
    """Source: developer.phonepe.com, "Initiate Payment": rupees only, one at least."""
    if money.currency != "INR":
        raise NotChargeable("PhonePe takes INR only")
    if money.amount < LEAST_PAISE:
        raise NotChargeable("PhonePe takes a rupee at least")


def _by_mpesa(money: Money) -> None:
    """Source: developer.safaricom.co.ke, "M-Pesa Express Simulate"; the limit is M-Pesa's own."""
    if money.currency != "KES":
        raise NotChargeable("M-Pesa takes KES only")
    if money.amount % 100 or not 0 < money.amount <= MOST_CENTS:
        raise NotChargeable("M-Pesa takes whole shillings, 250,000 at most")


CHARGEABLE: dict[str, Callable[[Money], None]] = {
    "stripe": _by_stripe,
    "phonepe": _by_phonepe,
    "mpesa": _by_mpesa,
}
"""By method: raises NotChargeable for an amount that would be refused."""


def can_charge(method: str, money: Money) -> bool:
    try:
        CHARGEABLE[method](money)
    except NotChargeable:
        return False
    return True
