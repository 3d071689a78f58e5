"""A till whose provider is PhonePe."""

import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import select

from services.ground.money import Money
from services.payments import Payment
from services.payments.phonepe import Keys, PhonePe
from services.payments.tables import EventRow
from tests.services.payments.till import Till

CLIENT = ("TEST-CLIENT", "secret-of-the-test")
CREDENTIALS = ("old_name:oldpassword1", "new_name:newpassword1")  # both while they are changed
SALT = ("TEST-SALT-KEY", "1")
RUPEES = Money(499_00, "INR")
FOLDER = Path(__file__).parents[2] / "fixtures" / "phonepe"
FILES = {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}


def phonepe_at(http: aiohttp.ClientSession, url: str) -> PhonePe:
    keys = Keys(*CLIENT, "1", CREDENTIALS, SALT)
    return PhonePe(
        http,
        keys,
        return_url="https://example.com/paid",
        api_url=f"{url}/phonepe/pg",
        auth_url=f"{url}/phonepe/identity-manager",
        timeout=aiohttp.ClientTimeout(total=0.5),
    )


def password(credentials: str = CREDENTIALS[1]) -> str:
    return sha256(credentials.encode()).hexdigest()


def order_event(payment: Payment, **changes: Any) -> dict[str, Any]:
    """What PhonePe tells of a payment's order; forged, as anybody with the password could."""
    payload = {
        "merchantOrderId": f"{payment.uuid}-{payment.attempt}",
        "state": "COMPLETED",
        "amount": payment.amount.amount,
    }
    return {"event": "checkout.order.completed", "payload": payload | changes}


class PhonePeTill(Till):
    async def request(self, amount: Money = RUPEES, order: int = 1, **more: Any) -> Payment:
        return await super().request(amount, order, **{"method": "phonepe"} | more)

    async def asked(self, amount: Money = RUPEES, order: int = 1, **more: Any) -> Payment:
        return await super().asked(amount, order, **more)

    async def jobs(self) -> int:
        """An event is a hint on which another job acts: until nothing is due any more."""
        total = 0
        while done := await super().jobs():
            total += done
        return total

    async def post(self, body: bytes, header: str, name: str = "Authorization") -> int:
        headers = {name: header, "Content-Type": "application/json"}
        async with self.http.post(self.webhook, data=io.BytesIO(body), headers=headers) as answer:
            return answer.status

    async def tell(self, event: object) -> int:
        return await self.post(json.dumps(event).encode(), password())

    async def person(self, end: str, payment: Payment, attempt: int | None = None) -> None:
        order = f"{payment.uuid}-{attempt or payment.attempt}"
        async with self.http.post(f"{self.simulator}/phonepe/{order}/{end}") as answer:
            assert answer.status == 200, await answer.text()

    async def orders(self) -> list[dict[str, Any]]:
        """What PhonePe knows of, newest first."""
        async with self.http.get(f"{self.simulator}/phonepe") as answer:
            found: list[dict[str, Any]] = (await answer.json())["payments"]
            return found

    async def kept(self) -> list[Any]:
        """The events as they are stored."""
        async with self.desk.begin() as tx:
            return list(await tx.scalars(select(EventRow.raw).order_by(EventRow.id)))
