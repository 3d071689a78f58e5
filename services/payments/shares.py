"""Who sells what is paid for, and what of the payment is each one's."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.ground.money import Money, share, split


@dataclass(frozen=True, slots=True)
class Seller:
    """A business that sells a part; `due` is what its order lines come to, minor units. The
    platform keeps `fee_basis_points`/10,000 of its share."""

    business_id: int
    due: int
    fee_basis_points: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What of a payment is a seller's, minor units; `fee` of it is the platform's."""

    business_id: int
    amount: int
    fee: int


def shares(amount: Money, sellers: Sequence[Seller]) -> list[Share]:
    """The payment split among its sellers to the unit: the amounts add up to it."""
    if not sellers:
        return []
    parts = split(amount.amount, [seller.due for seller in sellers])
    return [
        Share(seller.business_id, part, share(part, seller.fee_basis_points))
        for seller, part in zip(sellers, parts, strict=True)
    ]
