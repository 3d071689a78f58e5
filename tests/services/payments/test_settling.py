"""Believing the provider: any order, any repetition, and never a sum that differs."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from services.ground.money import Money
from services.payments import Payment, Status
from services.payments.errors import AlreadyAsked
from services.payments.events import outcomes, replay, troubled
from services.payments.tables import AttemptRow
from tests.services.payments.till import SHILLINGS, Till, event

DAY = timedelta(days=1)


async def settled(till: Till, told: dict[str, Any]) -> Any:
    """The kept row of one event, after settling."""
    assert await till.tell(told) == 200
    await till.jobs()
    return next(kept for kept in await till.events() if kept.event_id == told["id"])


def refunded_event(payment: Payment, amount: int, currency: str = "kes") -> dict[str, Any]:
    charge = {
        "id": "ch_1",
        "object": "charge",
        "amount_refunded": amount,
        "currency": currency,
        "payment_intent": f"pi_{payment.uuid.hex}_1",
        "metadata": {},
    }
    return event("charge.refunded", charge)


@pytest.mark.parametrize(
    "difference",
    [
        {"amount_total": SHILLINGS.amount - 1},
        {"amount_total": SHILLINGS.amount + 1},
        {"amount_total": SHILLINGS.amount // 100},
        {"amount_total": None},
        {"currency": "usd"},
    ],
)
async def test_another_sum_is_held_and_never_paid(till: Till, difference: dict[str, Any]) -> None:
    payment = await till.asked()
    kept = await settled(till, await till.about(payment, **difference))
    assert kept.outcome == "held"
    assert kept.reason.startswith("the provider says")
    held = await till.payment(payment.id)
    assert (held.status, held.is_open, till.shop.heard) == (Status.HELD, True, [])
    assert till.book.tags() == ["payment-ready", "payment-held"]
    with pytest.raises(AlreadyAsked):
        await till.request(Money(1, "KES"))
    assert (await settled(till, await till.about(payment))).outcome == "held"  # now an operator's


async def test_ugandan_shillings_that_are_not_whole_are_held(till: Till) -> None:
    payment = await till.asked(Money(20_000, "UGX"))
    kept = await settled(till, await till.about(payment, amount_total=20_000_01))
    assert kept.outcome == "held"


async def test_another_session_of_ours_is_held(till: Till) -> None:
    payment = await till.asked()
    kept = await settled(till, await till.about(payment, id="cs_of_somebody_else"))
    assert (kept.outcome, kept.reason) == ("held", "the provider speaks of another session")
    assert (await till.payment(payment.id)).status is Status.HELD


async def test_completed_but_unpaid_is_not_paid(till: Till) -> None:
    payment = await till.asked()
    kept = await settled(till, await till.about(payment, payment_status="unpaid"))
    assert (kept.outcome, kept.reason) == ("settled", "the bank is working")
    assert (await till.payment(payment.id)).status is Status.PENDING
    await settled(till, await till.about(payment, "async_payment_succeeded"))
    assert (await till.payment(payment.id)).status is Status.PAID


ENDINGS: dict[str, dict[str, Any]] = {
    "expired": {"status": "expired", "payment_status": "unpaid", "payment_intent": None},
    "async_payment_failed": {"payment_status": "unpaid"},
}


@pytest.mark.parametrize(
    ("ending", "status"), [("expired", "expired"), ("async_payment_failed", "failed")]
)
async def test_paid_after_the_end_counts(till: Till, ending: str, status: str) -> None:
    payment = await till.asked()
    await settled(till, await till.about(payment, ending, **ENDINGS[ending]))
    assert (await till.payment(payment.id)).status == status
    await settled(till, await till.about(payment))
    assert (await till.payment(payment.id)).status is Status.PAID
    assert [heard for heard, _ in till.shop.heard] == [status, "paid"]


@pytest.mark.parametrize("ending", ENDINGS)
async def test_an_end_after_paid_changes_nothing(till: Till, ending: str) -> None:
    payment = await till.asked()
    await settled(till, await till.about(payment))
    kept = await settled(till, await till.about(payment, ending, **ENDINGS[ending]))
    assert kept.outcome == "repeated"
    assert (await till.payment(payment.id)).status is Status.PAID
    assert [heard for heard, _ in till.shop.heard] == ["paid"]


async def test_the_end_of_an_older_link_does_not_end_the_newer(till: Till) -> None:
    payment = await till.asked()
    await till.call("expire", payment.id)
    newer = await till.call("ask_again", payment.id)
    assert newer.attempt == 2
    kept = await settled(till, await till.about(payment, "expired", **ENDINGS["expired"]))
    assert kept.outcome == "repeated"
    assert (await till.payment(payment.id)).is_open


async def test_either_of_session_and_intent_settles_and_the_other_repeats(till: Till) -> None:
    payment = await till.asked()
    intent = {
        "id": f"pi_{payment.uuid.hex}_1",
        "object": "payment_intent",
        "amount_received": SHILLINGS.amount,
        "currency": "kes",
        "latest_charge": "ch_1",
        "metadata": {"payment": str(payment.uuid), "attempt": "1"},
    }
    assert (await settled(till, event("payment_intent.succeeded", intent))).outcome == "settled"
    assert (await settled(till, await till.about(payment))).outcome == "repeated"
    (attempt,) = await till.attempts(payment.id)
    assert None not in (attempt.session, attempt.intent, attempt.charge)


async def test_an_event_of_a_payment_not_yet_written_waits_for_it(till: Till) -> None:
    payment = await till.asked()
    told = await till.about(payment, id="cs_early", client_reference_id=None, metadata={})
    kept = await settled(till, told)
    assert (kept.outcome, kept.tries) == (None, 1)
    await till.jobs()
    assert (await till.events())[-1].tries == 1  # not before its time
    async with till.desk.begin() as tx:
        mine = update(AttemptRow).where(AttemptRow.payment_id == payment.id)
        await tx.execute(mine.values(session="cs_early"))
    till.clock.let_pass(timedelta(seconds=6))
    await till.jobs()
    assert (await till.payment(payment.id)).status is Status.PAID


async def test_an_event_that_never_fits_is_kept_and_can_be_replayed(till: Till) -> None:
    payment = await till.asked()
    told = await till.about(payment, id="cs_of_nobody", client_reference_id="1001", metadata={})
    await settled(till, told)
    for _ in range(12):
        till.clock.let_pass(DAY)
        await till.jobs()
    kept = (await till.events())[-1]
    assert (kept.outcome, kept.tries) == ("unmatched", 10)
    async with till.desk.begin() as tx:
        assert await outcomes(tx) == {"unmatched": 1}
        [stuck] = await troubled(tx, 50)
        assert (stuck.event_id, stuck.outcome, stuck.tries) == (told["id"], "unmatched", 10)
        assert await replay(tx, "stripe", told["id"], till.clock())
        assert not await replay(tx, "stripe", "evt_unknown", till.clock())
        assert await troubled(tx, 50) == []
    await till.jobs()
    assert (await till.events())[-1].tries == 1
    async with till.desk.begin() as tx:
        assert [(one.event_id, one.outcome) for one in await troubled(tx, 50)] == [
            (told["id"], None)
        ]


async def test_a_refund_told_before_its_charge_waits_for_it(till: Till) -> None:
    payment = await till.asked()
    back = refunded_event(payment, SHILLINGS.amount)
    assert (await settled(till, back)).outcome is None
    await settled(till, await till.about(payment))
    assert (await till.payment(payment.id)).status is Status.PAID
    till.clock.let_pass(timedelta(seconds=31))
    await till.jobs()
    gone = await till.payment(payment.id)
    assert (gone.status, gone.refunded) == (Status.REFUNDED, SHILLINGS)


async def test_refunds_are_counted_by_their_total_in_any_order(till: Till) -> None:
    payment = await till.asked()
    await settled(till, await till.about(payment))
    assert (await settled(till, refunded_event(payment, 200_00))).outcome == "settled"
    assert (await settled(till, refunded_event(payment, 100_00))).outcome == "repeated"
    assert (await settled(till, refunded_event(payment, 200_00))).outcome == "repeated"
    partly = await till.payment(payment.id)
    assert (partly.status, partly.refunded) == (Status.PARTLY_REFUNDED, Money(200_00, "KES"))
    assert (await settled(till, refunded_event(payment, SHILLINGS.amount + 1))).outcome == "held"
    assert (await settled(till, refunded_event(payment, 300_00, "usd"))).outcome == "held"
    assert (await till.payment(payment.id)).refunded == Money(200_00, "KES")
    await settled(till, refunded_event(payment, SHILLINGS.amount))
    assert (await till.payment(payment.id)).status is Status.REFUNDED


async def test_a_settling_that_dies_is_undone_and_done_by_the_next(till: Till) -> None:
    payment = await till.asked()
    till.shop.breaks.append(RuntimeError("killed between charge and settle"))
    kept = await settled(till, await till.about(payment))
    assert (kept.outcome, kept.tries) == (None, 1)
    assert (await till.payment(payment.id)).status is Status.PENDING
    (attempt,) = await till.attempts(payment.id)
    assert attempt.received == 0
    till.clock.let_pass(timedelta(seconds=6))
    await till.jobs()
    assert (await till.payment(payment.id)).status is Status.PAID
    assert till.shop.heard == [("paid", payment.id)]


async def test_paid_by_link_after_cash_was_agreed_the_cash_is_not_asked_any_more(
    till: Till,
) -> None:
    link = await till.asked()
    await till.call("cancel", link.id)
    cash = await till.request(method="cash")
    await settled(till, await till.about(link))
    assert (await till.payment(link.id)).status is Status.PAID
    assert (await till.payment(cash.id)).status is Status.CANCELLED


async def test_paid_by_link_after_cash_was_paid_goes_back(till: Till) -> None:
    link = await till.asked()
    await till.call("cancel", link.id)
    cash = await till.request(method="cash")
    await till.call("cash_received", cash.id)
    kept = await settled(till, await till.about(link))
    assert kept.reason == "paid twice: money goes back"
    assert till.shop.heard == []
    assert (await till.call("for_service", "order", 1)).id == cash.id
