"""PhonePe's API, version 2: tokens, orders to be paid, refunds. Mounted under /phonepe/pg, and
/phonepe/identity-manager for the tokens.
"""

import hmac
import time
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from bot.simulator.cloud import hang
from bot.simulator.payments.objects import fresh_id
from bot.simulator.payments.phonepe_account import PhonePeAccount, Refused, shown
from bot.simulator.shapes import Object, obj, objects, parsed, text
from bot.simulator.world import World

TOKEN_LIVES: Final = 3600  # seconds
NOT_FOUND: Final = "MERCHANT_ORDER_MAPPING_NOT_FOUND"

Call = Callable[[web.Request, Object], Object]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PhonePeApi:
    """The product's side of the PhonePe emulator."""

    def __init__(self, world: World, account: PhonePeAccount) -> None:
        self._world = world
        self._account = account
        self._tokens: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        api = "/phonepe/pg"
        return [
            web.post("/phonepe/identity-manager/v1/oauth/token", self._answered(self._token)),
            web.post(f"{api}/checkout/v2/pay", self._called(self._pay)),
            web.get(f"{api}/checkout/v2/order/{{id}}/status", self._called(self._status)),
            web.post(f"{api}/payments/v2/refund", self._called(self._refund)),
            web.get(f"{api}/payments/v2/refund/{{id}}/status", self._called(self._refund_status)),
        ]

    def _called(self, call: Call) -> Handler:
        """The call behind a token, refusals as PhonePe writes them."""

        def checked(request: web.Request, params: Object) -> Object:
            _, _, token = request.headers.get("Authorization", "").partition("O-Bearer ")
            if self._world.faults.fires("payment_token"):
                self._tokens.discard(token)
            if token not in self._tokens:
                raise PermissionError
            return call(request, params)

        return self._answered(checked)

    def _answered(self, call: Call) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            faults = self._world.faults
            if faults.fires("payment_5xx"):
                return _reply(_error("INTERNAL_SERVER_ERROR"), 500)
            response = _tried(call, request, await _params(request))
            if faults.fires("payment_timeout"):
                await hang(request, self._world)
            return response

        return answer

    def _token(self, _: web.Request, params: Object) -> Object:
        config = self._world.config
        known = hmac.compare_digest(
            f"{params.get('client_id')}:{params.get('client_secret')}".encode(),
            f"{config.phonepe_client_id}:{config.phonepe_client_secret}".encode(),
        )
        if not known or params.get("grant_type") != "client_credentials":
            raise PermissionError
        token, now = fresh_id(""), int(time.time())
        self._tokens.add(token)
        return {
            "access_token": token,
            "encrypted_access_token": token,
            "expires_in": TOKEN_LIVES,
            "issued_at": now,
            "expires_at": now + TOKEN_LIVES,
            "session_expires_at": now + TOKEN_LIVES,
            "token_type": "O-Bearer",
        }

    def _pay(self, _: web.Request, params: Object) -> Object:
        order = self._account.open(params)
        base = self._world.config.public_url.rstrip("/")
        return {
            "orderId": order["orderId"],
            "state": order["state"],
            "expireAt": order["expireAt"],
            "redirectUrl": f"{base}/simulator/checkout/phonepe/{order['orderId']}",
        }

    def _status(self, request: web.Request, _: Object) -> Object:
        order = self._account.orders.get(request.match_info["id"])
        if order is None:
            raise Refused(NOT_FOUND)
        told = {name: value for name, value in shown(order).items() if not name.startswith("merch")}
        if request.query.get("details") != "true":
            told["paymentDetails"] = objects(order["paymentDetails"])[-1:]
        return told

    def _refund(self, _: web.Request, params: Object) -> Object:
        refund = self._account.refund(params)
        return {name: refund[name] for name in ("refundId", "amount", "state")}

    def _refund_status(self, request: web.Request, _: Object) -> Object:
        refund = self._account.refunds.get(request.match_info["id"])
        if refund is None:
            raise Refused("REFUND_NOT_FOUND")
        return refund


def _tried(call: Call, request: web.Request, params: Object) -> web.Response:
    try:
        return _reply(call(request, params))
    except PermissionError:
        return _reply(_error("AUTHORIZATION_FAILED"), 401)
    except Refused as refused:
        return _reply(_error(str(refused)), 400)


async def _params(request: web.Request) -> Object:
    """What a call says, as JSON or as a form; nothing of what cannot be read."""
    body = await request.read()
    if request.content_type == "application/json":
        try:
            return obj(parsed(body))
        except ValueError:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def _error(code: str) -> Object:
    return {"code": code, "message": text(code).replace("_", " ").capitalize(), "data": {}}


def _reply(body: Object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
