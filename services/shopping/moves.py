"""The life of an order as one table: which move leads from where to where.

    pending ─pay─▶ paid ─┐
       │                 ├─accept─▶ accepted ─ship─▶ shipped ─deliver─▶ delivered ─▶ completed
       │      placed ────┘              └─ship part─▶ partly shipped ─(ship, cancel rest)─▶ shipped
       └─expire─▶ expired ─(pay, renew)

`placed` is an order that is paid in cash on delivery. Once it is delivered, goods may
come back: returned.py has the life of a return. Whatever is not in the table is
refused, with what is possible.
"""

from enum import StrEnum


class OrderStatus(StrEnum):
    """Stored in the database: never rename a value, never reuse one."""

    PENDING = "pending"  # the payment is awaited, the stock is reserved
    PLACED = "placed"  # to be paid on delivery, the stock is promised
    PAID = "paid"
    ACCEPTED = "accepted"
    PARTLY_SHIPPED = "partly_shipped"  # a part is on its way, the rest is promised
    SHIPPED = "shipped"  # on its way, or ready to be fetched
    DELIVERED = "delivered"
    COMPLETED = "completed"
    EXPIRED = "expired"  # not paid in time, the stock is free again
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    RETURNED = "returned"  # all that was sent has come back


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
    SHIP = "ship"  # all of it, or all that was left
    SHIP_PART = "ship_part"
    DELIVER_PART = "deliver_part"  # a parcel of several; the order stays where it is
    DELIVER = "deliver"
    COMPLETE = "complete"
    CANCEL = "cancel"
    CANCEL_REST = "cancel_rest"  # of an order that is partly shipped
    REFUND = "refund"
    RETURN = "return"  # the last of it came back
    # What becomes of one return; the order stays where it is.
    RETURN_ASKED = "return_asked"
    RETURN_ACCEPTED = "return_accepted"
    RETURN_DECLINED = "return_declined"
    RETURN_CANCELLED = "return_cancelled"
    RETURN_RECEIVED = "return_received"
    RETURN_REFUNDED = "return_refunded"
    RETURN_EXCHANGED = "return_exchanged"


S = OrderStatus

MOVES: dict[Move, tuple[frozenset[OrderStatus], OrderStatus]] = {
    Move.PAY: (frozenset({S.PENDING, S.EXPIRED}), S.PAID),
    Move.EXPIRE: (frozenset({S.PENDING}), S.EXPIRED),
    Move.RENEW: (frozenset({S.EXPIRED}), S.PENDING),
    Move.ACCEPT: (frozenset({S.PLACED, S.PAID}), S.ACCEPTED),
    Move.SHIP: (frozenset({S.ACCEPTED, S.PARTLY_SHIPPED}), S.SHIPPED),
    Move.SHIP_PART: (frozenset({S.ACCEPTED, S.PARTLY_SHIPPED}), S.PARTLY_SHIPPED),
    Move.DELIVER: (frozenset({S.SHIPPED}), S.DELIVERED),
    Move.COMPLETE: (frozenset({S.DELIVERED}), S.COMPLETED),
    Move.CANCEL: (frozenset({S.PENDING, S.PLACED, S.PAID, S.ACCEPTED}), S.CANCELLED),
    Move.CANCEL_REST: (frozenset({S.PARTLY_SHIPPED}), S.SHIPPED),
    Move.REFUND: (
        frozenset({S.PAID, S.ACCEPTED, S.PARTLY_SHIPPED, S.SHIPPED, S.DELIVERED, S.COMPLETED}),
        S.REFUNDED,
    ),
    Move.RETURN: (frozenset({S.DELIVERED, S.COMPLETED}), S.RETURNED),
}

ALLOCATED = frozenset({S.PLACED, S.PAID, S.ACCEPTED, S.PARTLY_SHIPPED})
"""What an order in these has not been sent yet is promised to it in the stock."""

BY_PEOPLE = (
    *(Move.RENEW, Move.ACCEPT, Move.SHIP, Move.SHIP_PART, Move.DELIVER, Move.COMPLETE),
    *(Move.CANCEL, Move.CANCEL_REST),
)
"""Moves a person asks for; the others follow from money and time."""


def may(move: Move, status: OrderStatus) -> bool:
    return status in MOVES[move][0]


def target(move: Move) -> OrderStatus:
    return MOVES[move][1]


def possible(status: OrderStatus) -> tuple[Move, ...]:
    """What a person can have done with an order in this status."""
    return tuple(move for move in BY_PEOPLE if may(move, status))
