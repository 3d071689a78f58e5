"""Stripe behind the port: Checkout Sessions, refunds, and signed events.

Sources: docs.stripe.com/api/checkout/sessions, /webhooks#verify-manually, /currencies.
The library takes a third of a second to import, so it is imported at the first use.
"""

import contextlib
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import aiohttp

from services.ground.money import Money
from services.ground.wire import Unreadable, read_json
from services.payments.charged import to_stripe
from services.payments.errors import NotChargeable
from services.payments.payment import Line
from services.payments.provider import (
    RETRY,
    BadBody,
    BadSignature,
    Declined,
    KeyReused,
    Link,
    LinkAsk,
    NoAnswer,
    Raw,
    RefundAsk,
    RefundSaid,
    Told,
    Word,
)
from services.payments.stripe_words import (
    REFUND_ENDS,
    UNREADABLE,
    Opened,
    Refund,
    event_word,
    fee_of,
    session_word,
)

if TYPE_CHECKING:
    import stripe

TOLERANCE = 300  # seconds an event may be old
TIMEOUT = aiohttp.ClientTimeout(total=20)
_MINUTES = (1, 1, 2, 3, 5, 5, 10, 10, 30, 60, 180, 1440)
MOST_LINES = 100  # Stripe shows at most so many


class Stripe:
    """The provider "stripe". `success_url` and `cancel_url` are where the browser goes after."""

    name = "stripe"
    schedule = tuple(timedelta(minutes=minutes) for minutes in _MINUTES)
    retry = RETRY

    def __init__(
        self,
        *,
        key: str,
        secrets: Sequence[str],
        success_url: str,
        cancel_url: str,
        api_url: str = "https://api.stripe.com",
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        self._key = key
        self._secrets = tuple(secrets)
        self._urls = {"success_url": success_url, "cancel_url": cancel_url}
        self._api_url = api_url.rstrip("/")
        self._timeout = timeout
        self._opened: Any = None  # the library's HTTP client, once there is one

    # -- over the network --------------------------------------------------------

    async def create(self, ask: LinkAsk) -> Link:
        content = self._session(ask)
        said = await self._said(
            self._client.v1.checkout.sessions.create_async(content, _with(ask.key))
        )
        with _reading():
            made = Opened.model_validate(said)
        ends = datetime.fromtimestamp(made.expires_at, UTC)
        return Link(session=made.id, url=made.url, expires_at=ends)

    async def status(self, session: str) -> Word:
        sessions = self._client.v1.checkout.sessions
        # Only the payment intent tells that a delayed method failed.
        more: Any = {"expand": ["payment_intent"]}
        said = await self._said(sessions.retrieve_async(session, more))
        with _reading():
            return session_word(said)

    async def close(self, session: str) -> None:
        await self._said(self._client.v1.checkout.sessions.expire_async(session))

    async def refund(self, ask: RefundAsk) -> RefundSaid:
        refunds = self._client.v1.refunds
        if ask.known is not None:
            said = await self._said(refunds.retrieve_async(ask.known))
        elif ask.intent is None:
            raise Declined("no payment intent is known")
        else:
            said = await self._said(refunds.create_async(_refund(ask), _with(str(ask.key))))
        with _reading():
            made = Refund.model_validate(said)
        return RefundSaid(made.id, ask.key, REFUND_ENDS.get(made.status or ""))

    async def fee(self, session: str) -> Money | None:
        sessions = self._client.v1.checkout.sessions
        more: Any = {"expand": ["payment_intent.latest_charge.balance_transaction"]}
        said = await self._said(sessions.retrieve_async(session, more))
        with _reading():
            return fee_of(said)

    async def aclose(self) -> None:
        """Close the connections to Stripe."""
        if self._opened is not None:
            await self._opened.close_async()

    # -- events ------------------------------------------------------------------

    def verify(self, body: bytes, headers: Mapping[str, str], path: str = "") -> Told:
        """The event in a webhook. Raises BadSignature, or BadBody for what Stripe never sends."""
        header = headers.get("Stripe-Signature", "")
        if not any(_signed(body, header, secret) for secret in self._secrets):
            raise BadSignature
        return _told(body)

    def read(self, raw: Raw) -> Word:
        return event_word(raw)

    # -- how ---------------------------------------------------------------------

    @cached_property
    def _client(self) -> "stripe.StripeClient":
        import stripe

        self._opened = stripe.AIOHTTPClient(timeout=self._timeout)
        return stripe.StripeClient(
            self._key,
            http_client=self._opened,
            base_addresses={"api": self._api_url},
            max_network_retries=1,
        )

    async def _said(self, call: Awaitable[Any]) -> Raw:
        """What Stripe answered, as plain JSON. Raises NoAnswer, Declined or KeyReused."""
        import stripe

        try:
            return dict((await call).to_dict())
        except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
            raise NoAnswer(type(error).__name__) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        except stripe.StripeError as error:
            if _may_pass(error):
                raise NoAnswer(type(error).__name__) from error
            if isinstance(error, stripe.IdempotencyError):
                raise KeyReused from error
            raise Declined(error.code or type(error).__name__) from error
        except UNREADABLE as error:  # the library itself could not read it
            raise NoAnswer(f"unreadable: {type(error).__name__}") from error

    def _session(self, ask: LinkAsk) -> Any:
        ours = {"payment": str(ask.payment), "attempt": str(ask.attempt)}
        return {
            "mode": "payment",
            "line_items": [_line(ask.amount.currency, line) for line in _lines(ask)],
            "client_reference_id": str(ask.payment),
            "metadata": ours,
            "payment_intent_data": {"metadata": ours, "description": ask.description},
            "expires_at": int(ask.expires_at.timestamp()),
            **self._urls,
        }


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """An answer that cannot be read is none: what was done is asked again."""
    try:
        yield
    except UNREADABLE as error:
        raise NoAnswer(f"unreadable: {type(error).__name__}") from error


def _with(key: str) -> Any:
    return {"idempotency_key": key}


def _refund(ask: RefundAsk) -> Any:
    return {
        "payment_intent": ask.intent,
        "amount": to_stripe(ask.amount),
        "metadata": {"payment": str(ask.payment), "refund": str(ask.key)},
    }


def _lines(ask: LinkAsk) -> tuple[Line, ...]:
    """The lines as sold when they add up to the amount (no discount, say); else one line."""
    total = sum(line.each * line.quantity for line in ask.lines)
    shown = len(ask.lines) <= MOST_LINES and all(_chargeable(ask, line) for line in ask.lines)
    if shown and total == ask.amount.amount:
        return ask.lines
    return (Line(ask.description, ask.amount.amount, 1),)


def _chargeable(ask: LinkAsk, line: Line) -> bool:
    try:
        return to_stripe(Money(line.each, ask.amount.currency)) >= 0 and line.quantity > 0
    except NotChargeable:
        return False


def _line(currency: str, line: Line) -> Any:
    return {
        "quantity": line.quantity,
        "price_data": {
            "currency": currency.lower(),
            "unit_amount": to_stripe(Money(line.each, currency)),
            "product_data": {"name": line.name[:250]},
        },
    }


def _may_pass(error: "stripe.StripeError") -> bool:
    """5xx, a lock on the object, a wrong key being rotated: not the asker's fault, so later."""
    return (error.http_status or 500) >= 500 or error.http_status in (401, 403, 409, 429)


def _signed(body: bytes, header: str, secret: str) -> bool:
    import stripe

    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE))
    except (stripe.SignatureVerificationError, TypeError, ValueError, OverflowError):
        return False


def _told(body: bytes) -> Told:
    try:
        raw = read_json(body)
    except Unreadable as error:
        raise BadBody(str(error)) from error
    if not isinstance(raw, dict):
        raise BadBody("not an object")
    event_id, kind = raw.get("id"), raw.get("type")
    if not (isinstance(event_id, str) and isinstance(kind, str) and event_id and kind):
        raise BadBody("no id or type")
    if len(event_id) > 255 or len(kind) > 100:
        raise BadBody("id or type too long")
    return Told("stripe", event_id, kind, raw)
