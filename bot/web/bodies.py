"""Taking a webhook's body: its size, its type, and JSON that can be kept."""

import asyncio
from typing import Any

from aiohttp import web

from bot.observe.metrics import REFUSED
from services.ground.wire import Unreadable, read_json

PATIENCE = 30.0  # seconds a body may take to come; providers give up after ten
LARGEST = 3 * 1024 * 1024  # bytes: Meta's own limit for a webhook (providers.md B)


async def raw_body(request: web.Request, channel: str) -> bytes:
    """The body as it came. Raises 400, 408, 413 past 3 MB, 415 for anything but JSON."""
    if request.content_type != "application/json":
        REFUSED.labels(channel, "content type").inc()
        raise web.HTTPUnsupportedMediaType(text="Please send application/json.\n")
    try:
        async with asyncio.timeout(PATIENCE):
            return await request.read()
    except TimeoutError:
        REFUSED.labels(channel, "too slow").inc()
        raise web.HTTPRequestTimeout(text="The body did not come to its end.\n") from None
    except web.RequestPayloadError:  # it is not what its Content-Encoding says, say
        REFUSED.labels(channel, "unreadable").inc()
        raise web.HTTPBadRequest(text="The body cannot be read.\n") from None
    except web.HTTPRequestEntityTooLarge:
        REFUSED.labels(channel, "too large").inc()
        raise


def json_body(raw: bytes, channel: str) -> Any:
    """What the body says. Raises 400."""
    try:
        return read_json(raw)
    except Unreadable as error:
        REFUSED.labels(channel, "not json").inc()
        raise web.HTTPBadRequest(text="The body is not JSON.\n") from error


def refused(channel: str) -> web.HTTPException:
    """Who sent this cannot show that they are the provider."""
    REFUSED.labels(channel, "signature").inc()
    return web.HTTPUnauthorized(text="The signature does not fit.\n")
