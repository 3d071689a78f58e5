"""A voucher: what its code is, what it takes off, and why it may not work."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.ground.money import Money, share

_CODE = re.compile(r"[A-Z0-9-]{3,24}")


class Kind(StrEnum):
    """Stored in the database: never rename a value, never reuse one."""

    FIXED = "fixed"  # an amount
    PERCENT = "percent"  # a share of the subtotal
    DELIVERY = "delivery"  # what bringing it costs


class Why(StrEnum):
    """Why a voucher does not work, for this person and this cart, now."""

    UNKNOWN = "unknown"
    OTHER_SHOP = "other_shop"
    OFF = "off"  # switched off by the business
    NOT_YET = "not_yet"
    OVER = "over"
    BY_YOU = "by_you"  # as often as one person may
    USED_UP = "used_up"
    MINIMUM = "minimum"  # the cart comes to too little
    NO_DELIVERY = "no_delivery"  # free delivery, where delivery costs nothing anyway


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher of a business, as it stands now."""

    id: int
    business_id: int
    code: str
    kind: Kind
    amount: Money | None  # of a fixed one
    basis_points: int | None  # of a percentage, of 10,000
    most: Money | None  # a percentage takes off no more than this
    minimum: Money  # subtotal from which it works
    starts_at: datetime | None
    ends_at: datetime | None  # the moment it no longer works
    max_uses: int | None
    max_per_person: int | None
    uses: int
    is_active: bool

    def off(self, subtotal: Money) -> Money:
        """What it takes off goods of `subtotal`: never more than they cost."""
        wanted = 0
        if self.amount is not None:
            wanted = self.amount.amount
        elif self.basis_points is not None:
            wanted = share(subtotal.amount, self.basis_points)
        if self.most is not None:
            wanted = min(wanted, self.most.amount)
        return Money(min(wanted, subtotal.amount), subtotal.currency)

    def is_used_up(self, uses: int) -> bool:
        return self.max_uses is not None and uses >= self.max_uses

    def is_used_by(self, uses: int) -> bool:
        """Whether a person who used it so often may not again."""
        return self.max_per_person is not None and uses >= self.max_per_person


@dataclass(frozen=True, slots=True)
class NewVoucher:
    """A voucher to be made. Amounts are minor units of the shop's currency."""

    code: str
    kind: Kind
    amount: int | None = None
    basis_points: int | None = None
    most: int | None = None
    minimum: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    max_uses: int | None = None
    max_per_person: int | None = 1


def code_of(words: str) -> str | None:
    """A code as it is compared: without case or spaces; None where the words cannot be one."""
    code = "".join(words.split()).upper()
    return code if _CODE.fullmatch(code) else None
