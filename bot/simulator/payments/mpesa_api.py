"""Daraja, M-Pesa's API: tokens, prompts, queries. Mounted under /daraja."""

import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from aiohttp import web

from bot.simulator.cloud import hang
from bot.simulator.payments.mpesa_account import ENDS, MPesaAccount
from bot.simulator.payments.objects import fresh_id
from bot.simulator.shapes import Object, obj, parsed, text, whole
from bot.simulator.world import World

BUSY: Final = "500.001.1001"
MOST: Final = 250_000
SAID: Final = dict(ENDS.values())
_PHONE: Final = re.compile(r"254[17][0-9]{8}")

Call = Callable[[Object], Object]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """A call that Daraja refuses: HTTP status, its own code, and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: Object = {
            "requestId": fresh_id(""),
            "errorCode": code,
            "errorMessage": message,
        }


class MPesaApi:
    """The product's side of the M-Pesa emulator."""

    def __init__(self, world: World, account: MPesaAccount) -> None:
        self._world = world
        self._account = account
        self._tokens: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        api = "/daraja/mpesa"
        return [
            web.get("/daraja/oauth/v1/generate", self._answered(self._token)),
            web.post(f"{api}/stkpush/v1/processrequest", self._called(self._push)),
            web.post(f"{api}/stkpushquery/v1/query", self._called(self._query)),
        ]

    def _called(self, call: Call) -> Handler:
        """The call behind a token and the till's password."""

        async def checked(request: web.Request) -> Object:
            _, _, token = request.headers.get("Authorization", "").partition("Bearer ")
            if self._world.faults.fires("payment_token"):
                self._tokens.discard(token)
            if token not in self._tokens:
                raise Refused(401, "404.001.03", "Invalid Access Token")
            params = _params(await request.read())
            self._check_password(params)
            return call(params)

        return self._answered(checked)

    def _answered(self, call: Callable[[web.Request], Awaitable[Object]]) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            faults = self._world.faults
            if faults.fires("payment_5xx"):
                return web.Response(status=503, text="Service Unavailable")
            try:
                response = _reply(await call(request), 200)
            except Refused as refused:
                response = _reply(refused.body, refused.status)
            if faults.fires("payment_timeout"):
                await hang(request, self._world)
            return response

        return answer

    async def _token(self, request: web.Request) -> Object:
        config = self._world.config
        wanted = f"{config.mpesa_consumer_key}:{config.mpesa_consumer_secret}".encode()
        given = request.headers.get("Authorization", "").removeprefix("Basic ")
        if not hmac.compare_digest(_decoded(given), wanted):
            raise Refused(400, "400.008.01", "Invalid Authentication passed")
        token = fresh_id("")
        self._tokens.add(token)
        return {"access_token": token, "expires_in": "3599"}

    def _check_password(self, params: Object) -> None:
        config = self._world.config
        stamp = text(params.get("Timestamp"))
        wanted = b64encode(f"{config.mpesa_shortcode}{config.mpesa_passkey}{stamp}".encode())
        if (
            not re.fullmatch(r"20[0-9]{12}", stamp)
            or text(params.get("Password")) != wanted.decode()
        ):
            raise Refused(400, "400.002.02", "Bad Request - Invalid Password")

    def _push(self, params: Object) -> Object:
        phone, amount = text(params.get("PhoneNumber")), params.get("Amount")
        if not _PHONE.fullmatch(phone):
            raise Refused(400, "400.002.02", "Bad Request - Invalid PhoneNumber")
        if not isinstance(amount, int) or not 1 <= amount <= MOST:
            raise Refused(400, "400.002.02", "Bad Request - Invalid Amount")
        if len(text(params.get("AccountReference"))) > 12:
            raise Refused(400, "400.002.02", "Bad Request - Invalid AccountReference")
        if self._account.is_asked(phone):
            raise Refused(
                500, BUSY, "Unable to lock subscriber, a transaction is already in process"
            )
        prompt = self._account.show(params)
        return {
            "MerchantRequestID": prompt["request"],
            "CheckoutRequestID": prompt["id"],
            "ResponseCode": "0",
            "ResponseDescription": "Success. Request accepted for processing",
            "CustomerMessage": "Success. Request accepted for processing",
        }

    def _query(self, params: Object) -> Object:
        prompt = self._account.prompts.get(text(params.get("CheckoutRequestID")))
        if prompt is None:
            raise Refused(400, "400.002.02", "Bad Request - Invalid CheckoutRequestID")
        if prompt["result"] is None:
            raise Refused(500, BUSY, "The transaction is being processed")
        return {
            "ResponseCode": "0",
            "ResponseDescription": "The service request has been accepted successsfully",
            "MerchantRequestID": prompt["request"],
            "CheckoutRequestID": prompt["id"],
            "ResultCode": str(prompt["result"]),
            "ResultDesc": SAID[whole(prompt["result"])],
        }


def _params(body: bytes) -> Object:
    try:
        return obj(parsed(body))
    except ValueError as broken:
        raise Refused(400, "400.002.05", "Invalid Request Payload") from broken


def _decoded(basic: str) -> bytes:
    try:
        return b64decode(basic)
    except BadBase64:
        return b""


def _reply(body: Object, status: int) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
