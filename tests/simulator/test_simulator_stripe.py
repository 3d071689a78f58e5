"""The payment emulator, driven by Stripe's own library and checked by its own signature code."""

import time
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.simulator.product_side import STRIPE_SECRET, Outside, asked


async def events(outside: Outside, count: int) -> list[Any]:
    """The verified events, once there are so many, in the order of arrival."""
    await outside.product.until(lambda: len(outside.product.events()) >= count)
    hooks = [hook for hook in outside.product.hooks if hook.path == "/webhooks/stripe"]
    return [
        stripe.Webhook.construct_event(hook.raw, hook.headers["Stripe-Signature"], STRIPE_SECRET)
        for hook in hooks
    ]


async def test_pay(outside: Outside, client: stripe.StripeClient) -> None:
    session = await client.v1.checkout.sessions.create_async(asked())
    assert (session.status, session.payment_status, session.amount_total) == (
        "open",
        "unpaid",
        2500,
    )
    assert session.payment_intent is None
    assert 23 * 3600 < session.expires_at - time.time() <= 24 * 3600
    paid = await outside.api("POST", "/payments/order-1042/pay")
    assert (paid["status"], paid["payment_status"], paid["shown"]) == (
        "complete",
        "paid",
        "USD 25.00",
    )
    told = await events(outside, 3)
    assert [event.type for event in told] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
    assert told[2].data.object.id == session.id
    assert told[2].data.object.client_reference_id == "order-1042"
    assert told[1].data.object.metadata["payment"] == "0193-abc"
    assert told[0].api_version == "2026-10-28.endive"
    again: Any = await client.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    assert again.payment_intent.latest_charge.amount == 2500
    assert again.line_items.data[0].description == "Maize flour"
    await outside.api("POST", "/payments/0193-abc/pay", expect=409)


async def test_a_changed_byte_breaks_the_signature(
    outside: Outside, client: stripe.StripeClient
) -> None:
    await client.v1.checkout.sessions.create_async(asked())
    await outside.api("POST", "/payments/order-1042/pay")
    await events(outside, 1)
    hook = outside.product.hooks[0]
    forged = hook.raw.replace(b"2500", b"2501")
    assert forged != hook.raw
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(forged, hook.headers["Stripe-Signature"], STRIPE_SECRET)


async def test_decline_then_pay(outside: Outside, client: stripe.StripeClient) -> None:
    session = await client.v1.checkout.sessions.create_async(asked())
    declined = await outside.api("POST", f"/payments/{session.id}/decline")
    assert declined["status"] == "open"
    failed = (await events(outside, 1))[0]
    assert failed.type == "payment_intent.payment_failed"
    assert failed.data.object.last_payment_error.code == "card_declined"
    await outside.api("POST", f"/payments/{session.id}/pay")
    intent = await client.v1.payment_intents.retrieve_async(failed.data.object.id)
    assert (intent.status, intent.amount_received) == ("succeeded", 2500)


@pytest.mark.parametrize(
    ("end", "kind", "intent_kind"),
    [
        ("pay", "async_payment_succeeded", "payment_intent.succeeded"),
        ("decline", "async_payment_failed", "payment_intent.payment_failed"),
    ],
)
async def test_later(
    outside: Outside, client: stripe.StripeClient, end: str, kind: str, intent_kind: str
) -> None:
    await client.v1.checkout.sessions.create_async(asked())
    await outside.api("POST", "/payments/order-1042/later")
    completed = (await events(outside, 1))[0]
    assert completed.type == "checkout.session.completed"
    assert completed.data.object.payment_status == "unpaid"
    await outside.api("POST", f"/payments/order-1042/{end}")
    told = await events(outside, 4 if end == "pay" else 3)
    assert {event.type for event in told} >= {intent_kind, f"checkout.session.{kind}"}
    await outside.api("POST", "/payments/order-1042/decline", expect=409)


async def test_abandon_and_expire(outside: Outside, client: stripe.StripeClient) -> None:
    await client.v1.checkout.sessions.create_async(asked())
    await outside.api("POST", "/payments/order-1042/abandon")
    other = await client.v1.checkout.sessions.create_async(asked())
    expired = await client.v1.checkout.sessions.expire_async(other.id)
    assert (expired.status, expired.url) == ("expired", None)
    assert [event.type for event in await events(outside, 2)] == ["checkout.session.expired"] * 2
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.checkout.sessions.expire_async(other.id)


async def test_refund_in_parts_and_never_too_much(
    outside: Outside, client: stripe.StripeClient
) -> None:
    session = await client.v1.checkout.sessions.create_async(asked())
    await outside.api("POST", "/payments/order-1042/pay")
    intent = str((await client.v1.checkout.sessions.retrieve_async(session.id)).payment_intent)
    part = await client.v1.refunds.create_async({"payment_intent": intent, "amount": 1000})
    assert (part.amount, part.status, part.currency) == (1000, "succeeded", "usd")
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        await client.v1.refunds.create_async({"payment_intent": intent, "amount": 1501})
    await client.v1.refunds.create_async(
        {"charge": str(part.charge), "reason": "requested_by_customer"}
    )
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.refunds.create_async({"payment_intent": intent})
    assert refused.value.code == "charge_already_refunded"
    told = await events(outside, 5)
    refunded = [event.data for event in told if event.type == "charge.refunded"]
    assert [data.object.amount_refunded for data in refunded] == [1000, 2500]
    assert [data.object.refunded for data in refunded] == [False, True]
    assert refunded[0].previous_attributes["amount_refunded"] == 0
    listed = await client.v1.refunds.list_async({"payment_intent": intent})
    assert [refund.amount for refund in listed.data] == [1500, 1000]


