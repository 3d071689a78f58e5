"""Money beside orders: each way in which they can part is found, and nothing is found in peace."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.ground.transaction import Transaction
from services.payments.events import store
from services.payments.provider import Told
from services.reconciliation import Finding, reconcile
from services.shopping import Order
from tests.services.shopping.conftest import Town

DAY = timedelta(days=1)


async def found(tx: Transaction, town: Town, days: int = 30) -> list[Finding]:
    return await reconcile(tx, town.now, town.now - days * DAY)


async def kinds(tx: Transaction, town: Town) -> list[tuple[str, int | None, int | None]]:
    return [(one.kind, one.payment_id, one.order_number) for one in await found(tx, town)]


async def change(tx: Transaction, table: str, row: int | None, **values: Any) -> None:
    """Make a row say what it never should."""
    sets = ", ".join(f"{name} = :{name}" for name in values)
    await tx.execute(text(f"UPDATE {table} SET {sets} WHERE id = :id").bindparams(id=row, **values))


@pytest.fixture
async def order(tx: Transaction, town: Town) -> Order:
    """One that is paid, as it should be."""
    return await town.paid(tx, await town.person(tx), await town.goods(tx, "TEA", left=9))


async def test_in_peace_there_is_nothing(tx: Transaction, town: Town, order: Order) -> None:
    tea = order.items[0].variant_id or 0
    await town.order(tx, await town.person(tx), tea)  # waits for its payment
    cash = await town.order(tx, await town.person(tx), tea, method="cash")
    shop = town.at(tx)
    await shop.accept(cash.id, town.owner)
    await shop.ship(cash.id, town.owner)
    await shop.deliver(cash.id, town.owner)
    called_off = await town.paid(tx, await town.person(tx), tea)
    await shop.cancel(called_off.id, town.owner, "out_of_stock")  # its money is on its way back
    assert await found(tx, town) == []


async def test_paid_without_an_order_that_stands(tx: Transaction, town: Town, order: Order) -> None:
    await change(tx, "orders", order.id, status="cancelled")
    assert await kinds(tx, town) == [("paid-without-order", order.payment_id, order.order_number)]
    await change(tx, "payments", order.payment_id, dispute="open")  # the bank has it
    assert await kinds(tx, town) == []
    await change(tx, "payments", order.payment_id, dispute="won")
    assert len(await kinds(tx, town)) == 1


async def test_paid_for_an_order_that_never_was(tx: Transaction, town: Town, order: Order) -> None:
    await change(tx, "payments", order.payment_id, service_id=0)
    assert sorted(await kinds(tx, town), key=str) == [
        ("order-without-payment", None, order.order_number),
        ("paid-without-order", order.payment_id, None),
    ]


async def test_an_order_without_its_payment(tx: Transaction, town: Town, order: Order) -> None:
    await change(tx, "payments", order.payment_id, status="cancelled")
    assert await kinds(tx, town) == [("order-without-payment", None, order.order_number)]


async def test_an_order_whose_money_went_back_behind_its_back(
    tx: Transaction, town: Town, order: Order
) -> None:
    await town.payments(tx).refund(order.payment_id or 0, "kind", "by-hand", to_wallet=True)
    assert await kinds(tx, town) == [("order-without-payment", None, order.order_number)]


async def test_another_amount(tx: Transaction, town: Town, order: Order) -> None:
    more = order.total.amount + 1
    await change(tx, "orders", order.id, total=more, subtotal=more)
    [one] = await found(tx, town)
    assert (one.kind, one.order_number) == ("amount-differs", order.order_number)
    assert one.what == f"{order.total.amount} KES was paid, the order comes to {more}"


async def test_paid_twice_and_not_given_back(tx: Transaction, town: Town, order: Order) -> None:
    copied = """INSERT INTO payments (user_id, service_type, service_id, amount, currency, method,
                                      status, description, paid_at)
                SELECT user_id, service_type, service_id, amount, currency, 'cash', 'paid', '',
                       now()
                FROM payments WHERE id = :id RETURNING id"""
    second = await tx.scalar(text(copied).bindparams(id=order.payment_id))
    attempt = """INSERT INTO payment_attempts (payment_id, user_id, number, provider, status,
                                               idempotency_key, received, created_at)
                 SELECT id, user_id, 1, 'cash', 'paid', 'second', amount, now()
                 FROM payments WHERE id = :id"""
    await tx.execute(text(attempt).bindparams(id=second))
    [one] = await found(tx, town)
    assert (one.kind, one.payment_id) == ("paid-twice", second)
    assert one.what == f"payment {order.payment_id} is kept as well"


async def test_what_was_paid_long_ago_is_left_alone(
    tx: Transaction, town: Town, order: Order
) -> None:
    await change(tx, "orders", order.id, status="cancelled")
    town.later(days=31)
    assert await kinds(tx, town) == []


@pytest.mark.parametrize(
    ("values", "after", "kind"),
    [
        ({"status": "held", "reason": "the provider says 1 USD"}, timedelta(0), "held"),
        ({"status": "unknown"}, timedelta(minutes=16), "unknown"),
        ({"status": "created"}, timedelta(minutes=16), "unknown"),
        ({"status": "pending"}, timedelta(hours=2, minutes=36), "unknown"),
        (
            {"status": "pending", "expires_at": None, "reason": "bank"},
            timedelta(days=7, minutes=1),
            "unknown",
        ),
    ],
)
async def test_what_is_not_decided_is_shown_with_its_age(
    tx: Transaction, town: Town, values: dict[str, Any], after: timedelta, kind: str
) -> None:
    tea = await town.goods(tx, "TEA", left=9)
    order = await town.order(tx, await town.person(tx), tea)
    await change(tx, "payments", order.payment_id, updated_at=town.now, **values)
    town.now += after - timedelta(minutes=5)
    assert bool(await kinds(tx, town)) is (kind == "held")
    town.later(minutes=5)
    [one] = await found(tx, town)
    assert (one.kind, one.payment_id) == (kind, order.payment_id)
    assert one.since == town.now - after


async def test_a_refund_that_failed_or_takes_too_long(
    tx: Transaction, town: Town, order: Order
) -> None:
    await town.at(tx).cancel(order.id, town.owner, "out_of_stock")
    town.later(days=8)
    assert [one.kind for one in await found(tx, town)] == ["refund"]
    statement = "UPDATE refunds SET status = 'failed', failure = 'no', created_at = :now"
    await tx.execute(text(statement).bindparams(now=town.now))
    [one] = await found(tx, town)
    assert one.what.endswith("KES: failed, no")


async def test_an_event_that_fits_nothing(tx: Transaction, town: Town) -> None:
    await store(tx, Told("stripe", "evt_1", "checkout.session.completed", {}), town.now)
    assert await kinds(tx, town) == []
    await tx.execute(
        text("UPDATE payment_events SET outcome = 'unmatched', reason = 'no', settled_at = now()")
    )
    [one] = await found(tx, town)
    assert (one.kind, one.event_id) == ("event", "evt_1")
    assert one.what == "checkout.session.completed: unmatched, no"
