"""The life of a payment, as one table: which status may follow which.

Statuses only move forward. Two edges look backward and are not: a link that
lapsed or failed may be asked for again (a fresh attempt, its own key), and the
provider's word that money came in outranks whatever we thought before.
"""

from enum import StrEnum


class Status(StrEnum):
    """Stored in the database: never rename a value, never reuse one."""

    CREATED = "created"  # asked for; the provider does not know yet
    PENDING = "pending"  # the person can pay, or the bank is still working
    UNKNOWN = "unknown"  # the provider was asked and did not answer in time
    HELD = "held"  # the provider's word differs from ours: an operator decides
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


S = Status

OPEN = frozenset({S.CREATED, S.PENDING, S.UNKNOWN, S.HELD})
"""Money may still come in: a second payment for the same thing must not be asked."""

STILL_OPEN = OPEN - {S.HELD}
"""Nobody has decided anything yet."""

SETTLED = frozenset({S.PAID, S.PARTLY_REFUNDED, S.REFUNDED})
"""Money came in."""

LAPSED = frozenset({S.EXPIRED, S.FAILED})
"""May be asked for again."""

_ENDS = frozenset({S.PAID, S.HELD, S.FAILED, S.EXPIRED, S.CANCELLED})

FORWARD: dict[Status, frozenset[Status]] = {
    S.CREATED: _ENDS | {S.PENDING, S.UNKNOWN},
    S.UNKNOWN: _ENDS | {S.PENDING},
    S.PENDING: _ENDS | {S.PENDING},  # again, when the bank takes its time
    S.FAILED: frozenset({S.CREATED, S.PAID, S.HELD}),
    S.EXPIRED: frozenset({S.CREATED, S.PAID, S.HELD}),
    S.CANCELLED: frozenset({S.PAID, S.HELD}),
    S.HELD: frozenset({S.PAID, S.FAILED}),
    S.PAID: frozenset({S.PARTLY_REFUNDED, S.REFUNDED}),
    S.PARTLY_REFUNDED: frozenset({S.PARTLY_REFUNDED, S.REFUNDED}),
    S.REFUNDED: frozenset(),
}


def may_follow(old: Status, new: Status) -> bool:
    return new in FORWARD[old]


class RefundStatus(StrEnum):
    """created → sent | unknown → succeeded | failed. Stored: never rename."""

    CREATED = "created"
    SENT = "sent"  # the provider took it and is not done
    UNKNOWN = "unknown"  # no answer in time; asked again with the same key
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeStatus(StrEnum):
    """How a payer's objection at their bank stands. Stored: never rename."""

    INQUIRY = "inquiry"  # the bank asks; nothing has been taken
    OPEN = "open"  # the bank has taken the money, and decides
    WON = "won"  # for the seller
    LOST = "lost"
    CLOSED = "closed"  # an inquiry that came to nothing


D = DisputeStatus

UNDECIDED = frozenset({D.INQUIRY, D.OPEN})
"""Evidence may still help."""

CONTESTED = frozenset({D.OPEN, D.LOST})
"""The bank has the money: it cannot be given back a second time."""

_DISPUTE_FORWARD: dict[DisputeStatus, frozenset[DisputeStatus]] = {
    D.INQUIRY: frozenset({D.OPEN, D.WON, D.LOST, D.CLOSED}),
    D.OPEN: frozenset({D.WON, D.LOST}),
    D.LOST: frozenset({D.WON}),  # the payer took it back after all
    D.WON: frozenset(),
    D.CLOSED: frozenset({D.OPEN, D.WON, D.LOST}),
}

GRAVEST = (D.OPEN, D.INQUIRY, D.LOST, D.WON, D.CLOSED)
"""Which of several disputes a payment is shown with."""


def dispute_may_follow(old: DisputeStatus, new: DisputeStatus) -> bool:
    return new in _DISPUTE_FORWARD[old]


REFUND_OPEN = frozenset({RefundStatus.CREATED, RefundStatus.SENT, RefundStatus.UNKNOWN})


class RequestStatus(StrEnum):
    """A refund that a second person must approve. Stored: never rename."""

    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"


class ProofStatus(StrEnum):
    """A photo that shows a payment. Stored: never rename."""

    SENT = "sent"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    REPLACED = "replaced"  # by a newer one
