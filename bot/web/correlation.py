"""Giving every request its id, or keeping the one it came with."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.observe import correlation

HEADER = "X-Request-ID"
KEY = web.RequestKey("correlation_id", str)


@web.middleware
async def correlate(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    given = request.headers.get(HEADER, "")
    fits = given.isalnum() and given.isascii() and len(given) <= correlation.LONGEST
    request[KEY] = given if fits else correlation.new()
    correlation.bind(request[KEY])  # until the next request on this connection
    return await handler(request)
