"""PhonePe behind the port: Standard Checkout v2, refunds, and events that prove nothing.

Sources: developer.phonepe.com, "Standard Checkout" and its API reference; of version 1 only its
callback is understood. An event is sent with a password that does not depend on its body, so it
is a hint: what is so, the status call says.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import aiohttp

from services.ground.money import Money
from services.ground.wire import Unreadable, read_json
from services.payments.calling import TIMEOUT, Answer, call, reading
from services.payments.phonepe_words import (
    Granted,
    Opened,
    event_word,
    order_word,
    refund_word,
)
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
    Waiting,
    Word,
)
from services.payments.tokens import Token, Tokens

API_URL = "https://api.phonepe.com/apis/pg"
AUTH_URL = "https://api.phonepe.com/apis/identity-manager"
SHORTEST, LONGEST = 300, 3600  # seconds an order may be open
MESSAGE = 100  # characters that the page shows
_SECONDS = (22, *[3] * 10, *[6] * 10, *[10] * 6, *[30] * 2, 60)


@dataclass(frozen=True, slots=True)
class Keys:
    """`webhook`: "username:password" each, several while they are changed. `salt` (key and
    index) proves callbacks of version 1; without it they are refused."""

    client_id: str
    client_secret: str = field(repr=False)
    client_version: str
    webhook: Sequence[str] = field(repr=False)
    salt: tuple[str, str] | None = field(default=None, repr=False)


class PhonePe:
    """The provider "phonepe". `return_url` is where the browser goes after.

    The schedule is PhonePe's own, and mandatory ("Check Order Status": reconciliation).
    """

    name = "phonepe"
    schedule = tuple(timedelta(seconds=seconds) for seconds in _SECONDS)
    retry = RETRY

    def __init__(
        self,
        http: aiohttp.ClientSession,
        keys: Keys,
        *,
        return_url: str,
        api_url: str = API_URL,
        auth_url: str = AUTH_URL,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        self._http = http
        self._keys = keys
        self._return_url = return_url
        self._api_url = api_url.rstrip("/")
        self._auth_url = auth_url.rstrip("/")
        self._timeout = timeout
        self._tokens = Tokens(self._granted)

    # -- over the network --------------------------------------------------------

    async def create(self, ask: LinkAsk) -> Link:
        """KeyReused when the order is there already: the page to pay it on was told once only,
        to a call that never heard it."""
        answer = await self._said("POST", "/checkout/v2/pay", json=self._order(ask))
        if not answer.is_ok:
            if (await self._order_status(ask.key)).is_ok:
                raise KeyReused
            raise Declined(_code(answer))
        with reading():
            made = Opened.model_validate(answer.body)
        ends = datetime.fromtimestamp(made.expire_at / 1000, UTC)
        return Link(session=ask.key, url=made.redirect_url, expires_at=ends)

    async def status(self, session: str) -> Word:
        answer = await self._order_status(session)
        if not answer.is_ok:
            raise Declined(_code(answer))
        with reading():
            return order_word(answer.body, session)

    async def close(self, session: str) -> None:
        """An order cannot be ended, it ends by itself; until then it may be paid."""
        if isinstance(await self.status(session), Waiting):
            raise NoAnswer("it is open until its time is up")
        raise Declined("it has ended")

    async def refund(self, ask: RefundAsk) -> RefundSaid:
        if ask.session is None:
            raise Declined("no order is known")
        if ask.known is None:
            answer = await self._said("POST", "/payments/v2/refund", json=_refund(ask))
            if not answer.is_ok:  # taken already, perhaps, by a call whose answer was lost
                answer = await self._refund_status(ask, otherwise=answer)
        else:
            answer = await self._refund_status(ask)
        if not answer.is_ok:
            raise Declined(_code(answer))
        with reading():
            return refund_word(answer.body, ask.key)

    async def fee(self, session: str) -> Money:
        """None that could be asked for: what it keeps is told in its settlement reports."""
        return Money(0, "INR")

    # -- events ------------------------------------------------------------------

    def verify(self, body: bytes, headers: Mapping[str, str], path: str = "") -> Told:
        """The event in a webhook of either version. Raises BadSignature, BadBody."""
        if "X-VERIFY" in headers:
            return self._told(self._unpacked(body, headers["X-VERIFY"]), body)
        given = headers.get("Authorization", "").split(" ")[-1].encode("utf-8", "replace")
        # No short cut: how long it takes must not tell which of them fits, and how far.
        fits = [hmac.compare_digest(given, one) for one in self._passwords()]
        if not any(fits):
            raise BadSignature
        return self._told(_read(body), body)

    def read(self, raw: Raw) -> Word:
        return event_word(raw)

    # -- how ---------------------------------------------------------------------

    def _passwords(self) -> Iterator[bytes]:
        """Each in the two spellings it is sent in."""
        for pair in self._keys.webhook:
            digest = sha256(pair.encode())
            yield digest.hexdigest().encode()
            yield b64encode(digest.digest())

    def _unpacked(self, body: bytes, given: str) -> Raw:
        """What a callback of version 1 says: its checksum is over the base64 in it."""
        response = _read(body).get("response")
        if self._keys.salt is None or not isinstance(response, str):
            raise BadSignature
        key, index = self._keys.salt
        wanted = f"{sha256((response + key).encode()).hexdigest()}###{index}"
        if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
            raise BadSignature
        try:
            return _read(b64decode(response))
        except ValueError as error:
            raise BadBody("not base64") from error

    def _told(self, raw: Raw, body: bytes) -> Told:
        """Events have no id: the same body is the same event."""
        kind = raw.get("event", raw.get("code"))
        named = kind[:100] if isinstance(kind, str) and kind else "unnamed"
        return Told(self.name, sha256(body).hexdigest(), named, raw)

    def _order(self, ask: LinkAsk) -> Any:
        left = int((ask.expires_at - datetime.now(UTC)).total_seconds())
        return {
            "merchantOrderId": ask.key,
            "amount": ask.amount.amount,
            "expireAfter": min(max(left, SHORTEST), LONGEST),
            "metaInfo": {"udf1": str(ask.payment)},
            "paymentFlow": {
                "type": "PG_CHECKOUT",
                "message": ask.description[:MESSAGE],
                "merchantUrls": {"redirectUrl": self._return_url},
            },
        }

    async def _order_status(self, order_id: str) -> Answer:
        more = {"details": "true", "errorContext": "true"}
        return await self._said("GET", f"/checkout/v2/order/{order_id}/status", params=more)

    async def _refund_status(self, ask: RefundAsk, otherwise: Answer | None = None) -> Answer:
        answer = await self._said("GET", f"/payments/v2/refund/{ask.key}/status")
        return answer if answer.is_ok or otherwise is None else otherwise

    async def _said(self, method: str, path: str, **content: Any) -> Answer:
        """A call with a token, and once more with a fresh one when it is refused."""
        for _ in range(2):
            token = await self._tokens.get()
            headers = {"Authorization": f"O-Bearer {token}", "Accept": "application/json"}
            url = self._api_url + path
            answer = await call(self._http, method, url, headers, self._timeout, **content)
            if answer.status not in (401, 403):
                return answer
            self._tokens.refused(token)
        raise NoAnswer(f"HTTP {answer.status}")  # keys that are being changed: later

    async def _granted(self) -> Token:
        form = {
            "client_id": self._keys.client_id,
            "client_secret": self._keys.client_secret,
            "client_version": self._keys.client_version,
            "grant_type": "client_credentials",
        }
        url = f"{self._auth_url}/v1/oauth/token"
        answer = await call(self._http, "POST", url, {}, self._timeout, data=form)
        if not answer.is_ok:
            raise NoAnswer(f"no token: {_code(answer)}")
        with reading():
            granted = Granted.model_validate(answer.body)
        return Token(granted.access_token, granted.expires_at - granted.issued_at)


def _refund(ask: RefundAsk) -> Any:
    return {
        "merchantRefundId": str(ask.key),
        "originalMerchantOrderId": ask.session,
        "amount": ask.amount.amount,
    }


def _code(answer: Answer) -> str:
    code = answer.body.get("code")
    return code[:100] if isinstance(code, str) else f"HTTP {answer.status}"


def _read(body: bytes) -> Raw:
    try:
        raw = read_json(body)
    except Unreadable as error:
        raise BadBody(str(error)) from error
    if not isinstance(raw, dict):
        raise BadBody("not an object")
    return raw
