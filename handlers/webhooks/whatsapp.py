"""WhatsApp's Cloud API calling: the challenge once, then every message and status."""

import hmac
from dataclasses import dataclass

from aiohttp import web

from bot.channels.signature import cloud_signature_ok
from bot.receiver import NotStored, Receiver
from bot.web.bodies import json_body, raw_body, refused
from bot.web.correlation import KEY

CHANNEL = "cloud"


@dataclass(frozen=True)
class WhatsAppWebhook:
    """Without an app secret nothing is accepted."""

    app_secret: str
    verify_token: str
    receiver: Receiver

    def routes(self) -> list[web.RouteDef]:
        path = "/webhooks/whatsapp"
        return [web.get(path, self.verify), web.post(path, self.receive)]

    async def verify(self, request: web.Request) -> web.Response:
        """Answer Meta's challenge (developers.facebook.com, Webhooks, "Verification Requests")."""
        query = request.query
        token = query.get("hub.verify_token", "")
        known = self.verify_token and hmac.compare_digest(
            token.encode(), self.verify_token.encode()
        )
        if query.get("hub.mode") != "subscribe" or not known:
            raise web.HTTPForbidden(text="The verify token does not fit.\n")
        return web.Response(text=query.get("hub.challenge", ""))

    async def receive(self, request: web.Request) -> web.Response:
        """Verify, take apart, store; 200 when it is on disk, 503 when it is not."""
        raw = await raw_body(request, CHANNEL)
        if not cloud_signature_ok(self.app_secret, raw, request.headers.get("X-Hub-Signature-256")):
            raise refused(CHANNEL)
        json_body(raw, CHANNEL)
        try:
            await self.receiver.store(CHANNEL, raw, request[KEY])
        except NotStored as error:
            raise web.HTTPServiceUnavailable(text="Not stored; please send it again.\n") from error
        return web.Response()
