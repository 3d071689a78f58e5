"""The Cloud API as the product calls it: sending, read marks, numbers and templates, with Meta's
limits and refusals.
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from aiohttp import web

from bot.simulator.graph_error import BadToken, GraphError, NoSuchNode
from bot.simulator.limit_rules import invalid
from bot.simulator.limits import MEDIA_KINDS, check_send
from bot.simulator.people import Bubble, Person, digits_of, is_user_id, stranger
from bot.simulator.rates import Rates
from bot.simulator.shapes import Object, obj, parsed, text
from bot.simulator.templates import template_from
from bot.simulator.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

VERSION: Final = r"/{version:v\d+\.\d+}"
NEVER_ANSWERED_SECONDS: Final = 300


class CloudApi:
    """Routes of graph.facebook.com that a business number needs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rates = Rates()
        self._bearer = f"Bearer {world.config.access_token}".encode()

    def routes(self) -> list[web.RouteDef]:
        node = VERSION + "/{node}"
        return [
            web.post(f"{node}/messages", self.guarded(self._messages)),
            web.get(f"{node}/message_templates", self.guarded(self._list_templates)),
            web.post(f"{node}/message_templates", self.guarded(self._create_template)),
            web.delete(f"{node}/message_templates", self.guarded(self._delete_template)),
        ]

    def guarded(self, handler: Handler) -> Handler:
        """The handler behind the bearer token, its refusals written as the Graph API writes
        them.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                self.check_token(request)
                return await handler(request)
            except GraphError as refused:
                return reply(refused.body(), refused.status)

        return answer

    def check_token(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "") or _query_token(request)
        if not hmac.compare_digest(given.encode(), self._bearer):
            raise BadToken

    def number_info(self) -> Object:
        """What GET /{version}/{phone_number_id} answers."""
        return {
            "verified_name": self._world.config.business_name,
            "code_verification_status": "VERIFIED",
            "display_phone_number": self._world.config.display_phone_number,
            "quality_rating": "GREEN",
            "platform_type": "CLOUD_API",
            "throughput": {"level": "STANDARD"},
            "id": self._world.config.phone_number_id,
        }

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        node = request.match_info["node"]
        if node != self._world.config.phone_number_id:
            raise NoSuchNode("post", node)
        body = await read_object(request)
        if body.get("status") == "read":
            return self._read_mark(body)
        check_send(body)
        self._refuse_by_fault()
        person = self._recipient(body)
        self._check_way(person, body)
        self._world.settle(person)
        bubble = self._world.receive(person, body)
        await self._let_statuses_follow(person, bubble)
        if self._world.faults.fires("send_timeout"):
            await hang(request, self._world)
        return reply(_sent(person, bubble, body))

    def _read_mark(self, body: Object) -> web.Response:
        typing = text(obj(body.get("typing_indicator")).get("type")) == "text"
        self._world.read_by_bot(text(body.get("message_id")), typing=typing)
        return reply({"success": True})

    def _refuse_by_fault(self) -> None:
        faults = self._world.faults
        if faults.fires("send_5xx"):
            raise GraphError(131000)
        if faults.fires("send_429") or not self._rates.number_may(faults.throughput):
            raise GraphError(130429)
        if faults.fires("send_131056"):
            raise GraphError(131056)
        if faults.fires("closed_window"):
            raise GraphError(131047)
        if faults.fires("send_refused"):
            raise GraphError(faults.refuse_code)

    def _recipient(self, body: Object) -> Person:
        crowd = self._world.crowd
        if to := text(body.get("to")):
            digits = digits_of(to)
            if digits is None:
                raise invalid("to", "is not a valid WhatsApp phone number")
            return crowd.by_phone(digits) or stranger(digits)
        user_id = text(body.get("recipient"))
        person = crowd.by_user_id(user_id)
        if person is None and not is_user_id(user_id):
            raise GraphError(131026)
        return person or stranger(user_id)

    def _check_way(self, person: Person, body: Object) -> None:
        """The 24-hour window, the pair rate, the template, and the file, in Meta's order."""
        if body.get("type") == "template":
            self._world.templates.check(obj(body["template"]))
        elif not person.window_open:
            raise GraphError(131047)
        if self._world.faults.pair_rate and not self._rates.pair_may(person.key):
            raise GraphError(131056)
        kind, media_id = _file(body)
        if media_id and self._is_gone(media_id):
            raise invalid(
                f"{kind}['id']", "is not a valid whatsapp business account media attachment ID"
            )

    def _is_gone(self, media_id: str) -> bool:
        if self._world.media.find(media_id) is None:
            return True
        return self._world.faults.fires("expired_media")

    async def _let_statuses_follow(self, person: Person, bubble: Bubble) -> None:
        if self._world.faults.fires("early_status"):
            update = self._world.stamp(person, bubble, "sent")
            if update is not None:
                early = asyncio.ensure_future(self._world.delivery.send_together([update]))
                await asyncio.wait([early], timeout=3)
        self._world.let_statuses_follow(person, bubble)

    async def _list_templates(self, request: web.Request) -> web.StreamResponse:
        self._check_account(request)
        name = request.query.get("name")
        shown = [each.shown() for each in self._world.templates if name in {None, each.name}]
        return reply({"data": shown, "paging": {"cursors": {"before": "MAZDZD", "after": "MjQZD"}}})

    async def _create_template(self, request: web.Request) -> web.StreamResponse:
        self._check_account(request)
        template = template_from(await read_object(request))
        self._world.templates.put(template)
        self._world.journal.append({"t": "template", **template.shown()})
        return reply({"id": template.id, "status": "APPROVED", "category": template.category})

    async def _delete_template(self, request: web.Request) -> web.StreamResponse:
        self._check_account(request)
        name = request.query.get("name", "")
        if not self._world.templates.remove(name):
            raise GraphError(100, f"Message template {name!r} was not found.")
        self._world.journal.append({"t": "no_template", "name": name})
        return reply({"success": True})

    def _check_account(self, request: web.Request) -> None:
        node = request.match_info["node"]
        if node != self._world.config.waba_id:
            raise NoSuchNode(request.method.lower(), node)


