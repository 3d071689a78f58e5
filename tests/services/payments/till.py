"""A till for tests: asks for money, plays the payer at the emulator, and looks at the rows."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from aiohttp import ClientSession, web
from sqlalchemy import select

from services.ground.facts import Fact
from services.ground.money import Money
from services.ground.recurrence import Recurrence
from services.ground.transaction import Transaction
from services.payments import Payment, Payments, Refund
from services.payments.due import Desk
from services.payments.tables import AttemptRow, EventRow
from tests.services.payments.due import run_due

KEY = "sk_test_till"
SECRETS = ("whsec_old", "whsec_new")  # rotating: both are accepted
SHILLINGS = Money(2_500_00, "KES")
DEADLINE = 30.0
SELLER = 7  # who hears of disputes


@dataclass
class Ear:
    """What stands before our webhook: deaf, it takes every event and loses it."""

    deaf: bool = False

    @web.middleware
    async def hears(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        return web.Response() if self.deaf else await handler(request)


class MovableClock:
    """Real time, plus what the test has let pass."""

    def __init__(self) -> None:
        self._passed = timedelta()
        self._stands_at: datetime | None = None

    def __call__(self) -> datetime:
        return (self._stands_at or datetime.now(UTC)) + self._passed

    def stand_still(self) -> None:
        """From now on only what the test lets pass passes."""
        self._stands_at = datetime.now(UTC)

    def let_pass(self, time: timedelta) -> None:
        self._passed += time


class Book:
    """The port Facts, kept in memory: what was announced, each once."""

    def __init__(self) -> None:
        self.announced: dict[str, Fact] = {}
        self.scheduled: dict[str, datetime] = {}

    async def announce(self, tx: Transaction, fact: Fact) -> None:
        self.announced[fact.key()] = fact

    async def schedule(self, tx: Transaction, fact: Fact, at: datetime) -> None:
        self.scheduled[fact.key()] = at

    async def repeat(
        self, tx: Transaction, fact: Fact, recurrence: Recurrence, after: datetime
    ) -> bool:
        raise NotImplementedError

    async def cancel(self, tx: Transaction, fact: Fact) -> None:
        raise NotImplementedError

    def tags(self) -> list[str]:
        return [fact.tag for fact in self.announced.values()]


@dataclass
class Shop:
    """The port Settled: remembers what it heard; may be unable to deliver, or break."""

    can_fulfil: bool = True
    breaks: list[Exception] = field(default_factory=list)
    heard: list[tuple[str, int]] = field(default_factory=list)

    async def paid(self, tx: Transaction, payment: Payment) -> bool:
        if self.breaks:
            raise self.breaks.pop()
        self.heard.append(("paid", payment.id))
        return self.can_fulfil

    async def failed(self, tx: Transaction, payment: Payment) -> None:
        self.heard.append(("failed", payment.id))

    async def expired(self, tx: Transaction, payment: Payment) -> None:
        self.heard.append(("expired", payment.id))

    async def refunded(self, tx: Transaction, payment: Payment) -> None:
        self.heard.append(("refunded", payment.id))

    async def sellers(self, tx: Transaction, payment: Payment) -> list[int]:
        return [SELLER]


def signed(event: object, secret: str = SECRETS[1], at: int | None = None) -> tuple[bytes, str]:
    """A body and the header that Stripe's own library makes for it."""
    body = json.dumps(event, indent=2)
    return body.encode(), stripe.WebhookSignature.generate_signature_header(body, secret, at)


