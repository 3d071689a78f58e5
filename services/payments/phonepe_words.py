"""What PhonePe's events and answers mean. Shapes are read defensively: fields come and go.

Sources: developer.phonepe.com, "Check Order Status", "Webhook", "Refund Status".
"""

import re
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.ground.money import Money
from services.payments.provider import (
    Came,
    Hint,
    Lapsed,
    Mark,
    Nothing,
    Raw,
    RefundHint,
    RefundSaid,
    Refused,
    Waiting,
    Word,
)

CURRENCY = "INR"
LATEST = 253_402_300_799_000  # 9999-12-31 in milliseconds, the last a datetime can hold
REFUND_ENDS = {"COMPLETED": True, "FAILED": False}
_OURS = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-([0-9]{1,9})")

Id = Annotated[str, Field(min_length=1, max_length=255)]
Paise = Annotated[int, Field(ge=0, le=10**15)]


class _Shape(BaseModel):
    """Their names are in camel case."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class Opened(_Shape):
    """The answer to pay. `expire_at` is milliseconds since 1970."""

    redirect_url: Annotated[str, Field(min_length=1)]
    expire_at: Annotated[int, Field(ge=0, le=LATEST)]


class Granted(BaseModel):
    """The answer to the token call; times are seconds since 1970."""

    access_token: Annotated[str, Field(min_length=1)]
    issued_at: int
    expires_at: int


class Try(_Shape):
    """One try of the person to pay an order."""

    state: str | None = None
    transaction_id: Id | None = None


class Order(_Shape):
    state: str
    amount: Paise
    currency: Annotated[str, Field(max_length=8)] = CURRENCY
    order_id: Id | None = None
    payment_details: tuple[Try, ...] | None = None


class Refund(_Shape):
    state: str
    refund_id: Id | None = None


def mark_of(order_id: object) -> Mark | None:
    """An order id of ours is the key of an attempt: the payment and its number."""
    ours = _OURS.fullmatch(order_id) if isinstance(order_id, str) else None
    if ours is None:
        return None
    return Mark(payment=UUID(ours[1]), attempt=int(ours[2]), session=ours[0])


def order_word(raw: Raw, session: str) -> Word:
    """How an order stands. A failed try is not the end: only the order's own state counts."""
    order = Order.model_validate(raw)
    tries = order.payment_details or ()
    paid = next((one.transaction_id for one in tries if one.state == "COMPLETED"), None)
    ours = mark_of(session) or Mark()
    mark = Mark(ours.payment, ours.attempt, session, order.order_id, paid)
    match order.state:
        case "COMPLETED":
            return Came(mark, Money(order.amount, order.currency))
        case "FAILED" if tries:
            return Refused(mark)
        case "FAILED" | "EXPIRED":
            return Lapsed(mark)
    return Waiting(mark)


def refund_word(raw: Raw, key: UUID) -> RefundSaid:
    refund = Refund.model_validate(raw)
    return RefundSaid(refund.refund_id or str(key), key, REFUND_ENDS.get(refund.state))


def event_word(raw: Raw) -> Word:
    """What an event is about, of either version; never more, as its body is not signed."""
    content = raw.get("payload", raw.get("data", raw))
    if not isinstance(content, dict):
        return Nothing("it says nothing that could be asked about")
    if "merchantSubscriptionId" in content:
        return Nothing("subscriptions are not sold through PhonePe")
    if "merchantRefundId" in content:
        return _refund_hint(content["merchantRefundId"])
    mark = mark_of(content.get("merchantOrderId", content.get("merchantTransactionId")))
    return Nothing("an order not asked for here") if mark is None else Hint(mark)


def _refund_hint(refund_id: object) -> Word:
    try:
        return RefundHint(UUID(str(refund_id)))
    except ValueError:
        return Nothing("a refund not asked for here")
