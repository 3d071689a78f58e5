"""Green API calling: one event a request, strictly in order; a refusal stops its whole queue."""

from dataclasses import dataclass

from aiohttp import web

from bot.channels.signature import green_authorization_ok
from bot.receiver import NotStored, Receiver
from bot.web.bodies import json_body, raw_body, refused
from bot.web.correlation import KEY

CHANNEL = "greenapi"


@dataclass(frozen=True)
class GreenApiWebhook:
    """Without a token nothing is accepted."""

    token: str
    receiver: Receiver

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/webhooks/greenapi", self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """Exactly 200 when it is on disk; on anything else the same event comes again."""
        if not green_authorization_ok(self.token, request.headers.get("Authorization")):
            raise refused(CHANNEL)
        raw = await raw_body(request, CHANNEL)
        json_body(raw, CHANNEL)
        try:
            await self.receiver.store(CHANNEL, raw, request[KEY])
        except NotStored as error:
            raise web.HTTPServiceUnavailable(text="Not stored; please send it again.\n") from error
        return web.Response()
