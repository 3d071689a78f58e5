"""Paying by link, both sides over real HTTP: the emulator of Stripe calls us and is called."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.ground.money import Money
from services.payments import Line, RefundStatus, Status
from services.payments.due import LEASE
from services.payments.errors import AlreadyAsked, AlreadyPaid, NotAllowed, NotChargeable, TooMuch
from services.payments.facts import PaymentReady
from services.payments.links import create_links
from services.payments.provider import Link, LinkAsk
from tests.services.payments.till import SHILLINGS, Till

HOUR = timedelta(hours=1)


class Dies:
    """Stripe, and we are gone before we could write down what it answered."""

    name = "stripe"

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    async def create(self, ask: LinkAsk) -> Link:
        await self._provider.create(ask)
        raise asyncio.CancelledError

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


async def test_a_link_is_made_outside_the_turn_and_paid_once(till: Till) -> None:
    asked = await till.request()
    assert (asked.status, asked.url) == (Status.CREATED, None)
    await till.jobs()
    ready = await till.payment(asked.id)
    assert ready.status is Status.PENDING
    assert ready.url is not None
    (fact,) = till.book.announced.values()
    assert isinstance(fact, PaymentReady)
    assert (fact.user_id, fact.url, fact.expires_at) == (till.payer, ready.url, ready.expires_at)

    await till.person("pay", ready)
    await till.told()
    paid = await till.payment(asked.id)
    assert paid.status is Status.PAID
    assert till.shop.heard == [("paid", asked.id)]
    (attempt,) = await till.attempts(asked.id)
    assert attempt.received == SHILLINGS.amount
    assert attempt.intent.startswith("pi_")
    assert attempt.charge.startswith("ch_")


async def test_asking_twice_is_one_payment(till: Till) -> None:
    both = await asyncio.gather(till.request(), till.request())
    assert both[0].id == both[1].id
    with pytest.raises(AlreadyAsked):
        await till.request(Money(1, "KES"))
    await till.jobs()
    await till.person("pay", await till.payment(both[0].id))
    await till.told()
    with pytest.raises(AlreadyPaid):
        await till.request()


async def test_the_lines_of_the_order_are_on_the_payment_page(till: Till) -> None:
    lines = (Line("Kitenge cloth", 1_000_00, 2), Line("Delivery", 500_00, 1))
    payment = await till.asked(lines=lines)
    async with till.http.get(payment.url or "") as page:
        shown = await page.text()
    assert "Kitenge cloth" in shown
    assert "Delivery" in shown


@pytest.mark.parametrize(
    "amount", [Money(5_000, "XOF"), Money(20_000, "UGX"), Money(1_230, "KWD"), Money(999, "USD")]
)
async def test_currencies_of_every_kind_come_back_equal(till: Till, amount: Money) -> None:
    payment = await till.asked(amount)
    await till.person("pay", payment)
    await till.told()
    assert (await till.payment(payment.id)).status is Status.PAID


async def test_an_amount_that_would_be_rounded_is_refused_at_once(till: Till) -> None:
    with pytest.raises(NotChargeable):
        await till.request(Money(1_234, "KWD"))


async def test_a_lapsed_link_may_be_asked_for_again_with_another_key(till: Till) -> None:
    payment = await till.asked()
    await till.person("abandon", payment)
    await till.told()
    lapsed = await till.payment(payment.id)
    assert (lapsed.status, lapsed.may_ask_again) == (Status.EXPIRED, True)
    assert till.shop.heard == [("expired", payment.id)]

    again = await till.call("ask_again", payment.id)
    assert again.id == payment.id
    await till.jobs()
    fresh = await till.payment(payment.id)
    assert fresh.url not in (None, payment.url)
    keys = [attempt.idempotency_key for attempt in await till.attempts(payment.id)]
    assert keys == [f"{payment.uuid}-1", f"{payment.uuid}-2"]
    assert till.book.tags() == ["payment-ready", "payment-expired", "payment-ready"]
    assert (await till.call("ask_again", payment.id)).url == fresh.url
    await till.person("pay", fresh)
    await till.told()
    with pytest.raises(AlreadyPaid):
        await till.call("ask_again", payment.id)


async def test_a_cancelled_link_can_no_longer_be_paid(till: Till) -> None:
    payment = await till.asked()
    await till.call("cancel", payment.id)
    await till.jobs()
    with pytest.raises(AssertionError, match="expired"):
        await till.person("pay", payment)
    await till.told()
    assert (await till.payment(payment.id)).status is Status.CANCELLED
    assert (await till.call("cancel", payment.id)).status is Status.CANCELLED
    assert (await till.request(order=1)).id != payment.id


async def test_cancelled_a_moment_after_it_was_paid_the_money_is_seen(till: Till) -> None:
    payment = await till.asked()
    till.ear.deaf = True
    await till.person("pay", payment)
    await till.call("cancel", payment.id)
    till.shop.can_fulfil = False
    await till.told()
    await till.told()
    assert (await till.payment(payment.id)).status is Status.REFUNDED


async def test_a_lost_webhook_costs_minutes(till: Till) -> None:
    payment = await till.asked()
    till.ear.deaf = True
    await till.person("pay", payment)
    await till.told()
    assert (await till.payment(payment.id)).status is Status.PENDING
    till.clock.let_pass(timedelta(minutes=1))
    await till.jobs()
    assert (await till.payment(payment.id)).status is Status.PAID
    assert till.shop.heard == [("paid", payment.id)]


async def test_i_paid_has_the_provider_asked_at_once(till: Till) -> None:
    payment = await till.asked()
    till.ear.deaf = True
    await till.person("pay", payment)
    await till.told()
    assert (await till.call("ask_now", payment.id)).status is Status.PENDING
    await till.jobs()
    assert (await till.payment(payment.id)).status is Status.PAID


async def test_two_links_of_one_thing_both_paid_the_second_goes_back(till: Till) -> None:
    """The first lapses here before its payer, who is slow, pays it; the second is paid too."""
    payment = await till.asked(expires_at=till.clock() + HOUR)
    till.clock.let_pass(HOUR)
    await till.call("ask_again", payment.id)
    await create_links(till.desk)  # and the old one is not closed yet
    await till.person("pay", payment, attempt=1)
    await till.person("pay", payment, attempt=2)
    await till.told()
    await till.told()
    paid = await till.payment(payment.id)
    assert (paid.status, paid.refunded) == (Status.PAID, Money(0, "KES"))
    (refund,) = await till.refunds(payment.id)
    assert (refund.reason, refund.status) == ("paid_twice", RefundStatus.SUCCEEDED)
    assert till.shop.heard == [("paid", payment.id)]
    attempts = await till.attempts(payment.id)
    assert sorted(attempt.refunded for attempt in attempts) == [0, SHILLINGS.amount]


async def test_a_delayed_method_is_not_paid_until_the_bank_says_so(till: Till) -> None:
    payment = await till.asked()
    await till.person("later", payment)
    await till.told()
    working = await till.payment(payment.id)
    assert (working.status, working.url, working.reason) == (Status.PENDING, None, "bank")
    assert till.shop.heard == []
    till.clock.let_pass(2 * HOUR)
    assert (await till.call("ask_again", payment.id)).attempt == 1  # it cannot lapse any more
    await till.person("pay", payment)
    await till.told()
    assert (await till.payment(payment.id)).status is Status.PAID


@pytest.mark.parametrize("webhook_lost", [False, True])
async def test_a_delayed_method_that_fails_is_failed(till: Till, webhook_lost: bool) -> None:
    payment = await till.asked()
    await till.person("later", payment)
    await till.told()
    till.ear.deaf = webhook_lost
    await till.person("decline", payment)
    await till.told()
    till.clock.let_pass(2 * HOUR)
    await till.jobs()
    assert (await till.payment(payment.id)).status is Status.FAILED
    assert till.shop.heard == [("failed", payment.id)]
    assert "payment-failed" in till.book.tags()


async def test_a_card_refused_once_is_not_the_end(till: Till) -> None:
    payment = await till.asked()
    await till.person("decline", payment)
    await till.told()
    assert (await till.payment(payment.id)).status is Status.PENDING
    await till.person("pay", payment)
    await till.told()
    assert (await till.payment(payment.id)).status is Status.PAID


async def test_no_answer_is_unknown_and_asked_again_with_the_same_key(till: Till) -> None:
    await till.faults(stripe_timeout={"count": 2})  # the call and the library's own retry
    asked = await till.asked()
    assert asked.status is Status.UNKNOWN
    till.clock.let_pass(timedelta(seconds=6))
    await till.jobs()
    ready = await till.payment(asked.id)
    assert (ready.status, ready.attempt) == (Status.PENDING, 1)
    async with till.http.get(ready.url or "") as page:
        assert page.status == 200


async def test_no_answer_until_the_time_is_up_is_failed(till: Till) -> None:
    await till.faults(stripe_5xx=1.0)
    asked = await till.asked(expires_at=till.clock() + HOUR)
    assert asked.status is Status.UNKNOWN
    till.clock.let_pass(HOUR)
    await till.jobs()
    assert (await till.payment(asked.id)).status is Status.FAILED
    assert till.shop.heard == [("failed", asked.id)]


async def test_a_refusal_is_final(till: Till) -> None:
    asked = await till.asked(Money(1, "USD"))  # less than Stripe charges
    assert asked.status is Status.FAILED
    assert till.book.tags() == ["payment-failed"]


async def test_a_job_killed_after_the_call_ends_in_the_same_link(till: Till) -> None:
    asked = await till.request()
    await create_links(replace(till.desk, provider=Dies(till.desk.provider)))
    assert (await till.payment(asked.id)).status is Status.CREATED
    await till.jobs()
    assert (await till.payment(asked.id)).status is Status.CREATED  # leased: nobody else asks
    till.clock.let_pass(LEASE)
    await till.jobs()
    ready = await till.payment(asked.id)
    assert (ready.status, ready.attempt) == (Status.PENDING, 1)
    async with till.http.get(ready.url or "") as page:
        assert page.status == 200


async def test_paid_late_and_not_to_be_had_any_more_goes_back_at_once(till: Till) -> None:
    till.shop.can_fulfil = False
    payment = await till.asked()
    await till.person("pay", payment)
    await till.told()
    await till.told()
    gone = await till.payment(payment.id)
    assert (gone.status, gone.refunded) == (Status.REFUNDED, SHILLINGS)
    (refund,) = await till.refunds(payment.id)
    assert (refund.reason, refund.status) == ("cannot_fulfil", RefundStatus.SUCCEEDED)
    assert till.book.tags() == ["payment-ready", "refund-started", "payment-refunded"]
    assert till.shop.heard == [("paid", payment.id), ("refunded", payment.id)]


async def test_refunds_in_parts_never_more_than_was_paid(till: Till) -> None:
    payment = await till.asked()
    with pytest.raises(NotAllowed):
        await till.call("refund", payment.id, "sorry", "k0")
    await till.person("pay", payment)
    await till.told()
    part = Money(1_000_00, "KES")
    first = await till.call("refund", payment.id, "one item", "k1", part)
    assert await till.call("refund", payment.id, "one item", "k1", part) == first
    await till.told()
    await till.told()
    assert (await till.payment(payment.id)).status is Status.PARTLY_REFUNDED
    assert till.shop.heard == [("paid", payment.id)]
    with pytest.raises(TooMuch):
        await till.call("refund", payment.id, "too much", "k2", SHILLINGS)
    await till.call("refund", payment.id, "the rest", "k3")
    await till.told()
    await till.told()
    gone = await till.payment(payment.id)
    assert (gone.status, gone.refunded) == (Status.REFUNDED, SHILLINGS)
    with pytest.raises(TooMuch):
        await till.call("refund", payment.id, "again", "k4")
    (attempt,) = await till.attempts(payment.id)
    assert (attempt.promised, attempt.refunded) == (SHILLINGS.amount, SHILLINGS.amount)


async def test_a_refund_without_an_answer_is_sent_again_with_its_key(till: Till) -> None:
    payment = await till.asked()
    await till.person("pay", payment)
    await till.told()
    await till.faults(stripe_timeout={"count": 2})
    await till.call("refund", payment.id, "sorry", "k1", Money(500_00, "KES"))
    await till.jobs()
    till.clock.let_pass(HOUR)
    await till.told()
    await till.told()
    refunded = await till.payment(payment.id)
    assert refunded.refunded == Money(500_00, "KES")
    assert len(await till.refunds(payment.id)) == 1


async def test_given_back_at_stripes_own_desk_is_counted_here(till: Till) -> None:
    payment = await till.asked()
    await till.person("pay", payment)
    await till.told()
    await till.person("refund", payment)
    await till.told()
    gone = await till.payment(payment.id)
    assert (gone.status, gone.refunded) == (Status.REFUNDED, SHILLINGS)
    (refund,) = await till.refunds(payment.id)
    assert refund.reason == "given back elsewhere"
    assert till.shop.heard == [("paid", payment.id), ("refunded", payment.id)]


async def test_cash_waits_for_the_hand_and_needs_no_link(till: Till) -> None:
    payment = await till.asked(method="cash")
    assert (payment.status, payment.url, payment.expires_at) == (Status.PENDING, None, None)
    assert (await till.call("cash_received", payment.id)).status is Status.PAID
    assert (await till.call("cash_received", payment.id)).status is Status.PAID
    assert till.book.tags() == []
    refund = await till.call("refund", payment.id, "returned", "k1")
    assert refund.status is RefundStatus.SUCCEEDED
    assert (await till.payment(payment.id)).status is Status.REFUNDED


async def test_a_person_changes_from_link_to_cash(till: Till) -> None:
    link = await till.asked()
    with pytest.raises(AlreadyAsked):
        await till.request(method="cash")
    await till.call("cancel", link.id)
    cash = await till.request(method="cash")
    assert (await till.call("for_service", "order", 1)).id == cash.id
    assert [one.id for one in await till.call("history", till.payer)] == [cash.id, link.id]