class Till:
    def __init__(
        self, desk: Desk, payer: int, http: ClientSession, ear: Ear, ports: tuple[int, int]
    ) -> None:
        ours, theirs = ports
        self.desk = desk
        self.payer = payer
        self.http = http
        self.ear = ear
        self.webhook = f"http://127.0.0.1:{ours}/webhooks/{desk.provider.name}"
        self.simulator = f"http://127.0.0.1:{theirs}/simulator/api"
        self.shop: Any = desk.settled
        self.book: Any = desk.facts
        self.clock: Any = desk.clock

    # -- our side ----------------------------------------------------------------

    async def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """One method of Payments in a transaction of its own."""
        async with self.desk.begin() as tx:
            payments = Payments(tx=tx, now=self.clock(), facts=self.book)
            return await getattr(payments, name)(*args, **kwargs)

    async def request(self, amount: Money = SHILLINGS, order: int = 1, **more: Any) -> Payment:
        made: Payment = await self.call(
            "request", self.payer, amount, "order", order, f"Order {order}", **more
        )
        return made

    async def jobs(self) -> int:
        return await run_due({self.desk.provider.name: self.desk})

    async def asked(self, amount: Money = SHILLINGS, order: int = 1, **more: Any) -> Payment:
        """A payment whose link is there."""
        made = await self.request(amount, order, **more)
        await self.jobs()
        return await self.payment(made.id)

    async def payment(self, payment_id: int) -> Payment:
        found: Payment = await self.call("payment", payment_id)
        return found

    async def refunds(self, payment_id: int) -> list[Refund]:
        found: list[Refund] = await self.call("refunds", payment_id)
        return found

    async def events(self) -> list[Any]:
        e = EventRow
        columns = e.event_id, e.type, e.outcome, e.reason, e.tries
        async with self.desk.begin() as tx:
            return list(await tx.rows(select(*columns).order_by(e.id)))

    async def attempts(self, payment_id: int) -> list[Any]:
        mine = select(AttemptRow.__table__).where(AttemptRow.payment_id == payment_id)
        async with self.desk.begin() as tx:
            return list(await tx.rows(mine.order_by(AttemptRow.number)))

    async def about(
        self, payment: Payment, kind: str = "completed", **changes: Any
    ) -> dict[str, Any]:
        """An event about a payment's session, in the shape of the payloads on file."""
        attempt = (await self.attempts(payment.id))[payment.attempt - 1]
        session = {
            "id": attempt.session or f"cs_test_{payment.uuid.hex}",
            "object": "checkout.session",
            "mode": "payment",
            "status": "complete",
            "payment_status": "paid",
            "amount_total": payment.amount.amount,
            "currency": payment.amount.currency.lower(),
            "client_reference_id": str(payment.uuid),
            "metadata": {"payment": str(payment.uuid), "attempt": str(payment.attempt)},
            "payment_intent": f"pi_{payment.uuid.hex}_{payment.attempt}",
        }
        return event(f"checkout.session.{kind}", session | changes)

    # -- Stripe's side -----------------------------------------------------------

    async def post(self, body: bytes, header: str) -> int:
        headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
        async with self.http.post(self.webhook, data=io.BytesIO(body), headers=headers) as answer:
            return answer.status

    async def tell(self, event: object) -> int:
        return await self.post(*signed(event))

    async def person(self, end: str, payment: Payment, attempt: int | None = None) -> None:
        """The payer at the payment page: pay, decline, later, abandon (or the desk: refund)."""
        attempts = await self.attempts(payment.id)
        session = attempts[(attempt or payment.attempt) - 1].session
        async with self.http.post(f"{self.simulator}/payments/{session}/{end}") as answer:
            assert answer.status == 200, await answer.text()

    async def faults(self, **faults: object) -> None:
        async with self.http.put(f"{self.simulator}/faults", json=faults) as answer:
            assert answer.status == 200, await answer.text()

    async def told(self) -> None:
        """Wait until the emulator has delivered its webhooks; then settle them."""
        await self._until_quiet()
        await self.jobs()

    async def _until_quiet(self) -> None:
        async with asyncio.timeout(DEADLINE):
            while await self._waiting():  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.01)

    async def _waiting(self) -> int:
        async with self.http.get(self.simulator) as answer:
            return int((await answer.json())["waiting_webhooks"])


_numbers = iter(range(1, 10**9))


def event(kind: str, thing: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"evt_test_{next(_numbers)}",
        "object": "event",
        "type": kind,
        "created": 1_700_000_000,
        "livemode": False,
        "data": {"object": thing},
    }
