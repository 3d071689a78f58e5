"""A payer objects at their bank: told in any order, once each, to those who sold."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from services.ground.money import Money
from services.ledger import Ledger
from services.payments import DisputeStatus, Payment
from services.payments.errors import NotAllowed
from services.payments.tables import AttemptRow, DisputeRow
from tests.services.payments.till import SELLER, SHILLINGS, Till, event

FOLDER = Path(__file__).parents[2] / "fixtures" / "stripe"


@pytest.fixture
async def paid(till: Till) -> Payment:
    """Paid through the emulator, so that the charge is known as Stripe tells it."""
    payment = await till.asked()
    await till.person("pay", payment)
    await till.told()
    return await till.payment(payment.id)


async def charge_of(till: Till, payment: Payment) -> str:
    (attempt,) = await till.attempts(payment.id)
    return str(attempt.charge)


async def disputed(till: Till, payment: Payment, status: str, **changes: Any) -> dict[str, Any]:
    thing = {
        "id": "du_1",
        "object": "dispute",
        "amount": SHILLINGS.amount,
        "currency": "kes",
        "charge": await charge_of(till, payment),
        "payment_intent": None,
        "reason": "product_not_received",
        "status": status,
        "evidence_details": {"due_by": int((till.clock() + timedelta(days=9)).timestamp())},
    }
    return thing | changes


async def told(till: Till, kind: str, thing: dict[str, Any]) -> str:
    """Tell of a dispute, settle it; the outcome."""
    message = event(f"charge.dispute.{kind}", thing)
    assert await till.tell(message) == 200
    await till.jobs()
    kept = next(one for one in await till.events() if one.event_id == message["id"])
    return str(kept.outcome)


async def rows(till: Till) -> list[Any]:
    async with till.desk.begin() as tx:
        return list(await tx.rows(select(DisputeRow.__table__).order_by(DisputeRow.id)))


def heard(till: Till) -> list[str]:
    """What the seller was told, in order."""
    told = (one for one in till.book.announced.values() if one.user_id == SELLER)
    return [getattr(one, "status", one.tag) for one in told]


async def test_from_the_objection_to_the_bank_that_decides_for_the_seller(
    till: Till, paid: Payment
) -> None:
    await till.person("dispute", paid)
    await till.told()
    contested = await till.payment(paid.id)
    assert (contested.status, contested.dispute) == ("paid", DisputeStatus.OPEN)
    assert contested.is_paid
    assert contested.is_contested
    await till.person("win", paid)
    await till.told()
    (row,) = await rows(till)
    assert (row.status, row.reason, row.amount) == ("won", "product_not_received", 2_500_00)
    assert None not in (row.withdrawn_at, row.reinstated_at, row.closed_at)
    assert heard(till) == ["open", "won"]
    assert not (await till.payment(paid.id)).is_contested


async def books(till: Till) -> dict[str, int]:
    """What the ledger says of the dispute, by kind of account."""
    async with till.desk.begin() as tx:
        about = await Ledger(tx=tx, now=till.clock()).about("dispute:1")
    return {str(account.kind): amount for account, amount in about.items()}


async def test_the_books_follow_the_money_and_the_order_of_words_does_not_matter(
    till: Till, paid: Payment
) -> None:
    thing = await disputed(till, paid, "needs_response")
    await told(till, "created", thing)
    assert await books(till) == {}
    await told(till, "funds_withdrawn", thing)
    assert await books(till) == {"suspense": -2_500_00, "clearing": 2_500_00}
    assert await told(till, "funds_withdrawn", thing) == "repeated"
    await told(till, "closed", thing | {"status": "won"})
    await told(till, "funds_reinstated", thing | {"status": "won"})
    assert await books(till) == {"suspense": 0, "clearing": 0}


async def test_back_before_it_was_gone_nothing_is_posted(till: Till, paid: Payment) -> None:
    thing = await disputed(till, paid, "won")
    await told(till, "funds_reinstated", thing)
    await told(till, "funds_withdrawn", thing)
    assert await books(till) == {}


async def test_lost_the_money_is_with_the_bank_and_is_not_given_back_again(
    till: Till, paid: Payment
) -> None:
    await till.person("dispute", paid)
    await till.told()
    with pytest.raises(NotAllowed, match="bank has taken it"):
        await till.call("refund", paid.id, "kind", "key")
    await till.person("lose", paid)
    await till.told()
    assert (await till.payment(paid.id)).dispute is DisputeStatus.LOST
    with pytest.raises(NotAllowed):
        await till.call("refund", paid.id, "kind", "key")
    assert await till.refunds(paid.id) == []


async def test_while_a_bank_only_inquires_the_money_can_go_back(till: Till, paid: Payment) -> None:
    thing = await disputed(till, paid, "warning_needs_response")
    assert await told(till, "created", thing) == "settled"
    assert (await till.payment(paid.id)).dispute is DisputeStatus.INQUIRY
    await till.call("refund", paid.id, "kind", "key")
    assert await told(till, "closed", thing | {"status": "warning_closed"}) == "settled"
    assert heard(till) == ["inquiry", "closed"]


async def test_reminders_are_set_three_days_and_one_before_it_is_due(
    till: Till, paid: Payment
) -> None:
    thing = await disputed(till, paid, "needs_response")
    await told(till, "created", thing)
    due = datetime.fromtimestamp(thing["evidence_details"]["due_by"], UTC)
    wanted = [due - timedelta(days=3), due - timedelta(days=1)]
    assert list(till.book.scheduled.values()) == wanted
    later = {"due_by": thing["evidence_details"]["due_by"] + 86400}
    assert await told(till, "updated", thing | {"evidence_details": later}) == "settled"
    moved = [at + timedelta(days=1) for at in wanted]
    assert list(till.book.scheduled.values()) == moved  # the same two, a day later


async def test_one_that_is_due_tomorrow_is_not_reminded_of_yesterday(
    till: Till, paid: Payment
) -> None:
    soon = {"due_by": int((till.clock() + timedelta(hours=30)).timestamp())}
    await told(till, "created", await disputed(till, paid, "needs_response", evidence_details=soon))
    assert len(till.book.scheduled) == 1


async def test_evidence_that_was_sent_in_is_told_once(till: Till, paid: Payment) -> None:
    thing = await disputed(till, paid, "needs_response")
    await told(till, "created", thing)
    assert await told(till, "updated", thing | {"status": "under_review"}) == "settled"
    assert await told(till, "updated", thing | {"status": "under_review"}) == "repeated"
    assert heard(till) == ["open", "dispute-answered"]


async def test_told_in_the_wrong_order_it_ends_the_same(till: Till, paid: Payment) -> None:
    lost = await disputed(till, paid, "lost")
    assert await told(till, "closed", lost) == "settled"
    assert await told(till, "funds_withdrawn", lost | {"status": "needs_response"}) == "settled"
    assert await told(till, "created", lost | {"status": "needs_response"}) == "repeated"
    (row,) = await rows(till)
    assert (row.status, row.withdrawn_at is None) == ("lost", False)
    assert heard(till) == ["lost"]


async def test_won_and_lost_do_not_take_turns(till: Till, paid: Payment) -> None:
    thing = await disputed(till, paid, "lost")
    await told(till, "closed", thing)
    assert await told(till, "closed", thing | {"status": "won"}) == "settled"
    assert await told(till, "closed", thing) == "repeated"
    assert (await till.payment(paid.id)).dispute is DisputeStatus.WON


async def test_of_two_disputes_the_gravest_shows(till: Till, paid: Payment) -> None:
    won = await disputed(till, paid, "won", amount=100_00)
    await told(till, "closed", won)
    await told(till, "created", won | {"id": "du_2", "status": "needs_response"})
    assert (await till.payment(paid.id)).dispute is DisputeStatus.OPEN
    await told(till, "closed", won | {"id": "du_2", "status": "lost"})
    assert (await till.payment(paid.id)).dispute is DisputeStatus.LOST


async def test_before_the_money_is_known_to_have_come_it_waits(till: Till) -> None:
    payment = await till.asked()
    async with till.desk.begin() as tx:
        mine = update(AttemptRow).where(AttemptRow.payment_id == payment.id)
        await tx.execute(mine.values(charge="ch_early"))
    thing = await disputed(till, payment, "needs_response")
    assert await told(till, "created", thing) == "None"
    await till.tell(await till.about(payment))
    till.clock.let_pass(timedelta(seconds=6))
    await till.jobs()
    assert (await till.payment(payment.id)).dispute is DisputeStatus.OPEN


@pytest.mark.parametrize("odd", [{"currency": "usd"}, {"amount": 0}, {"amount": -1}])
async def test_another_sum_is_held(till: Till, paid: Payment, odd: dict[str, Any]) -> None:
    assert await told(till, "created", await disputed(till, paid, "lost") | odd) == "held"
    assert await rows(till) == []


@pytest.mark.parametrize(
    "odd", [{"status": "prevented"}, {"status": None}, {"charge": None}, {"evidence_details": 7}]
)
async def test_what_cannot_be_acted_on_is_ignored_for_a_reason(
    till: Till, paid: Payment, odd: dict[str, Any]
) -> None:
    assert await told(till, "created", await disputed(till, paid, "lost") | odd) == "ignored"
    assert (await till.events())[-1].reason


@pytest.mark.parametrize(
    ("name", "shown"),
    [("created", "inquiry"), ("funds_withdrawn", "open")],
)
async def test_the_payloads_on_file_settle_the_payment_they_are_about(
    till: Till, name: str, shown: str
) -> None:
    payload = json.loads((FOLDER / f"charge.dispute.{name}.json").read_text())
    told = copy.deepcopy(payload)
    payment = await till.asked(Money(told["data"]["object"]["amount"], "USD"))
    await till.person("pay", payment)
    await till.told()
    told["data"]["object"]["charge"] = await charge_of(till, payment)
    assert await till.tell(told) == 200
    await till.jobs()
    assert (await till.payment(payment.id)).dispute == shown
