"""The door Stripe comes through: what is believed, what is refused, what is kept."""

import asyncio
import copy
import json
import time
from pathlib import Path
from typing import Any

import pytest
import stripe
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from handlers.webhooks.payments import PaymentWebhook
from services.ground.money import Money
from services.payments import Status
from services.payments.tables import EventRow
from tests.services.payments.till import SECRETS, Till, event, signed

FOLDER = Path(__file__).parents[2] / "fixtures" / "stripe"
FILES = {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}

# What becomes of each kind when nothing of it was asked for here, and why.
ENDS = {
    "checkout.session.completed": (None, "no payment of ours is known by this reference"),
    "checkout.session.async_payment_succeeded": (
        None, "no payment of ours is known by this reference",
    ),
    "checkout.session.expired": (None, "no payment of ours is known by this reference"),
    "payment_intent.payment_failed": ("ignored", "not final: the session may still succeed"),
    "charge.refunded": ("ignored", "a charge not asked for here"),
    "charge.refund.updated": ("ignored", "a refund not asked for here; charge.refunded counts it"),
    "charge.dispute.created": (None, "no payment of ours is known by this reference"),
    "charge.dispute.closed": ("ignored", "cannot be read: ValidationError"),  # of 2013: no id
    "charge.dispute.funds_withdrawn": (None, "no payment of ours is known by this reference"),
}  # fmt: skip
OTHER = ("ignored", "a kind of event not acted on")
SETUP = ("ignored", "a session of mode setup takes no payment of ours")


@pytest.mark.parametrize("name", FILES)
async def test_every_payload_on_file_is_kept_and_has_an_end(till: Till, name: str) -> None:
    payload = FILES[name]
    assert await till.tell(payload) == 200
    await till.jobs()
    (kept,) = await till.events()
    wanted = SETUP if "setup_mode" in name else ENDS.get(payload["type"], OTHER)
    assert (kept.type, (kept.outcome, kept.reason)) == (payload["type"], wanted)
    assert till.shop.heard == []


def test_there_are_payloads_on_file() -> None:
    assert len(FILES) >= 29


async def test_a_payload_on_file_settles_the_payment_it_is_about(till: Till) -> None:
    payload = copy.deepcopy(FILES["checkout.session.completed.xof_zero_decimal"])
    payment = await till.asked(Money(5_000, "XOF"))
    (attempt,) = await till.attempts(payment.id)
    payload["data"]["object"] |= {"client_reference_id": str(payment.uuid), "id": attempt.session}
    assert await till.tell(payload) == 200
    await till.jobs()
    assert (await till.payment(payment.id)).status is Status.PAID


@pytest.mark.parametrize("secret", SECRETS)
async def test_both_secrets_are_good_while_rotating(till: Till, secret: str) -> None:
    assert await till.post(*signed(event("ping", {}), secret)) == 200
    assert len(await till.events()) == 1


async def test_what_stripe_did_not_sign_is_refused(till: Till) -> None:
    payment = await till.asked()
    body, header = signed(await till.about(payment))
    spoilt = body.replace(b'"paid"', b'"paiD"')
    assert spoilt != body
    assert await till.post(spoilt, header) == 401
    assert await till.post(body, header.replace("v1=", "v1=0")) == 401
    assert await till.post(*signed(await till.about(payment), "whsec_other")) == 401
    for odd in ("", "t=,v1=", "nonsense", "t=99999999999999999999,v1=1", "t=1,v1=é"):
        assert await till.post(body, odd) == 401
    assert await till.events() == []
    assert await till.post(body, header) == 200


async def test_an_old_event_is_refused(till: Till) -> None:
    now = int(time.time())
    assert await till.post(*signed(event("ping", {}), at=now - 320)) == 401
    assert await till.post(*signed(event("ping", {}), at=now - 280)) == 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"text"',
        "{}",
        '{"id": 1, "type": "x"}',
        '{"id": "e", "type": "x", "n": NaN}',
        '{"id": "\\u0000", "type": "x"}',
        '{"id": "e", "type": "x", "n": ' + "[" * 900 + "]" * 900 + "}",
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(till: Till, text: str) -> None:
    header = stripe.WebhookSignature.generate_signature_header(text, SECRETS[0])
    assert await till.post(text.encode(), header) == 400
    assert await till.events() == []


async def test_half_a_surrogate_pair_in_a_name_does_not_cost_the_event(till: Till) -> None:
    text = '{"id": "evt_1", "type": "ping", "data": {"object": {"name": "a\\ud83d\\u0000"}}}'
    header = stripe.WebhookSignature.generate_signature_header(text, SECRETS[0])
    assert await till.post(text.encode(), header) == 200
    async with till.desk.begin() as tx:
        kept = await tx.scalar(select(EventRow.raw))
    assert kept["data"]["object"] == {"name": "a?"}


async def test_bytes_that_are_no_text_are_refused(till: Till) -> None:
    assert await till.post(b"\xff\xfe", signed({})[1]) == 401


async def test_too_long_a_body_is_refused(till: Till) -> None:
    long: dict[str, Any] = {"filler": "x" * (3 * 1024 * 1024)}
    assert await till.post(*signed(event("ping", long))) == 413
    assert await till.post(*signed(event("ping", {"filler": "x" * 1_000_000}))) == 200


async def test_characters_the_database_cannot_hold_cost_nothing(till: Till) -> None:
    payment = await till.asked()
    told = await till.about(payment, customer_details={"name": "A\0da\x01"})
    assert await till.tell(told) == 200
    await till.jobs()
    assert (await till.payment(payment.id)).status is Status.PAID


async def test_the_same_event_twenty_times_at_once_has_one_effect(till: Till) -> None:
    payment = await till.asked()
    body, header = signed(await till.about(payment))
    answers = await asyncio.gather(*(till.post(body, header) for _ in range(20)))
    assert answers == [200] * 20
    await asyncio.gather(*(till.jobs() for _ in range(5)))
    assert [kept.outcome for kept in await till.events()] == ["settled"]
    assert till.shop.heard == [("paid", payment.id)]
    assert (await till.payment(payment.id)).status is Status.PAID


async def test_twenty_events_of_one_payment_at_once_have_one_effect(till: Till) -> None:
    payment = await till.asked()
    told = [signed(await till.about(payment)) for _ in range(20)]
    assert await asyncio.gather(*(till.post(*one) for one in told)) == [200] * 20
    await asyncio.gather(*(till.jobs() for _ in range(5)))
    outcomes = sorted(kept.outcome for kept in await till.events())
    assert outcomes == ["repeated"] * 19 + ["settled"]
    assert till.shop.heard == [("paid", payment.id)]


async def test_what_cannot_be_stored_is_asked_for_again(till: Till) -> None:
    def broken() -> Any:
        raise OperationalError("INSERT", {}, ConnectionError("the database is away"))

    app = web.Application()
    app.router.add_routes(PaymentWebhook(till.desk.provider, broken).routes())
    body, header = signed(event("ping", {}))
    headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
    async with TestClient(TestServer(app)) as client:
        answer = await client.post("/webhooks/stripe", data=body, headers=headers)
        assert answer.status == 503
