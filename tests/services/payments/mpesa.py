"""A till whose provider is M-Pesa."""

import hmac
import io
import json
from hashlib import sha256
from typing import Any

import aiohttp

from services.ground.money import Money
from services.payments import Payment
from services.payments.mpesa import Keys, MPesa
from tests.services.payments.phonepe import PhonePeTill
from tests.services.payments.till import Till

APP = ("consumer-key", "consumer-secret", "600000", "passkey-of-the-test")
SECRETS = ("new-callback-secret", "old-callback-secret")  # both while it is changed
PHONE = "+254700000001"
SHILLINGS = Money(370_00, "KES")


def mpesa_at(http: aiohttp.ClientSession, url: str, callbacks: str) -> MPesa:
    timeout = aiohttp.ClientTimeout(total=0.5)
    keys = Keys(*APP, "", SECRETS)
    return MPesa(http, keys, callbacks=callbacks, api_url=f"{url}/daraja", timeout=timeout)


def address(key: str, secret: str = SECRETS[0]) -> str:
    """What follows /webhooks/mpesa/ for the callback of an attempt."""
    return f"{key}/{hmac.new(secret.encode(), key.encode(), sha256).hexdigest()}"


def callback(session: str, code: object = 0) -> dict[str, Any]:
    """In the shape of Safaricom's documentation."""
    return {
        "Body": {
            "stkCallback": {
                "MerchantRequestID": "29115-34620561-1",
                "CheckoutRequestID": session,
                "ResultCode": code,
                "ResultDesc": "The service request is processed successfully.",
                "CallbackMetadata": {"Item": [{"Name": "Amount", "Value": 1.0}, {"Name": "B"}]},
            }
        }
    }


class MPesaTill(PhonePeTill):
    async def request(self, amount: Money = SHILLINGS, order: int = 1, **more: Any) -> Payment:
        ours = {"method": "mpesa", "payer": PHONE}
        return await Till.request(self, amount, order, **ours | more)

    async def asked(self, amount: Money = SHILLINGS, order: int = 1, **more: Any) -> Payment:
        return await Till.asked(self, amount, order, **more)

    async def person(self, end: str, payment: Payment, attempt: int | None = None) -> None:
        key = f"{payment.uuid}-{attempt or payment.attempt}"
        async with self.http.post(f"{self.simulator}/mpesa/{key}/{end}") as answer:
            assert answer.status == 200, await answer.text()

    async def calls_back(self, path: str, told: object) -> int:
        """Somebody posts to an address below our door."""
        body = io.BytesIO(told if isinstance(told, bytes) else json.dumps(told).encode())
        headers = {"Content-Type": "application/json"}
        url = f"{self.webhook}/{path}"
        async with self.http.post(url, data=body, headers=headers) as answer:
            return answer.status

    async def prompts(self) -> list[dict[str, Any]]:
        """What M-Pesa has shown on phones, newest first."""
        async with self.http.get(f"{self.simulator}/mpesa") as answer:
            found: list[dict[str, Any]] = (await answer.json())["prompts"]
            return found