async def read_object(request: web.Request) -> Object:
    """The JSON object of a call; raises GraphError 100 for anything else."""
    try:
        body = parsed(await request.read())
    except ValueError as broken:
        raise GraphError(100, "The request body is not valid JSON.") from broken
    if not isinstance(body, dict):
        raise GraphError(100, "The request body must be a JSON object.")
    return body


def reply(body: Object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def _sent(person: Person, bubble: Bubble, body: Object) -> Object:
    contact: Object = {"input": text(body.get("to")) or text(body.get("recipient"))}
    if person.phone:
        contact["wa_id"] = person.phone
    contact["user_id"] = person.user_id
    message: Object = {"id": bubble.id}
    if body.get("type") == "template":
        message["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}


def _file(body: Object) -> tuple[str, str]:
    """The kind and id of the file a send shows, as its content or above its buttons."""
    kind = text(body.get("type"))
    if kind not in MEDIA_KINDS:
        body = obj(obj(body.get("interactive")).get("header"))
        kind = text(body.get("type"))
    return kind, text(obj(body.get(kind)).get("id"))


def _query_token(request: web.Request) -> str:
    token = request.query.get("access_token")
    return f"Bearer {token}" if token else ""


async def hang(request: web.Request, world: World) -> None:
    """Keep the caller waiting until it gives up or the simulator ends."""
    until = time.monotonic() + NEVER_ANSWERED_SECONDS
    while time.monotonic() < until and not world.closed:
        transport = request.transport
        if transport is None or transport.is_closing():
            return
        await asyncio.sleep(0.1)
