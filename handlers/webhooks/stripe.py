"""Stripe calling: an event is verified, stored, answered 200, and only then believed."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.observe.metrics import REFUSED
from bot.web.bodies import raw_body, refused
from services.ground.transaction import Transaction
from services.payments.events import store
from services.payments.provider import BadBody, BadSignature, Told

CHANNEL = "stripe"


@dataclass(frozen=True)
class StripeWebhook:
    """`verify` is the provider's (several secrets while rotating); `begin` opens a transaction."""

    verify: Callable[[bytes, Mapping[str, str]], Told]
    begin: Callable[[], AbstractAsyncContextManager[Transaction]]

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/webhooks/stripe", self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """200 when it is on disk (again, too), 503 when it is not: Stripe then sends it again."""
        told = self._verified(await raw_body(request, CHANNEL), request.headers)
        try:
            async with self.begin() as tx:
                await store(tx, told, datetime.now(UTC))
        except (SQLAlchemyError, OSError) as error:
            raise web.HTTPServiceUnavailable(text="Not stored; please send it again.\n") from error
        return web.Response()

    def _verified(self, body: bytes, headers: Mapping[str, str]) -> Told:
        try:
            return self.verify(body, headers)
        except BadSignature as error:
            raise refused(CHANNEL) from error
        except BadBody as error:
            REFUSED.labels(CHANNEL, "not json").inc()
            raise web.HTTPBadRequest(text="The body cannot be read.\n") from error
