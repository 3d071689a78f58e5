"""Counting requests and how long they took, by route."""

import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.observe.metrics import http_seconds


@web.middleware
async def measure(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    begun = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as refusal:
        status = refusal.status
        raise
    finally:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "none"
        http_seconds(route, status).observe(time.perf_counter() - begun)
