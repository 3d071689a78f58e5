"""Payment providers calling: an event is verified, stored, answered 200, and only then believed."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.observe.metrics import REFUSED
from bot.web.bodies import raw_body, refused
from services.ground.transaction import Transaction
from services.payments.events import store
from services.payments.provider import BadBody, BadSignature, Provider, Told

TAKEN = {"ResultCode": 0, "ResultDesc": "Accepted"}
"""What M-Pesa wants to be answered; the others look at the status alone."""


@dataclass(frozen=True)
class PaymentWebhook:
    """The door of one provider, /webhooks/{its name}; `begin` opens a transaction."""

    provider: Provider
    begin: Callable[[], AbstractAsyncContextManager[Transaction]]

    def routes(self) -> list[web.RouteDef]:
        door = f"/webhooks/{self.provider.name}"
        return [web.post(door, self.receive), web.post(door + "/{path:.+}", self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """200 when it is on disk (again, too), 503 when it is not: they then send it again."""
        told = self._verified(await raw_body(request, self.provider.name), request)
        try:
            async with self.begin() as tx:
                await store(tx, told, datetime.now(UTC))
        except (SQLAlchemyError, OSError) as error:
            raise web.HTTPServiceUnavailable(text="Not stored; please send it again.\n") from error
        return web.json_response(TAKEN)

    def _verified(self, body: bytes, request: web.Request) -> Told:
        try:
            path = request.match_info.get("path", "")
            return self.provider.verify(body, request.headers, path)
        except BadSignature as error:
            raise refused(self.provider.name) from error
        except BadBody as error:
            REFUSED.labels(self.provider.name, "not json").inc()
            raise web.HTTPBadRequest(text="The body cannot be read.\n") from error
