"""A payment through M-Pesa: the prompt on the phone, how it ends, and what is believed of it."""

from datetime import timedelta

import pytest

from services.ground.money import Money
from services.payments import RefundStatus, Status
from services.payments.errors import NotChargeable
from services.payments.mpesa_words import query_word
from services.payments.provider import Came, Mark, Refused, Waiting
from tests.services.payments.mpesa import PHONE, SECRETS, MPesaTill, address, callback


async def test_the_pin_is_entered(mpesa: MPesaTill) -> None:
    payment = await mpesa.asked()
    assert (payment.status, payment.url) == (Status.PENDING, None)
    assert mpesa.book.tags() == ["payment-ready"]
    (prompt,) = await mpesa.prompts()
    assert (prompt["phone"], prompt["amount"]) == (PHONE.removeprefix("+"), 370)
    assert prompt["reference"] == "Order 1"
    await mpesa.person("pin", payment)
    await mpesa.told()
    assert (await mpesa.payment(payment.id)).status is Status.PAID
    assert mpesa.shop.heard == [("paid", payment.id)]
    (attempt,) = await mpesa.attempts(payment.id)
    assert (attempt.session, attempt.received) == (prompt["id"], 370_00)


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("cancel", "cancelled"),
        ("wrong-pin", "wrong PIN"),
        ("insufficient", "insufficient"),
        ("timeout", "no answer"),
    ],
)
async def test_the_pin_is_not_entered(mpesa: MPesaTill, end: str, why: str) -> None:
    payment = await mpesa.asked()
    await mpesa.person(end, payment)
    await mpesa.told()
    ended = await mpesa.payment(payment.id)
    assert (ended.status, ended.reason) == (Status.FAILED, why)
    assert mpesa.shop.heard == [("failed", payment.id)]
    again = await mpesa.call("ask_again", payment.id)
    await mpesa.jobs()
    await mpesa.person("pin", again)
    await mpesa.told()
    assert (await mpesa.payment(payment.id)).status is Status.PAID


async def test_a_lost_callback_costs_a_quarter_of_a_minute(mpesa: MPesaTill) -> None:
    payment = await mpesa.asked()
    mpesa.ear.deaf = True
    mpesa.clock.let_pass(timedelta(seconds=15))
    await mpesa.jobs()
    assert (await mpesa.payment(payment.id)).status is Status.PENDING  # they are being asked
    await mpesa.person("pin", payment)
    await mpesa.told()
    mpesa.clock.let_pass(timedelta(seconds=15))
    await mpesa.jobs()
    assert (await mpesa.payment(payment.id)).status is Status.PAID


async def test_a_callback_alone_moves_no_money(mpesa: MPesaTill) -> None:
    payment = await mpesa.asked()
    (prompt,) = await mpesa.prompts()
    path = address(f"{payment.uuid}-1")
    assert await mpesa.calls_back(path, callback(prompt["id"])) == 200
    await mpesa.jobs()
    assert (await mpesa.payment(payment.id)).status is Status.PENDING
    (event,) = await mpesa.events()
    assert (event.type, event.outcome) == ("result 0", "ignored")


async def test_a_callback_goes_where_only_we_and_they_know(mpesa: MPesaTill) -> None:
    payment = await mpesa.asked()
    key = f"{payment.uuid}-1"
    told = callback("ws_CO_1")
    other = address(f"{payment.uuid}-2").partition("/")[2]
    for path in (key, f"{key}/", f"{key}/{other}", address(key, "guessed"), "x", f"{key}/é"):
        assert await mpesa.calls_back(path, told) == 401
    assert await mpesa.events() == []
    for secret in SECRETS:
        assert await mpesa.calls_back(address(key, secret), told) == 200
    assert len(await mpesa.events()) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"Body": 5}', b'{"Body": {}}'])
async def test_a_callback_that_cannot_be_read_is_refused(mpesa: MPesaTill, body: bytes) -> None:
    assert await mpesa.calls_back(address("key"), body) == 400
    assert await mpesa.events() == []


