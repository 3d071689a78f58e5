"""The page a payer sees, and the same four ends of a payment for scripts: pay, decline, later,
abandon; and what may follow: a refund, a dispute and how the bank decides it.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from bot.simulator.cloud import reply
from bot.simulator.payments import currencies
from bot.simulator.payments.account import Account, WrongMoment
from bot.simulator.payments.stripe_error import StripeError
from bot.simulator.said import CannotSay
from bot.simulator.scripting import answering, read_object
from bot.simulator.shapes import Object, obj, text, whole
from bot.simulator.world import World

PAGES: Final = Path(__file__).parent.parent / "page"
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
ENDS: Final = ("pay", "decline", "later", "abandon", "refund", "dispute", "win", "lose")


class Checkout:
    """The payer's side of the payment emulator."""

    def __init__(self, world: World, account: Account) -> None:
        self._world = world
        self._account = account
        self._pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True)
        self._ends: dict[str, Callable[[Object], object]] = {
            "pay": account.pay,
            "decline": account.decline,
            "later": account.later,
            "abandon": account.expire,
        }
        self._banks: dict[str, Callable[[Object], object]] = {
            "dispute": account.dispute,
            "win": partial(account.decide, status="won"),
            "lose": partial(account.decide, status="lost"),
        }

    def routes(self) -> list[web.RouteDef]:
        page, api = "/simulator/checkout/{id}", "/simulator/api/payments"
        return [
            web.get(page, self._page),
            web.post(page, self._choose),
            web.get(api, self._list),
            web.get(api + "/{id}", answering(self._show)),
            web.post(api + "/{id}/{end:" + "|".join(ENDS) + "}", answering(self._end)),
        ]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return self._rendered(request, self._session(request))

    async def _choose(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        end = text((await request.post()).get("end"))
        if end not in self._ends:
            raise web.HTTPBadRequest(text="Choose one of: pay, decline, later, abandon.")
        try:
            self._ends[end](session)
        except WrongMoment:
            return self._rendered(request, session)
        if end == "decline" and session["status"] == "open":
            return self._rendered(request, session, declined=True)
        return self._onward(request, session, end)

    def _onward(self, request: web.Request, session: Object, end: str) -> web.StreamResponse:
        """Where Stripe would send the browser; inside a phone of ours the page itself says how
        it went.
        """
        url = text(session["cancel_url" if end == "abandon" else "success_url"])
        if request.query.get("in") == "phone" or not url:
            return self._rendered(request, session)
        raise web.HTTPSeeOther(url.replace("{CHECKOUT_SESSION_ID}", text(session["id"])))

    def _rendered(
        self, request: web.Request, session: Object, *, declined: bool = False
    ) -> web.Response:
        currency = text(session["currency"])
        lines = [
            {
                "name": line["description"],
                "quantity": line["quantity"],
                "amount": currencies.shown(whole(line["amount_total"]), currency),
            }
            for line in self._account.lines[text(session["id"])]
        ]
        body = self._pages.get_template("checkout.html").render(
            business=self._world.config.business_name,
            session=session,
            lines=lines,
            total=currencies.shown(whole(session["amount_total"]), currency),
            declined=declined,
            awaiting=self._account.awaits_money(session),
            in_phone=request.query.get("in") == "phone",
        )
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        return web.Response(text=body, content_type="text/html", headers=headers)

    async def _list(self, _: web.Request) -> web.StreamResponse:
        sessions = [
            thing
            for thing in self._account.things.values()
            if thing["object"] == "checkout.session"
        ]
        return reply({"payments": [self._told(session) for session in sessions[::-1]]})

    async def _show(self, request: web.Request) -> web.StreamResponse:
        return reply(self._told(self._meant(request)))

    async def _end(self, request: web.Request) -> web.StreamResponse:
        session, end = self._meant(request), request.match_info["end"]
        try:
            if end == "refund":
                await self._refund(request, session)
            else:
                (self._ends | self._banks)[end](session)
        except (WrongMoment, StripeError) as impossible:
            raise CannotSay(409, f"{end}: {impossible}") from impossible
        return reply(self._told(session))

    async def _refund(self, request: web.Request, session: Object) -> None:
        body = await read_object(request) if request.can_read_body else {}
        params: Object = {"payment_intent": session["payment_intent"]}
        if body.get("amount") is not None:
            params["amount"] = body["amount"]
        self._account.refund(params)

    def _told(self, session: Object) -> Object:
        intent = self._account.things.get(text(session["payment_intent"]), {})
        charge = self._account.things.get(text(intent.get("latest_charge")), {})
        return {
            "id": session["id"],
            "status": session["status"],
            "payment_status": session["payment_status"],
            "amount": session["amount_total"],
            "currency": session["currency"],
            "shown": currencies.shown(whole(session["amount_total"]), text(session["currency"])),
            "refunded": whole(charge.get("amount_refunded")),
            "client_reference_id": session["client_reference_id"],
            "metadata": obj(session["metadata"]),
            "payment_intent": session["payment_intent"],
            "url": session["url"],
            "expires_at": session["expires_at"],
        }

    def _meant(self, request: web.Request) -> Object:
        called = request.match_info["id"]
        session = self._account.session_called(called)
        if session is None or session["object"] != "checkout.session":
            raise CannotSay(404, f"there is no payment with id, reference or metadata {called!r}")
        return session

    def _session(self, request: web.Request) -> Object:
        try:
            return self._account.find(request.match_info["id"], "checkout.session")
        except StripeError as unknown:
            raise web.HTTPNotFound(text="There is no such checkout.") from unknown
