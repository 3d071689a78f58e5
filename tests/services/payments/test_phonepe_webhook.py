"""The door PhonePe comes through, and its real payloads."""

import base64
import copy
import json
from hashlib import sha256
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.exc import OperationalError

from handlers.webhooks.payments import PaymentWebhook
from services.ground.money import Money
from services.payments import Status
from services.payments.phonepe_words import Granted, Opened, order_word
from services.payments.provider import Came, Mark, Refused
from tests.services.payments.phonepe import (
    CREDENTIALS,
    FILES,
    PhonePeTill,
    order_event,
    password,
)

CALLS = ("v2_oauth_token_response", "v2_pay_request", "v2_pay_response", "v2_error_")
EVENTS = {
    name: payload
    for name, payload in FILES.items()
    if name.startswith("v2_") and not name.startswith(CALLS)
}
CALLBACKS = {name: payload for name, payload in FILES.items() if name.startswith("v1_")}
STATUSES = {name: payload for name, payload in FILES.items() if name.startswith("api_")}


def why_ignored(name: str) -> str:
    if "subscription" in name:
        return "subscriptions are not sold through PhonePe"
    if "refund" in name:
        return "a refund not asked for here"
    return "an order not asked for here"


def test_every_payload_on_file_is_looked_at() -> None:
    looked_at = {*EVENTS, *CALLBACKS, *STATUSES}
    assert all(name.startswith(CALLS) for name in set(FILES) - looked_at)
    assert (len(EVENTS), len(CALLBACKS), len(STATUSES)) == (15, 2, 6)


@pytest.mark.parametrize("name", EVENTS)
async def test_every_event_on_file_is_kept_and_has_an_end(phonepe: PhonePeTill, name: str) -> None:
    assert await phonepe.tell(EVENTS[name]) == 200
    await phonepe.jobs()
    (event,) = await phonepe.events()
    assert event.type == EVENTS[name]["event"]
    assert (event.outcome, event.reason) == ("ignored", why_ignored(name))
    assert await phonepe.kept() == [EVENTS[name]]


@pytest.mark.parametrize("name", CALLBACKS)
async def test_callbacks_of_version_1_are_kept(phonepe: PhonePeTill, name: str) -> None:
    payload = CALLBACKS[name]
    body = json.dumps(payload["body"]).encode()
    checksum = payload["_headers"]["X-VERIFY"]
    assert await phonepe.post(body, checksum, "X-VERIFY") == 200
    assert await phonepe.post(body, checksum.replace("###1", "###2"), "X-VERIFY") == 401
    assert await phonepe.post(body.replace(b'"ey', b'"fy'), checksum, "X-VERIFY") == 401
    await phonepe.jobs()
    (event,) = await phonepe.events()
    assert (event.type, event.outcome) == (payload["_decoded"]["code"], "ignored")
    assert await phonepe.kept() == [payload["_decoded"]]


async def test_a_callback_of_version_1_is_a_hint_as_well(phonepe: PhonePeTill) -> None:
    payment = await phonepe.asked()
    phonepe.ear.deaf = True
    await phonepe.person("pay", payment)
    await phonepe.told()
    phonepe.ear.deaf = False
    told = copy.deepcopy(CALLBACKS["v1_callback_success"]["_decoded"])
    told["data"]["merchantTransactionId"] = f"{payment.uuid}-1"
    response = base64.b64encode(json.dumps(told).encode()).decode()
    checksum = sha256(f"{response}TEST-SALT-KEY".encode()).hexdigest()
    body = json.dumps({"response": response}).encode()
    assert await phonepe.post(body, f"{checksum}###1", "X-VERIFY") == 200
    await phonepe.jobs()
    assert (await phonepe.payment(payment.id)).status is Status.PAID


@pytest.mark.parametrize("name", STATUSES)
def test_every_status_on_file_is_understood(name: str) -> None:
    raw = STATUSES[name]
    word = order_word(raw, "theirs")
    paid = [one["transactionId"] for one in raw["paymentDetails"] if one["state"] == "COMPLETED"]
    mark = Mark(None, None, "theirs", raw["orderId"], paid[0] if paid else None)
    if raw["state"] == "COMPLETED":
        assert word == Came(mark, Money(raw["amount"], "INR"))
    else:
        assert word == Refused(mark)


def test_the_answers_on_file_are_read() -> None:
    assert Granted.model_validate(FILES["v2_oauth_token_response"]).access_token == "access_token"
    opened = Opened.model_validate(FILES["v2_pay_response"])
    assert opened.expire_at == FILES["v2_pay_response"]["expireAt"]


def test_the_password_is_the_digest_phonepe_documents() -> None:
    # From the tests of PhonePe's own library.
    wanted = "bc842c31a9e54efe320d30d948be61291f3ceee4766e36ab25fa65243cd76e0e"
    assert password("username:password") == wanted


@pytest.mark.parametrize("credentials", CREDENTIALS)
async def test_every_spelling_of_the_password_is_good(
    phonepe: PhonePeTill, credentials: str
) -> None:
    digest = sha256(credentials.encode())
    in_base64 = base64.b64encode(digest.digest()).decode()
    body = json.dumps({"event": "ping", "payload": {}}).encode()
    for given in (digest.hexdigest(), f"SHA256 {digest.hexdigest()}", in_base64):
        assert await phonepe.post(body, given) == 200
    assert len(await phonepe.events()) == 1


async def test_what_phonepe_did_not_send_is_refused(phonepe: PhonePeTill) -> None:
    body = json.dumps(order_event(await phonepe.asked())).encode()
    for odd in ("", "SHA256", password("new_name:other"), password()[:-1], "é", "x " * 500):
        assert await phonepe.post(body, odd) == 401
    assert await phonepe.events() == []


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"', '{"n": NaN}'])
async def test_a_body_that_cannot_be_read_is_refused(phonepe: PhonePeTill, text: str) -> None:
    assert await phonepe.post(text.encode(), password()) == 400
    assert await phonepe.events() == []


@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"event": 5, "payload": []},
        {"payload": {"merchantOrderId": 5}},
        {"payload": {"merchantRefundId": None}},
        {"event": "x" * 500, "payload": None},
        {"data": {"merchantTransactionId": "0" * 500}},
    ],
)
async def test_strange_events_are_kept_and_ignored(
    phonepe: PhonePeTill, strange: dict[str, Any]
) -> None:
    assert await phonepe.tell(strange) == 200
    await phonepe.jobs()
    (event,) = await phonepe.events()
    assert event.outcome == "ignored"


async def test_what_cannot_be_stored_is_asked_for_again(phonepe: PhonePeTill) -> None:
    def broken() -> Any:
        raise OperationalError("INSERT", {}, ConnectionError("the database is away"))

    app = web.Application()
    app.router.add_routes(PaymentWebhook(phonepe.desk.provider, broken).routes())
    headers = {"Authorization": password(), "Content-Type": "application/json"}
    async with TestClient(TestServer(app)) as client:
        answer = await client.post("/webhooks/phonepe", data=b"{}", headers=headers)
        assert answer.status == 503
