"""The life of an order as one table: which move leads from where to where.

    pending ─pay─▶ paid ─┐
       │                 ├─accept─▶ accepted ─ship─▶ shipped ─deliver─▶ delivered ─▶ completed
       │      placed ────┘
       └─expire─▶ expired ─(pay, renew)

`placed` is an order that is paid in cash on delivery. Whatever is not in the
table is refused, with what is possible.
"""

from enum import StrEnum


class OrderStatus(StrEnum):
    """Stored in the database: never rename a value, never reuse one."""

    PENDING = "pending"  # the payment is awaited, the stock is reserved
    PLACED = "placed"  # to be paid on delivery, the stock is promised
    PAID = "paid"
    ACCEPTED = "accepted"
    SHIPPED = "shipped"  # on its way, or ready to be fetched
    DELIVERED = "delivered"
    COMPLETED = "completed"
    EXPIRED = "expired"  # not paid in time, the stock is free again
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class PaymentStatus(StrEnum):
    """How an order stands with its money. Stored: never rename."""

    PENDING = "pending"
    DUE = "due"  # cash on delivery
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


class Move(StrEnum):
    """What can be done with an order. Stored in its events: never rename."""

    PLACE = "place"  # how every order begins
    PAY = "pay"
    EXPIRE = "expire"
    RENEW = "renew"
    ACCEPT = "accept"
    SHIP = "ship"
    DELIVER = "deliver"
    COMPLETE = "complete"
    CANCEL = "cancel"
    REFUND = "refund"


S = OrderStatus

MOVES: dict[Move, tuple[frozenset[OrderStatus], OrderStatus]] = {
    Move.PAY: (frozenset({S.PENDING, S.EXPIRED}), S.PAID),
    Move.EXPIRE: (frozenset({S.PENDING}), S.EXPIRED),
    Move.RENEW: (frozenset({S.EXPIRED}), S.PENDING),
    Move.ACCEPT: (frozenset({S.PLACED, S.PAID}), S.ACCEPTED),
    Move.SHIP: (frozenset({S.ACCEPTED}), S.SHIPPED),
    Move.DELIVER: (frozenset({S.SHIPPED}), S.DELIVERED),
    Move.COMPLETE: (frozenset({S.DELIVERED}), S.COMPLETED),
    Move.CANCEL: (frozenset({S.PENDING, S.PLACED, S.PAID, S.ACCEPTED}), S.CANCELLED),
    Move.REFUND: (frozenset({S.PAID, S.ACCEPTED, S.SHIPPED, S.DELIVERED, S.COMPLETED}), S.REFUNDED),
}

ALLOCATED = frozenset({S.PLACED, S.PAID, S.ACCEPTED})
"""What an order in these has not been sent yet is promised to it in the stock."""

BY_PEOPLE = (Move.RENEW, Move.ACCEPT, Move.SHIP, Move.DELIVER, Move.COMPLETE, Move.CANCEL)
"""Moves a person asks for; the others follow from money and time."""


def may(move: Move, status: OrderStatus) -> bool:
    return status in MOVES[move][0]


def target(move: Move) -> OrderStatus:
    return MOVES[move][1]


def possible(status: OrderStatus) -> tuple[Move, ...]:
    """What a person can have done with an order in this status."""
    return tuple(move for move in BY_PEOPLE if may(move, status))