async def test_anothers_paid_prompt_pays_nothing_here(mpesa: MPesaTill) -> None:
    dear = await mpesa.asked(Money(9_000_00, "KES"))
    cheap = await mpesa.asked(Money(1_00, "KES"), order=2, payer="+254700000002")
    await mpesa.person("pin", cheap)
    await mpesa.told()
    (paid, _) = await mpesa.prompts()
    assert await mpesa.calls_back(address(f"{dear.uuid}-1"), callback(paid["id"])) == 200
    await mpesa.jobs()
    assert (await mpesa.payment(dear.id)).status is Status.HELD
    assert mpesa.shop.heard == [("paid", cheap.id)]


async def test_a_prompt_whose_answer_was_lost_is_paid_all_the_same(mpesa: MPesaTill) -> None:
    await mpesa.asked(order=2, payer="+254700000002")  # from here on there is a token
    await mpesa.faults(payment_timeout={"count": 1})
    payment = await mpesa.request()
    await mpesa.jobs()
    assert (await mpesa.payment(payment.id)).status is Status.UNKNOWN
    mpesa.clock.let_pass(timedelta(minutes=1))
    await mpesa.jobs()
    assert len(await mpesa.prompts()) == 2  # nobody is asked twice at once
    await mpesa.person("pin", payment)
    await mpesa.told()
    assert (await mpesa.payment(payment.id)).status is Status.PAID


async def test_a_prompt_that_nobody_heard_of_again_is_another_attempt(mpesa: MPesaTill) -> None:
    await mpesa.asked(order=2, payer="+254700000002")
    await mpesa.faults(payment_timeout={"count": 1})
    payment = await mpesa.request()
    await mpesa.jobs()
    mpesa.ear.deaf = True
    await mpesa.person("timeout", payment)
    await mpesa.told()
    mpesa.ear.deaf = False
    mpesa.clock.let_pass(timedelta(minutes=3))
    await mpesa.jobs()
    payment = await mpesa.payment(payment.id)
    assert (payment.status, payment.attempt) == (Status.PENDING, 2)
    await mpesa.person("pin", payment)
    await mpesa.told()
    assert (await mpesa.payment(payment.id)).status is Status.PAID


async def test_a_phone_that_is_being_asked_is_not_asked_again(mpesa: MPesaTill) -> None:
    await mpesa.asked()
    second = await mpesa.asked(order=2)
    assert (second.status, second.reason) == (Status.FAILED, "500.001.1001")


async def test_a_token_that_is_not_taken_any_more_is_renewed(mpesa: MPesaTill) -> None:
    payment = await mpesa.asked()
    await mpesa.faults(payment_token={"count": 1})
    await mpesa.person("pin", payment)
    await mpesa.told()
    assert (await mpesa.payment(payment.id)).status is Status.PAID


async def test_paid_after_it_was_called_off_is_for_an_operator_to_give_back(
    mpesa: MPesaTill,
) -> None:
    mpesa.shop.can_fulfil = False
    payment = await mpesa.asked()
    await mpesa.call("cancel", payment.id)
    await mpesa.jobs()
    await mpesa.person("pin", payment)
    await mpesa.told()
    assert (await mpesa.payment(payment.id)).status is Status.PAID
    assert [one.status for one in await mpesa.refunds(payment.id)] == [RefundStatus.FAILED]
    assert "refund-failed" in mpesa.book.tags()


@pytest.mark.parametrize(
    "money", [Money(100_50, "KES"), Money(250_001_00, "KES"), Money(100_00, "INR")]
)
async def test_what_mpesa_would_refuse_is_not_asked(mpesa: MPesaTill, money: Money) -> None:
    with pytest.raises(NotChargeable):
        await mpesa.request(money)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("0", Came(Mark(session="s"), None)),
        (0, Came(Mark(session="s"), None)),
        (1032, Refused(Mark(session="s"), "cancelled")),
        ("1037", Refused(Mark(session="s"), "no answer")),
        (17, Refused(Mark(session="s"), "result 17")),
        ("4999", Waiting(Mark(session="s"))),
    ],
)
def test_result_codes_come_as_numbers_or_as_text(code: object, word: object) -> None:
    assert query_word({"CheckoutRequestID": "s", "ResultCode": code}, "s") == word
