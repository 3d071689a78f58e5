"""Reconciliation: what was paid, beside what it was paid for. Whatever does not fit is found here.

It only reads. What it finds an operator decides.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Literal

from services.ground.money import Money
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
Purchases = dict[int, list[Account]]
"""Orders that are paid together, by what their money was asked for."""


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
    found = await accounts(tx, since, [one.service_id for one in taken])
    orders = _by_purchase(found)
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


def _by_purchase(orders: Iterable[Account]) -> Purchases:
    purchases: Purchases = {}
    for order in orders:
        purchases.setdefault(order.purchase_id, []).append(order)
    return purchases


def _part(one: Taken, order: Account) -> tuple[Money, Money]:
    """What of a payment is for an order, and what of that is kept."""
    if len(one.parts) < 2:  # one seller's, or of before it was written down whose it is
        return one.amount, one.kept
    return one.parts.get(order.business_id, (Money(0, one.amount.currency),) * 2)


def _without_order(taken: Iterable[Taken], purchases: Purchases) -> Iterator[Finding]:
    for one in taken:
        if one.service_id not in purchases:
            yield Finding("paid-without-order", "there is no order", None, one.id)
        for order in purchases.get(one.service_id, []):
            amount, kept = _part(one, order)
            if amount != order.total:
                differs = f"{_said(amount)} was paid, the order comes to {order.total.amount}"
                yield _found("amount-differs", differs, one, order)
            elif kept.amount > 0 and not order.is_paid and not one.is_contested:
                stands = f"the order is {order.status}, {order.payment_status}"
                yield _found("paid-without-order", f"{stands}; {_said(kept)} is kept", one, order)


def _without_payment(taken: Iterable[Taken], purchases: Purchases) -> Iterator[Finding]:
    paying: dict[int, list[Taken]] = {}
    for one in taken:
        paying.setdefault(one.service_id, []).append(one)
    for order in chain.from_iterable(purchases.values()):
        money = paying.get(order.purchase_id, [])
        if order.is_paid and not any(one.is_going or _part(one, order)[1].amount for one in money):
            what = f"the order is {order.status}, {order.payment_status}; no money is kept for it"
            yield Finding("order-without-payment", what, order_number=order.number)


def _twice(taken: Iterable[Taken], purchases: Purchases) -> Iterator[Finding]:
    first: dict[int, Taken] = {}
    for one in taken:
        if one.kept.amount <= 0 or one.service_id not in purchases:
            continue
        earlier = first.setdefault(one.service_id, one)
        order = purchases[one.service_id][0]
        if earlier is not one:
            yield _found("paid-twice", f"payment {earlier.id} is kept as well", one, order)
        elif one.kept.amount > one.amount.amount:
            yield _found("paid-twice", f"{_said(one.kept)} is kept", one, order)


def _found(kind: Kind, what: str, one: Taken, order: Account) -> Finding:
    return Finding(kind, what, None, one.id, order.number)


def _said(money: Money) -> str:
    return f"{money.amount} {money.currency}"


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
