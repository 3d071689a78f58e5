"""A payment through PhonePe: asked for, paid, refused, lapsed, unknown, given back."""

import asyncio
from datetime import timedelta

import pytest

from services.ground.money import Money
from services.payments import RefundStatus, Status
from services.payments.errors import NotChargeable
from tests.services.payments.phonepe import RUPEES, PhonePeTill, order_event

SOON = timedelta(seconds=30)


async def test_a_link_is_made_and_paid(phonepe: PhonePeTill) -> None:
    payment = await phonepe.asked()
    assert payment.status is Status.PENDING
    assert payment.url is not None and "/simulator/checkout/phonepe/" in payment.url
    assert payment.expires_at is not None
    assert payment.expires_at - phonepe.clock() <= timedelta(hours=1)
    await phonepe.person("pay", payment)
    await phonepe.told()
    assert (await phonepe.payment(payment.id)).status is Status.PAID
    assert phonepe.shop.heard == [("paid", payment.id)]
    (attempt,) = await phonepe.attempts(payment.id)
    assert (attempt.session, attempt.received) == (f"{payment.uuid}-1", RUPEES.amount)


async def test_a_try_that_failed_is_not_the_end(phonepe: PhonePeTill) -> None:
    payment = await phonepe.asked()
    await phonepe.person("decline", payment)
    await phonepe.told()
    assert (await phonepe.payment(payment.id)).status is Status.PENDING
    await phonepe.person("pay", payment)
    await phonepe.told()
    assert (await phonepe.payment(payment.id)).status is Status.PAID


@pytest.mark.parametrize(
    ("before", "status", "heard"),
    [([], Status.EXPIRED, "expired"), (["decline"], Status.FAILED, "failed")],
)
async def test_an_order_that_ends_unpaid(
    phonepe: PhonePeTill, before: list[str], status: Status, heard: str
) -> None:
    payment = await phonepe.asked()
    for end in [*before, "abandon"]:
        await phonepe.person(end, payment)
    await phonepe.told()
    assert (await phonepe.payment(payment.id)).status is status
    assert phonepe.shop.heard == [(heard, payment.id)]
    again = await phonepe.call("ask_again", payment.id)
    await phonepe.jobs()
    await phonepe.person("pay", again)
    await phonepe.told()
    assert (await phonepe.payment(payment.id)).status is Status.PAID


async def test_paid_later_in_another_app(phonepe: PhonePeTill) -> None:
    payment = await phonepe.asked()
    await phonepe.person("later", payment)
    phonepe.clock.let_pass(SOON)
    await phonepe.jobs()
    assert (await phonepe.payment(payment.id)).status is Status.PENDING
    await phonepe.person("pay", payment)
    await phonepe.told()
    assert (await phonepe.payment(payment.id)).status is Status.PAID


async def test_a_lost_webhook_costs_half_a_minute(phonepe: PhonePeTill) -> None:
    payment = await phonepe.asked()
    phonepe.ear.deaf = True
    await phonepe.person("pay", payment)
    await phonepe.told()
    assert (await phonepe.payment(payment.id)).status is Status.PENDING
    phonepe.clock.let_pass(SOON)
    await phonepe.jobs()
    assert (await phonepe.payment(payment.id)).status is Status.PAID


async def test_it_is_asked_on_the_schedule_that_phonepe_demands(phonepe: PhonePeTill) -> None:
    pauses = [pause.total_seconds() for pause in phonepe.desk.provider.schedule]
    asked_at = [sum(pauses[: n + 1]) for n in range(len(pauses))]
    assert 20 <= pauses[0] <= 25
    assert {pauses[n] for n, at in enumerate(asked_at) if 25 < at <= 52} == {3}
    assert pauses[1:] == [3] * 10 + [6] * 10 + [10] * 6 + [30] * 2 + [60]
    phonepe.clock.stand_still()
    payment = await phonepe.asked()
    for pause in phonepe.desk.provider.schedule:
        phonepe.clock.let_pass(pause - timedelta(seconds=1))
        assert await phonepe.jobs() == 0
        phonepe.clock.let_pass(timedelta(seconds=1))
        assert await phonepe.jobs() == 1
    assert (await phonepe.payment(payment.id)).status is Status.PENDING


async def test_a_webhook_alone_moves_no_money(phonepe: PhonePeTill) -> None:
    payment = await phonepe.asked()
    assert await phonepe.tell(order_event(payment)) == 200
    await phonepe.jobs()
    assert (await phonepe.payment(payment.id)).status is Status.PENDING
    (event,) = await phonepe.events()
    assert (event.outcome, event.reason) == ("ignored", "only a hint: the provider is asked")


async def test_events_in_any_order_and_again_and_again(phonepe: PhonePeTill) -> None:
    await phonepe.faults(duplicate=True, reorder=0.5, seed=3)
    payment = await phonepe.asked()
    for end in ("decline", "decline", "pay"):
        await phonepe.person(end, payment)
    await phonepe.told()
    assert await phonepe.tell(order_event(payment, state="FAILED")) == 200
    await phonepe.jobs()
    assert (await phonepe.payment(payment.id)).status is Status.PAID
    assert phonepe.shop.heard == [("paid", payment.id)]


