"""Reconciliation: what was paid, beside what it was paid for. Whatever does not fit is found here.

It only reads. What it finds an operator decides.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.ground.transaction import Transaction
from services.payments import checking, events
from services.payments.checking import StuckRefund, Taken, Undecided
from services.payments.events import Kept
from services.payments.states import Status
from services.settled import ORDER
from services.shopping.accounts import Account, accounts

Kind = Literal[
    "paid-without-order",
    "order-without-payment",
    "paid-twice",
    "amount-differs",
    "held",
    "unknown",
    "refund",
    "event",
]
MOST_EVENTS = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit, since when, in a sentence."""

    kind: Kind
    what: str
    since: datetime | None = None
    payment_id: int | None = None
    order_number: int | None = None
    event_id: str | None = None


async def reconcile(tx: Transaction, now: datetime, since: datetime) -> list[Finding]:
    """Payments and orders that were paid since then, beside each other; and all that waits."""
    taken = [one for one in await checking.taken_since(tx, since) if one.service_type == ORDER]
    orders = await accounts(tx, since, [one.service_id for one in taken])
    unseen = set(orders) - {one.service_id for one in taken}
    taken += await checking.taken_for(tx, ORDER, unseen)
    return [
        *_without_order(taken, orders),
        *_without_payment(taken, orders),
        *_twice(taken, orders),
        *map(_undecided, await checking.undecided(tx, now)),
        *map(_refund, await checking.stuck_refunds(tx, now)),
        *map(_event, await events.troubled(tx, MOST_EVENTS)),
    ]


def _without_order(taken: Iterable[Taken], orders: dict[int, Account]) -> Iterator[Finding]:
    for one in taken:
        order = orders.get(one.service_id)
        if order is None:
            yield Finding("paid-without-order", "there is no order", None, one.id)
        elif one.amount != order.total:
            differs = f"{_amount(one)} was paid, the order comes to {order.total.amount}"
            yield _found("amount-differs", differs, one, order)
        elif one.kept.amount > 0 and not order.is_paid and not one.is_contested:
            stands = f"the order is {order.status}, {order.payment_status}; {_kept(one)} is kept"
            yield _found("paid-without-order", stands, one, order)


def _without_payment(taken: Iterable[Taken], orders: dict[int, Account]) -> Iterator[Finding]:
    covered = {one.service_id for one in taken if one.kept.amount > 0}
    for order in orders.values():
        if order.is_paid and order.id not in covered:
            what = f"the order is {order.status}, {order.payment_status}; no money is kept for it"
            yield Finding("order-without-payment", what, order_number=order.number)


def _twice(taken: Iterable[Taken], orders: dict[int, Account]) -> Iterator[Finding]:
    first: dict[int, Taken] = {}
    for one in taken:
        if one.kept.amount <= 0:
            continue
        earlier = first.setdefault(one.service_id, one)
        order = orders.get(one.service_id)
        if earlier is not one and order is not None:
            yield _found("paid-twice", f"payment {earlier.id} is kept as well", one, order)
        elif one.kept.amount > one.amount.amount and order is not None:
            yield _found("paid-twice", f"{_kept(one)} is kept", one, order)


def _found(kind: Kind, what: str, one: Taken, order: Account) -> Finding:
    return Finding(kind, what, None, one.id, order.number)


def _amount(one: Taken) -> str:
    return f"{one.amount.amount} {one.amount.currency}"


def _kept(one: Taken) -> str:
    return f"{one.kept.amount} {one.kept.currency}"


def _undecided(one: Undecided) -> Finding:
    kind: Kind = "held" if one.status is Status.HELD else "unknown"
    return Finding(kind, f"{one.status}: {one.why or 'no word'}", one.since, one.id)


def _refund(one: StuckRefund) -> Finding:
    said = one.why or "not done"
    what = f"refund {one.id} of {one.amount.amount} {one.amount.currency}: {one.status}, {said}"
    return Finding("refund", what, one.since, one.payment_id)


def _event(one: Kept) -> Finding:
    stands = one.outcome or f"tried {one.tries} times"
    return Finding(
        "event",
        f"{one.type}: {stands}, {one.reason}",
        one.received_at,
        one.payment_id,
        event_id=one.event_id,
    )
