"""The page on which an order of PhonePe is paid, and the same ends of it for scripts."""

from collections.abc import Callable
from typing import Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from bot.simulator.cloud import reply
from bot.simulator.payments import currencies
from bot.simulator.payments.account import WrongMoment
from bot.simulator.payments.checkout import PAGES, POLICY
from bot.simulator.payments.objects import fresh_id
from bot.simulator.payments.phonepe_account import PhonePeAccount, Refused, shown
from bot.simulator.said import CannotSay
from bot.simulator.scripting import answering, read_object
from bot.simulator.shapes import Object, objects, text, whole
from bot.simulator.world import World

ENDS: Final = ("pay", "decline", "later", "abandon", "refund")


class PhonePePage:
    """The payer's side of the PhonePe emulator."""

    def __init__(self, world: World, account: PhonePeAccount) -> None:
        self._world = world
        self._account = account
        self._page_of = Environment(loader=FileSystemLoader(PAGES), autoescape=True).get_template
        self._ends: dict[str, Callable[[Object], None]] = {
            "pay": account.pay,
            "decline": account.decline,
            "later": account.later,
            "abandon": account.expire,
        }

    def routes(self) -> list[web.RouteDef]:
        page, api = "/simulator/checkout/phonepe/{id}", "/simulator/api/phonepe"
        return [
            web.get(page, self._page),
            web.post(page, self._choose),
            web.get(api, self._list),
            web.get(api + "/{id}", answering(self._show)),
            web.post(api + "/{id}/{end:" + "|".join(ENDS) + "}", answering(self._end)),
        ]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return self._rendered(request, self._order(request))

    async def _choose(self, request: web.Request) -> web.StreamResponse:
        order = self._order(request)
        end = text((await request.post()).get("end"))
        if end not in self._ends:
            raise web.HTTPBadRequest(text="Choose one of: pay, decline, later, abandon.")
        try:
            self._ends[end](order)
        except WrongMoment:
            return self._rendered(request, order)
        if order["state"] == "PENDING" or request.query.get("in") == "phone" or not _back(order):
            return self._rendered(request, order)
        raise web.HTTPSeeOther(_back(order))

    def _rendered(self, request: web.Request, order: Object) -> web.Response:
        total = currencies.shown(whole(order["amount"]), "inr")
        tries = objects(order["paymentDetails"])
        body = self._page_of("checkout.html").render(
            business=self._world.config.business_name,
            session=_as_session(order, awaited=self._account.is_awaited(order)),
            lines=[{"name": order["message"], "quantity": 1, "amount": total}],
            total=total,
            declined=bool(tries) and tries[-1]["state"] == "FAILED",
            awaiting=self._account.is_awaited(order),
            in_phone=request.query.get("in") == "phone",
        )
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        return web.Response(text=body, content_type="text/html", headers=headers)

    async def _list(self, _: web.Request) -> web.StreamResponse:
        return reply({"payments": [shown(one) for one in self._account.orders.values()][::-1]})

    async def _show(self, request: web.Request) -> web.StreamResponse:
        return reply(self._told(self._meant(request)))

    async def _end(self, request: web.Request) -> web.StreamResponse:
        order, end = self._meant(request), request.match_info["end"]
        try:
            if end == "refund":
                await self._refund(request, order)
            else:
                self._ends[end](order)
        except (WrongMoment, Refused) as impossible:
            raise CannotSay(409, f"{end}: {impossible}") from impossible
        return reply(self._told(order))

    async def _refund(self, request: web.Request, order: Object) -> None:
        """Given back at PhonePe's own desk, by hand."""
        body = await read_object(request) if request.can_read_body else {}
        amount = whole(body.get("amount"), self._account.left(order))
        self._account.refund(
            {
                "merchantRefundId": fresh_id("DESK"),
                "originalMerchantOrderId": order["merchantOrderId"],
                "amount": amount,
            }
        )

    def _told(self, order: Object) -> Object:
        return shown(order) | {"refunded": whole(order["amount"]) - self._account.left(order)}

    def _meant(self, request: web.Request) -> Object:
        called = request.match_info["id"]
        order = self._account.order(called)
        if order is None:
            raise CannotSay(404, f"there is no order of PhonePe called {called!r}")
        return order

    def _order(self, request: web.Request) -> Object:
        order = self._account.order(request.match_info["id"])
        if order is None:
            raise web.HTTPNotFound(text="There is no such order.")
        return order


def _back(order: Object) -> str:
    return text(order["returns"])


def _as_session(order: Object, *, awaited: bool) -> Object:
    """An order in the words of the page, which are those of a checkout session."""
    open_ = order["state"] == "PENDING" and not awaited
    return {
        "status": "open" if open_ else "expired" if order["state"] == "FAILED" else "complete",
        "payment_status": "paid" if order["state"] == "COMPLETED" else "unpaid",
        "expires_at": whole(order["expireAt"]) // 1000,
        "cancel_url": _back(order),
    }