async def test_the_same_event_twenty_times_at_once_has_one_effect(phonepe: PhonePeTill) -> None:
    payment = await phonepe.asked()
    phonepe.ear.deaf = True
    await phonepe.person("pay", payment)
    await phonepe.told()
    phonepe.ear.deaf = False
    told = order_event(payment)
    assert await asyncio.gather(*(phonepe.tell(told) for _ in range(20))) == [200] * 20
    await asyncio.gather(*(phonepe.jobs() for _ in range(5)))
    assert len(await phonepe.events()) == 1
    assert phonepe.shop.heard == [("paid", payment.id)]


async def test_an_order_whose_answer_was_lost_is_asked_for_anew(phonepe: PhonePeTill) -> None:
    await phonepe.asked(order=2)  # from here on there is a token
    await phonepe.faults(payment_timeout={"count": 1})
    payment = await phonepe.request()
    await phonepe.jobs()
    assert (await phonepe.payment(payment.id)).status is Status.UNKNOWN
    phonepe.clock.let_pass(timedelta(seconds=10))
    await phonepe.jobs()
    payment = await phonepe.payment(payment.id)
    assert (payment.status, payment.attempt) == (Status.PENDING, 2)
    assert [order["merchantOrderId"] for order in await phonepe.orders()][:2] == [
        f"{payment.uuid}-2",
        f"{payment.uuid}-1",
    ]
    await phonepe.person("pay", payment)
    await phonepe.told()
    assert (await phonepe.payment(payment.id)).status is Status.PAID


async def test_a_provider_that_fails_is_asked_again(phonepe: PhonePeTill) -> None:
    await phonepe.faults(payment_5xx={"count": 1})
    payment = await phonepe.request()
    await phonepe.jobs()
    assert (await phonepe.payment(payment.id)).status is Status.UNKNOWN
    phonepe.clock.let_pass(SOON)
    await phonepe.jobs()
    payment = await phonepe.payment(payment.id)
    assert (payment.status, payment.attempt) == (Status.PENDING, 1)


async def test_a_token_that_is_not_taken_any_more_is_renewed(phonepe: PhonePeTill) -> None:
    payment = await phonepe.asked()
    await phonepe.faults(payment_token={"count": 1})
    phonepe.clock.let_pass(SOON)
    await phonepe.person("pay", payment)
    await phonepe.told()
    assert (await phonepe.payment(payment.id)).status is Status.PAID


async def test_paid_after_it_was_called_off_goes_back(phonepe: PhonePeTill) -> None:
    phonepe.shop.can_fulfil = False
    payment = await phonepe.asked()
    await phonepe.call("cancel", payment.id)
    await phonepe.jobs()  # PhonePe cannot end the order
    await phonepe.person("pay", payment)
    await phonepe.told()
    assert (await phonepe.payment(payment.id)).status is Status.REFUNDED
    assert phonepe.shop.heard == [("paid", payment.id), ("refunded", payment.id)]


async def test_paid_after_it_was_called_off_is_seen_without_a_webhook(phonepe: PhonePeTill) -> None:
    phonepe.shop.can_fulfil = False
    payment = await phonepe.asked()
    await phonepe.call("cancel", payment.id)
    await phonepe.jobs()
    phonepe.ear.deaf = True
    await phonepe.person("pay", payment)
    phonepe.clock.let_pass(timedelta(minutes=3))
    await phonepe.told()
    phonepe.clock.let_pass(timedelta(hours=2))
    await phonepe.jobs()
    assert (await phonepe.payment(payment.id)).status is Status.REFUNDED


async def test_parts_are_given_back_once_each(phonepe: PhonePeTill) -> None:
    payment = await phonepe.asked()
    await phonepe.person("pay", payment)
    await phonepe.told()
    for key, amount in (("a", 100_00), ("a", 100_00), ("b", 399_00)):
        part = Money(amount, "INR")
        await phonepe.call("refund", payment.id, reason="late", key=key, amount=part)
        await phonepe.told()
        await phonepe.told()
    assert [refund.status for refund in await phonepe.refunds(payment.id)] == [
        RefundStatus.SUCCEEDED,
        RefundStatus.SUCCEEDED,
    ]
    assert (await phonepe.payment(payment.id)).status is Status.REFUNDED
    assert phonepe.shop.heard == [("paid", payment.id), ("refunded", payment.id)]


async def test_a_refund_whose_answer_was_lost_is_made_once(phonepe: PhonePeTill) -> None:
    payment = await phonepe.asked()
    await phonepe.person("pay", payment)
    await phonepe.told()
    phonepe.ear.deaf = True
    await phonepe.faults(payment_timeout={"count": 1})
    await phonepe.call("refund", payment.id, reason="late", key="a")
    await phonepe.told()
    assert [one.status for one in await phonepe.refunds(payment.id)] == [RefundStatus.UNKNOWN]
    phonepe.clock.let_pass(timedelta(minutes=1))
    await phonepe.jobs()
    assert [one.status for one in await phonepe.refunds(payment.id)] == [RefundStatus.SUCCEEDED]


@pytest.mark.parametrize("money", [Money(100_00, "KES"), Money(99, "INR")])
async def test_what_phonepe_would_refuse_is_not_asked(phonepe: PhonePeTill, money: Money) -> None:
    with pytest.raises(NotChargeable):
        await phonepe.request(money)
