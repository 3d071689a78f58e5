"""A return as other rooms see it, and its life as one table.

    asked ─▶ accepted ─▶ received ─▶ refunded, or exchanged
      └──────────┴─▶ declined, or cancelled

Whatever is not in the table is refused, with what is possible.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.ground.money import Money


class ReturnStatus(StrEnum):
    """Stored in the database: never rename a value, never reuse one."""

    ASKED = "asked"
    ACCEPTED = "accepted"  # the goods are awaited; what they are exchanged for is promised
    DECLINED = "declined"  # by the business; also what was accepted and never came
    CANCELLED = "cancelled"  # by the buyer
    RECEIVED = "received"  # the goods are back
    REFUNDED = "refunded"
    EXCHANGED = "exchanged"  # another one is on its way


R = ReturnStatus

BEFORE: dict[ReturnStatus, tuple[ReturnStatus, ...]] = {
    R.ACCEPTED: (R.ASKED,),
    R.DECLINED: (R.ASKED, R.ACCEPTED),
    R.CANCELLED: (R.ASKED, R.ACCEPTED),
    R.RECEIVED: (R.ACCEPTED,),
    R.REFUNDED: (R.RECEIVED,),
    R.EXCHANGED: (R.RECEIVED,),
}
"""Where each comes from."""

PROMISED = (R.ACCEPTED, R.RECEIVED)
"""While a return is in these, the stock has what it is exchanged for promised to it."""


class WhyNot(StrEnum):
    """Why something cannot come back."""

    NOT_DELIVERED = "not_delivered"
    TOO_LATE = "too_late"
    ALREADY = "already"  # it has come back, or is about to
    NO_MONEY = "no_money"  # left of its order to give back
    NOT_LIKE_IT = "not_like_it"  # no other variant of it at its price


@dataclass(frozen=True, slots=True)
class NewReturn:
    """What a buyer asks for: so many of a line for their money, or for `variant_id`."""

    quantity: int
    reason: str  # "damaged" needs a photo
    variant_id: int | None = None
    photo: str | None = None  # a key of the files port


@dataclass(frozen=True, slots=True)
class Return:
    """So many of one order line, given back. `amount` is known once they have come."""

    id: int
    order_id: int
    order_number: int
    number: int  # of the order's
    business_id: int
    user_id: int  # who bought it
    item_id: int
    name: str  # of what comes back
    title: str
    quantity: int
    variant_id: int | None  # what it is exchanged for; None as well when that is gone
    new_title: str | None  # None: for its money
    reason: str
    photo: str | None
    status: ReturnStatus
    why: str | None  # it was declined
    decided_by: int | None
    amount: Money | None
    request_id: int | None  # while, or since, another member was asked for the money
    asked_at: datetime

    @property
    def label(self) -> str:
        """What people call it: "1042-1"."""
        return f"{self.order_number}-{self.number}"

    @property
    def is_exchange(self) -> bool:
        return self.new_title is not None

    @property
    def possible(self) -> tuple[ReturnStatus, ...]:
        """What it can become now."""
        other = R.REFUNDED if self.is_exchange else R.EXCHANGED
        return tuple(to for to, came in BEFORE.items() if self.status in came and to is not other)
