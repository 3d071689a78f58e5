"""Stripe's API as the official library calls it: sessions, intents, refunds, events, with
idempotency keys.
"""

import hmac
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Awaitable, Callable, Iterable
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from bot.simulator.cloud import hang
from bot.simulator.payments.account import Account, WrongMoment
from bot.simulator.payments.forms import nested
from bot.simulator.payments.objects import API_VERSION, fresh_id
from bot.simulator.payments.requests import check_metadata, checked_session
from bot.simulator.payments.stripe_error import StripeError
from bot.simulator.shapes import Object, items, obj, text, whole
from bot.simulator.world import World

Call = Callable[[web.Request, Object], Object]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# A field that holds an id, and so can be expanded into the object.
EXPANDABLE: Final = ("payment_intent", "latest_charge", "charge", "balance_transaction")
REASONS: Final = frozenset({"duplicate", "fraudulent", "requested_by_customer"})


class StripeApi:
    """Routes under /v1."""

    def __init__(self, world: World, account: Account) -> None:
        self._world = world
        self._account = account
        self._key = world.config.stripe_key
        self._answered: dict[str, tuple[str, int, bytes]] = {}

    def routes(self) -> list[web.RouteDef]:
        sessions = "/v1/checkout/sessions"
        return [
            web.post(sessions, self._called(self._create)),
            web.get(sessions, self._called(self._list_sessions)),
            web.get(sessions + "/{id}", self._called(self._session)),
            web.get(sessions + "/{id}/line_items", self._called(self._line_items)),
            web.post(sessions + "/{id}/expire", self._called(self._expire)),
            web.get("/v1/payment_intents/{id}", self._called(self._get("payment_intent"))),
            web.get("/v1/charges/{id}", self._called(self._get("charge"))),
            web.post("/v1/refunds", self._called(self._refund)),
            web.get("/v1/refunds", self._called(self._list_refunds)),
            web.get("/v1/refunds/{id}", self._called(self._get("refund"))),
            web.get("/v1/events", self._called(self._list_events)),
            web.get("/v1/events/{id}", self._called(self._event)),
            web.get("/v1/balance", self._called(self._balance)),
            web.route("*", "/v1/{rest:.*}", self._called(self._nothing)),
        ]

    def restore_answer(self, record: Object) -> None:
        """Take one journal record of an answered idempotency key."""
        body = text(record["body"]).encode()
        self._answered[text(record["key"])] = (text(record["hash"]), whole(record["status"]), body)

    def records(self) -> list[Object]:
        return [self._record(key) for key in self._answered]

    def _called(self, call: Call) -> Handler:
        """The call behind the key, the faults and the idempotency key, refusals as Stripe writes
        them.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            body = (await request.read()).decode("utf-8", "replace")
            try:
                self._check_key(request)
                if self._world.faults.fires("stripe_5xx"):
                    raise StripeError("Something went wrong.", kind="api_error", status=500)
                status, answered, replayed = self._once(call, request, body)
            except StripeError as refused:
                status, answered, replayed = refused.status, orjson.dumps(refused.body()), False
            if self._world.faults.fires("stripe_timeout"):
                await hang(request, self._world)
            return _response(status, answered, replayed=replayed)

        return answer

    def _check_key(self, request: web.Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            given = _user_of(given)
        if not hmac.compare_digest(given.encode(), self._key.encode()):
            shown = f"{given[:8]}****{given[-4:]}" if len(given) > 12 else "****"
            raise StripeError(f"Invalid API Key provided: {shown}", status=401)

    def _once(self, call: Call, request: web.Request, body: str) -> tuple[int, bytes, bool]:
        """Run a call; with an idempotency key only the first time. Refusals are not remembered."""
        key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        print_of_call = sha256(f"{request.path}?{body}".encode()).hexdigest()
        if key in self._answered:
            known_print, status, answered = self._answered[key]
            if known_print != print_of_call:
                raise StripeError(_OTHER_PARAMETERS, kind="idempotency_error")
            return status, answered, True
        params = nested(parse_qsl(body or request.query_string, keep_blank_values=True))
        result = self._expanded(call(request, params), items(params.get("expand")))
        answered = orjson.dumps(result)
        if key:
            self._answered[key] = (print_of_call, 200, answered)
            self._world.journal.append(self._record(key))
        return 200, answered, False

    def _record(self, key: str) -> Object:
        print_of_call, status, body = self._answered[key]
        return {
            "t": "answered",
            "key": key,
            "hash": print_of_call,
            "status": status,
            "body": body.decode(),
        }

    def _expanded(self, thing: Object, wanted: Iterable[object]) -> Object:
        paths = [text(path).split(".") for path in wanted]
        for name in {path[0] for path in paths}:
            found = self._account.things.get(text(thing.get(name)))
            if name in EXPANDABLE and found is not None:
                deeper = [".".join(path[1:]) for path in paths if path[0] == name and path[1:]]
                thing = thing | {name: self._expanded(found, deeper)}
            if name == "line_items" and (lines := self._account.lines.get(text(thing["id"]))):
                thing = thing | {name: _page(list(lines), "/line_items")}
        return thing

    def _create(self, _: web.Request, params: Object) -> Object:
        lines, amount = checked_session(params)
        return self._account.open_session(params, lines, amount)

    def _session(self, request: web.Request, _: Object) -> Object:
        return self._account.find(request.match_info["id"], "checkout.session")

    def _line_items(self, request: web.Request, params: Object) -> Object:
        session = self._session(request, params)
        return _page(list(self._account.lines[text(session["id"])]), request.path)

    def _expire(self, request: web.Request, params: Object) -> Object:
        session = self._session(request, params)
        try:
            self._account.expire(session)
        except WrongMoment as late:
            message = f'Only Checkout Sessions with a status in ["open"] can be expired: {late}'
            raise StripeError(message) from late
        return session

    def _get(self, kind: str) -> Call:
        return lambda request, _: self._account.find(request.match_info["id"], kind)

    def _refund(self, _: web.Request, params: Object) -> Object:
        if params.get("reason") is not None and params["reason"] not in REASONS:
            raise StripeError(f"Invalid reason: must be one of {sorted(REASONS)}", param="reason")
        amount = text(params.get("amount"))
        if amount and not amount.isdecimal():
            raise StripeError("Invalid positive integer", param="amount")
        check_metadata(obj(params.get("metadata")), "metadata")
        return self._account.refund(params)

    def _list_sessions(self, request: web.Request, params: Object) -> Object:
        return self._list("checkout.session", request, params, ("payment_intent", "status"))

    def _list_refunds(self, request: web.Request, params: Object) -> Object:
        return self._list("refund", request, params, ("payment_intent", "charge"))

    def _list(
        self, kind: str, request: web.Request, params: Object, filters: tuple[str, ...]
    ) -> Object:
        wanted = {name: params[name] for name in filters if name in params}
        found = [
            thing
            for thing in self._account.things.values()
            if thing["object"] == kind and all(thing[name] == wanted[name] for name in wanted)
        ]
        return _page(found[::-1], request.path, params)

    def _list_events(self, request: web.Request, params: Object) -> Object:
        kinds = set(map(text, items(params.get("types")))) | {text(params.get("type"))} - {""}
        since = whole(obj(params.get("created")).get("gte"))
        owed = {"true": 0, "false": 1}.get(text(params.get("delivery_success")))
        found = [
            told
            for told in self._account.events.values()
            if (not kinds or told["type"] in kinds)
            and whole(told["created"]) >= since
            and (owed is None or told["pending_webhooks"] == owed)
        ]
        return _page(found[::-1], request.path, params)

    def _event(self, request: web.Request, _: Object) -> Object:
        told = self._account.events.get(request.match_info["id"])
        if told is None:
            raise StripeError(f"No such event: '{request.match_info['id']}'", status=404)
        return told

    def _balance(self, _request: web.Request, _: Object) -> Object:
        return {"object": "balance", "available": [], "livemode": False, "pending": []}

    def _nothing(self, request: web.Request, _: Object) -> Object:
        message = f"Unrecognized request URL ({request.method}: {request.path})."
        raise StripeError(message, status=404)


_OTHER_PARAMETERS: Final = (
    "Keys for idempotent requests can only be used with the same parameters they were first used "
    "with. Try using a key other than this one if you meant to execute a different request."
)


def _page(found: list[Object], url: str, params: Object | None = None) -> Object:
    """A list object: at most `limit` (10) after `starting_after`."""
    params = params or {}
    start = text(params.get("starting_after"))
    ids = [thing["id"] for thing in found]
    first = ids.index(start) + 1 if start in ids else 0
    limit = min(max(whole(params.get("limit"), 10), 1), 100)
    data = found[first : first + limit]
    more = first + limit < len(found)
    return {"object": "list", "data": data, "has_more": more, "url": url}


def _response(status: int, body: bytes, *, replayed: bool) -> web.Response:
    headers = {"Request-Id": fresh_id("req_"), "Stripe-Version": API_VERSION}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)


def _user_of(basic: str) -> str:
    try:
        return b64decode(basic).decode().partition(":")[0]
    except (BadBase64, UnicodeDecodeError):
        return ""