async def test_a_refund_from_the_script(outside: Outside, client: stripe.StripeClient) -> None:
    await client.v1.checkout.sessions.create_async(asked())
    await outside.api("POST", "/payments/order-1042/refund", expect=409)
    await outside.api("POST", "/payments/order-1042/pay")
    refunded = await outside.api("POST", "/payments/order-1042/refund", {"amount": 500})
    assert refunded["refunded"] == 500
    await outside.api("POST", "/payments/unheard-of/pay", expect=404)


async def test_idempotency_keys(outside: Outside, client: stripe.StripeClient) -> None:
    create = client.v1.checkout.sessions.create_async
    first = await create(asked(), {"idempotency_key": "k1"})
    again: Any = await create(asked(), {"idempotency_key": "k1"})
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert (await create(asked(), {"idempotency_key": "k2"})).id != first.id
    with pytest.raises(stripe.IdempotencyError):
        await create(asked(999), {"idempotency_key": "k1"})


@pytest.mark.parametrize(
    ("params", "param"),
    [
        (asked(24), "line_items"),
        (asked(1005, "kwd"), None),
        (asked(100, "xyz"), "line_items[0][price_data][currency]"),
        (asked(expires_at=int(time.time()) + 60), "expires_at"),
        (asked(expires_at=int(time.time()) + 25 * 3600), "expires_at"),
        (asked(success_url=""), "success_url"),
        (asked(line_items=[]), "line_items"),
        (asked(metadata={"k" * 41: "v"}), f"metadata[{'k' * 41}]"),
        (asked(gremlins="yes"), "gremlins"),
        (asked(mode="subscription"), "mode"),
    ],
)
async def test_refused(client: stripe.StripeClient, params: Any, param: str | None) -> None:
    if param is None:
        params["line_items"][0]["quantity"] = 1
        param = "line_items"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.checkout.sessions.create_async(params)
    assert refused.value.param == param


async def test_a_wrong_key_and_an_unknown_object(
    outside: Outside, client: stripe.StripeClient
) -> None:
    with pytest.raises(stripe.AuthenticationError):
        await client.v1.balance.retrieve_async(options={"api_key": "sk_test_other"})
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        await client.v1.checkout.sessions.retrieve_async("cs_test_none")
    assert (unknown.value.http_status, unknown.value.code) == (404, "resource_missing")
    assert (await client.v1.balance.retrieve_async()).livemode is False


async def test_events_can_be_asked_for_when_webhooks_are_lost(
    outside: Outside, client: stripe.StripeClient
) -> None:
    outside.product.answers = [500] * 1000
    await client.v1.checkout.sessions.create_async(asked())
    await outside.api("POST", "/payments/order-1042/abandon")
    lost = await client.v1.events.list_async({"delivery_success": False})
    assert [event.type for event in lost.data] == ["checkout.session.expired"]
    outside.product.answers.clear()
    await outside.quiet()
    lost = await client.v1.events.list_async({"delivery_success": False})
    assert lost.data == []
    found = await client.v1.events.list_async({"types": ["checkout.session.expired"], "limit": 1})
    event = await client.v1.events.retrieve_async(found.data[0].id)
    assert event.data.object.client_reference_id == "order-1042"


async def test_faults_reach_payments(outside: Outside, client: stripe.StripeClient) -> None:
    await outside.api("PUT", "/faults", {"stripe_5xx": {"count": 1}, "duplicate": {"count": 1}})
    with pytest.raises(stripe.APIError):
        await client.v1.checkout.sessions.create_async(asked())
    await client.v1.checkout.sessions.create_async(asked())
    await outside.api("POST", "/payments/order-1042/abandon")
    first, second = await events(outside, 2)
    assert first.id == second.id


async def test_the_till_survives_a_restart(
    outside: Outside, client: stripe.StripeClient, tmp_path: Path
) -> None:
    await outside.down()
    await outside.up(journal=tmp_path / "till.jsonl")
    paid = await client.v1.checkout.sessions.create_async(asked(), {"idempotency_key": "k1"})
    outside.product.answers = [503] * 1000
    await outside.api("POST", "/payments/order-1042/pay")
    await outside.product.until(outside.product.events)
    await outside.down()
    outside.product.hooks.clear()
    outside.product.answers.clear()
    await outside.up()
    again = await client.v1.checkout.sessions.create_async(asked(), {"idempotency_key": "k1"})
    assert again.id == paid.id
    known = await client.v1.checkout.sessions.retrieve_async(paid.id)
    assert known.payment_status == "paid"
    assert len({event.id for event in await events(outside, 3)}) == 3
    await outside.api("POST", "/payments/order-1042/refund", {"amount": 100})
