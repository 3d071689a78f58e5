"""M-Pesa behind the port: a prompt for the PIN on the payer's phone (Daraja's STK push).

Sources: developer.safaricom.co.ke, "Authorization", "M-Pesa Express Simulate", "… Query". Nobody
signs a callback: it is taken only at an address made for the one prompt it is about, and is a
hint even so. There is no idempotency key: a prompt whose answer was lost is not repeated before
its callback has had time to come.
"""

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import aiohttp

from services.ground.money import Money
from services.ground.wire import Unreadable, read_json
from services.payments.calling import TIMEOUT, Answer, call, reading
from services.payments.mpesa_words import (
    Granted,
    Prompted,
    event_word,
    query_word,
    result_of,
)
from services.payments.provider import (
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

API_URL = "https://api.safaricom.co.ke"
NAIROBI = timezone(timedelta(hours=3))
BUSY = "500.001.1001"
"""On a push: the person is being asked already. On a query: they have not answered yet."""
_SECONDS = (15, 15, 15, 15, 30, 30, 60, 60, 120, 300, 600, 3600)
_PROMPT_ENDS = timedelta(minutes=3)  # M-Pesa gives up after one or so, and says it
_HUNDRED = 100  # cents of a shilling: only whole ones can be asked for


@dataclass(frozen=True, slots=True)
class Keys:
    """`till`: of Buy Goods, empty for a paybill number. `secrets` make the callbacks' addresses;
    the first is used, the others are still believed."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    shortcode: str
    passkey: str = field(repr=False)
    till: str
    secrets: Sequence[str] = field(repr=False)


class MPesa:
    """The provider "mpesa". `callbacks` is where ours answers: https://…/webhooks/mpesa."""

    name = "mpesa"
    schedule = tuple(timedelta(seconds=seconds) for seconds in _SECONDS)
    retry: tuple[timedelta, ...] = (_PROMPT_ENDS,)

    def __init__(
        self,
        http: aiohttp.ClientSession,
        keys: Keys,
        *,
        callbacks: str,
        api_url: str = API_URL,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        self._http = http
        self._keys = keys
        self._callbacks = callbacks.rstrip("/")
        self._api_url = api_url.rstrip("/")
        self._timeout = timeout
        self._tokens = Tokens(self._granted)

    # -- over the network --------------------------------------------------------

    async def create(self, ask: LinkAsk) -> Link:
        """KeyReused when it may have been asked before: another prompt is another attempt, so
        that a late callback of the first is told from it."""
        if ask.payer is None:
            raise Declined("no number to ask")
        if ask.again:
            raise KeyReused
        path = "/mpesa/stkpush/v1/processrequest"
        answer = await self._said(path, self._push(ask, ask.payer))
        if not answer.is_ok or str(answer.body.get("ResponseCode", "0")) != "0":
            raise Declined(_code(answer))
        with reading():
            made = Prompted.model_validate(answer.body)
        return Link(made.session, None, ask.expires_at, on_phone=True)

    async def status(self, session: str) -> Word:
        content = self._signed() | {"CheckoutRequestID": session}
        answer = await self._said("/mpesa/stkpushquery/v1/query", content)
        if _code(answer) == BUSY:
            return query_word({"CheckoutRequestID": session, "ResultCode": "4999"}, session)
        if not answer.is_ok:
            raise Declined(_code(answer))
        with reading():
            return query_word(answer.body, session)

    async def close(self, session: str) -> None:
        """A prompt cannot be taken back, it ends by itself; until then it may be answered."""
        if isinstance(await self.status(session), Waiting):
            raise NoAnswer("the person is being asked")
        raise Declined("it has ended")

    async def refund(self, ask: RefundAsk) -> RefundSaid:
        """Giving back takes an operator's own credential at M-Pesa: it is done there, by hand."""
        raise Declined("given back by hand, in M-Pesa's own portal")

    async def fee(self, session: str) -> Money:
        """None that could be asked for: what it keeps is told in its settlement reports."""
        return Money(0, "KES")

    # -- callbacks ---------------------------------------------------------------

    def verify(self, body: bytes, headers: Mapping[str, str], path: str = "") -> Told:
        """A callback at the address (`path`) of its prompt. Raises BadSignature, BadBody."""
        key, _, proof = path.partition("/")
        given = proof.encode("utf-8", "replace")
        fits = [hmac.compare_digest(given, one) for one in self._proofs(key)]
        if not any(fits):
            raise BadSignature
        try:
            raw = read_json(body)
            result = result_of(raw)
        except (Unreadable, ValueError) as error:
            raise BadBody(type(error).__name__) from error
        event_id = sha256(f"{key}:{result.session}:{result.code}".encode()).hexdigest()
        return Told(self.name, event_id, f"result {result.code}", {**raw, "key": key})

    def read(self, raw: Raw) -> Word:
        return event_word(raw)

    # -- how ---------------------------------------------------------------------

    def _proofs(self, key: str) -> Iterator[bytes]:
        for secret in self._keys.secrets:
            made = hmac.new(secret.encode(), key.encode("utf-8", "replace"), sha256)
            yield made.hexdigest().encode()

    def _push(self, ask: LinkAsk, payer: str) -> dict[str, Any]:
        keys, phone = self._keys, payer.removeprefix("+")
        proof = next(self._proofs(ask.key)).decode()
        return self._signed() | {
            "TransactionType": "CustomerBuyGoodsOnline" if keys.till else "CustomerPayBillOnline",
            "Amount": ask.amount.amount // _HUNDRED,
            "PartyA": phone,
            "PartyB": keys.till or keys.shortcode,
            "PhoneNumber": phone,
            "CallBackURL": f"{self._callbacks}/{ask.key}/{proof}",
            "AccountReference": ask.description[:12],
            "TransactionDesc": ask.description[:13],
        }

    def _signed(self) -> dict[str, Any]:
        keys = self._keys
        stamp = datetime.now(UTC).astimezone(NAIROBI).strftime("%Y%m%d%H%M%S")
        password = b64encode(f"{keys.shortcode}{keys.passkey}{stamp}".encode()).decode()
        return {"BusinessShortCode": keys.shortcode, "Password": password, "Timestamp": stamp}

    async def _said(self, path: str, content: dict[str, Any]) -> Answer:
        """A call with a token, and once more with a fresh one when it is refused."""
        for _ in range(2):
            token = await self._tokens.get()
            headers = {"Authorization": f"Bearer {token}"}
            url = self._api_url + path
            answer = await call(
                self._http, "POST", url, headers, self._timeout, spoken=(500,), json=content
            )
            if answer.status == 500 and _code(answer) != BUSY:
                raise NoAnswer(f"HTTP 500, {_code(answer)}")
            if answer.status not in (401, 403) and not _code(answer).startswith("404.001"):
                return answer
            self._tokens.refused(token)
        raise NoAnswer(f"HTTP {answer.status}")  # keys that are being changed: later

    async def _granted(self) -> Token:
        keys = self._keys
        login = aiohttp.encode_basic_auth(keys.consumer_key, keys.consumer_secret)
        headers = {"Authorization": login}
        url = f"{self._api_url}/oauth/v1/generate?grant_type=client_credentials"
        answer = await call(self._http, "GET", url, headers, self._timeout)
        if not answer.is_ok:
            raise NoAnswer(f"no token: {_code(answer)}")
        with reading():
            granted = Granted.model_validate(answer.body)
        return Token(granted.access_token, granted.expires_in)


def _code(answer: Answer) -> str:
    code = answer.body.get("errorCode", answer.body.get("ResponseCode"))
    return str(code)[:100] if code is not None else f"HTTP {answer.status}"
