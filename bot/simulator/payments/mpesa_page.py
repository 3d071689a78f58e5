"""The prompt on a phone as a page, and its ends for scripts: pin, cancel, wrong-pin, timeout,
insufficient.
"""

from typing import Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from bot.simulator.cloud import reply
from bot.simulator.payments import currencies
from bot.simulator.payments.account import WrongMoment
from bot.simulator.payments.checkout import PAGES, POLICY
from bot.simulator.payments.mpesa_account import ENDS, MPesaAccount
from bot.simulator.said import CannotSay
from bot.simulator.scripting import answering
from bot.simulator.shapes import Object, text, whole
from bot.simulator.world import World

LABELS: Final = {
    "pin": "Enter the PIN",
    "wrong-pin": "Enter a wrong PIN",
    "insufficient": "Enter the PIN, with too little in the account",
    "cancel": "Cancel",
    "timeout": "Let it time out",
}


class MPesaPage:
    """The payer's side of the M-Pesa emulator."""

    def __init__(self, world: World, account: MPesaAccount) -> None:
        self._world = world
        self._account = account
        self._page_of = Environment(loader=FileSystemLoader(PAGES), autoescape=True).get_template

    def routes(self) -> list[web.RouteDef]:
        page, api = "/simulator/checkout/mpesa/{id}", "/simulator/api/mpesa"
        return [
            web.get(page, self._page),
            web.post(page, self._choose),
            web.get(api, self._list),
            web.post(api + "/{id}/{end:" + "|".join(ENDS) + "}", answering(self._end)),
        ]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return self._rendered(request, self._prompt(request))

    async def _choose(self, request: web.Request) -> web.StreamResponse:
        prompt = self._prompt(request)
        end = text((await request.post()).get("end"))
        if end not in ENDS:
            raise web.HTTPBadRequest(text=f"Choose one of: {', '.join(ENDS)}.")
        if prompt["result"] is None:
            self._account.end(prompt, end)
        return self._rendered(request, prompt)

    def _rendered(self, request: web.Request, prompt: Object) -> web.Response:
        body = self._page_of("prompt.html").render(
            business=self._world.config.business_name,
            total=currencies.shown(100 * whole(prompt["amount"]), "kes"),
            reference=prompt["reference"],
            result=prompt["result"],
            ends=LABELS,
            in_phone=request.query.get("in") == "phone",
        )
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        return web.Response(text=body, content_type="text/html", headers=headers)

    async def _list(self, _: web.Request) -> web.StreamResponse:
        return reply({"prompts": list(self._account.prompts.values())[::-1]})

    async def _end(self, request: web.Request) -> web.StreamResponse:
        called, end = request.match_info["id"], request.match_info["end"]
        prompt = self._account.prompt(called.removeprefix("+"))
        if prompt is None:
            raise CannotSay(404, f"there is no M-Pesa prompt called {called!r}")
        try:
            self._account.end(prompt, end)
        except WrongMoment as late:
            raise CannotSay(409, f"{end}: {late}") from late
        return reply(prompt)

    def _prompt(self, request: web.Request) -> Object:
        prompt = self._account.prompts.get(request.match_info["id"])
        if prompt is None:
            raise web.HTTPNotFound(text="There is no such prompt.")
        return prompt
