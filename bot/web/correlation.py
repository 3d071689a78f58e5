"""One id that runs through logs and rows of everything a request led to."""

import secrets
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

HEADER = "X-Request-ID"
KEY = web.RequestKey("correlation_id", str)


@web.middleware
async def correlate(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    given = request.headers.get(HEADER, "")
    correlation_id = given if given.isalnum() and len(given) <= 64 else secrets.token_hex(8)
    request[KEY] = correlation_id
    with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
        return await handler(request)
