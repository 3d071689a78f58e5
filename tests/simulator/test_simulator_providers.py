"""The emulators of PhonePe and M-Pesa: pages to pay on, tokens, and what survives a restart."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.product_side import Outside, pushed

ORDER = {
    "merchantOrderId": "order-1042-1",
    "amount": 2500,
    "expireAfter": 1200,
    "metaInfo": {"udf1": "0193-abc"},
    "paymentFlow": {"type": "PG_CHECKOUT", "message": "#1042", "merchantUrls": {}},
}
CLIENT = {"client_id": "client", "client_secret": "secret", "grant_type": "client_credentials"}


@pytest.fixture
async def seen(outside: Outside, tmp_path: Path) -> Outside:
    """The simulator, with accounts at both, and a memory."""
    await outside.down()
    await outside.up(
        journal=tmp_path / "journal.jsonl",
        phonepe_client_id="client",
        phonepe_client_secret="secret",
        phonepe_webhook="name:password1",
    )
    return outside


async def phonepe(seen: Outside, method: str, path: str, **content: Any) -> tuple[int, Any]:
    token_url = f"{seen.url}/phonepe/identity-manager/v1/oauth/token"
    async with seen.http.post(token_url, data=CLIENT) as answer:
        token = (await answer.json())["access_token"]
    headers = {"Authorization": f"O-Bearer {token}"}
    url = f"{seen.url}/phonepe/pg{path}"
    async with seen.http.request(method, url, headers=headers, **content) as answer:
        return answer.status, await answer.json()


async def events(seen: Outside, count: int) -> list[Any]:
    def there() -> list[Any]:
        hooks = [hook for hook in seen.product.hooks if hook.path == "/webhooks/phonepe"]
        return hooks if len(hooks) >= count else []

    return list(await seen.product.until(there))


async def test_an_order_is_paid_on_its_page(seen: Outside) -> None:
    status, order = await phonepe(seen, "POST", "/checkout/v2/pay", json=ORDER)
    assert (status, order["state"]) == (200, "PENDING")
    async with seen.http.get(order["redirectUrl"]) as page:
        assert "INR 25.00" in await page.text()
    async with seen.http.post(order["redirectUrl"], data={"end": "decline"}) as page:
        assert "declined" in await page.text()
    async with seen.http.post(order["redirectUrl"], data={"end": "pay"}) as page:
        assert "Paid" in await page.text()
    told = await events(seen, 2)
    assert [hook.body["event"] for hook in told] == [
        "checkout.transaction.attempt.failed",
        "checkout.order.completed",
    ]
    password = sha256(b"name:password1").hexdigest()
    assert {hook.headers["Authorization"] for hook in told} == {password}


async def test_who_has_no_token_is_told_so(seen: Outside) -> None:
    wrong = CLIENT | {"client_secret": "x"}
    url = f"{seen.url}/phonepe/identity-manager/v1/oauth/token"
    async with seen.http.post(url, data=wrong) as answer:
        assert answer.status == 401
    async with seen.http.post(f"{seen.url}/phonepe/pg/checkout/v2/pay", json=ORDER) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, "AUTHORIZATION_FAILED")


async def test_an_order_id_is_taken_once(seen: Outside) -> None:
    await phonepe(seen, "POST", "/checkout/v2/pay", json=ORDER)
    assert (await phonepe(seen, "POST", "/checkout/v2/pay", json=ORDER))[0] == 400
    unknown = await phonepe(seen, "GET", "/checkout/v2/order/other/status")
    assert unknown == (400, unknown[1])
    assert unknown[1]["code"] == "MERCHANT_ORDER_MAPPING_NOT_FOUND"


async def test_orders_and_what_is_owed_survive_a_restart(seen: Outside) -> None:
    await phonepe(seen, "POST", "/checkout/v2/pay", json=ORDER)
    seen.product.answers = [503] * 1000
    await seen.api("POST", "/phonepe/0193-abc/pay")
    await seen.product.until(seen.product.hooks.copy)
    await seen.down()
    seen.product.answers.clear()
    seen.product.hooks.clear()
    await seen.up()
    assert [hook.body["payload"]["state"] for hook in await events(seen, 1)] == ["COMPLETED"]
    _, order = await phonepe(seen, "GET", "/checkout/v2/order/order-1042-1/status")
    assert order["state"] == "COMPLETED"
    back = {"merchantRefundId": "r", "originalMerchantOrderId": "order-1042-1", "amount": 2501}
    assert (await phonepe(seen, "POST", "/payments/v2/refund", json=back))[0] == 400


async def test_a_prompt_of_mpesa_is_a_page_on_the_phone(seen: Outside) -> None:
    prompt = await pushed(seen, "254700000001")
    page_url = f"{seen.url}/simulator/checkout/mpesa/{prompt}"
    async with seen.http.get(page_url) as page:
        assert "KES 370.00" in await page.text()
    async with seen.http.post(page_url, data={"end": "pin"}) as page:
        assert "Paid" in await page.text()
    await seen.product.until(lambda: seen.product.hooks)
    (hook,) = seen.product.hooks
    assert (hook.path, hook.body["Body"]["stkCallback"]["ResultCode"]) == ("/webhooks/mpesa", 0)
    await seen.api("POST", f"/mpesa/{prompt}/cancel", expect=409)


async def test_prompts_survive_a_restart(seen: Outside) -> None:
    prompt = await pushed(seen, "254700000001")
    await seen.down()
    await seen.up()
    ended = await seen.api("POST", "/mpesa/+254700000001/wrong-pin")
    assert (ended["id"], ended["result"]) == (prompt, 2001)
