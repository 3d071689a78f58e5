"""One POST of JSON to a provider, and which of three things came of it."""

from typing import Any

import aiohttp
import orjson
from yarl import URL

from bot.channels.errors import Action, Failure
from bot.channels.outcome import Failed, Unknown

TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)
_NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)

Answer = tuple[int, bytes]
"""HTTP status and body."""


async def post_json(
    session: aiohttp.ClientSession, url: URL, body: dict[str, Any], headers: dict[str, str]
) -> Answer | Failed | Unknown:
    """The answer; Failed when no connection was made, so that it may be tried again; Unknown
    when the request may have arrived. Only the name of an error is kept: some providers have
    their token in the address, and an error's own words may quote it."""
    try:
        async with session.post(
            url,
            data=orjson.dumps(body),
            headers=headers,
            timeout=TIMEOUT,
            allow_redirects=False,
        ) as response:
            return response.status, await response.read()
    except _NEVER_LEFT as error:
        return Failed(Failure(Action.RETRY, text=type(error).__name__))
    except (aiohttp.ClientError, TimeoutError) as error:
        return Unknown(type(error).__name__)


def json_or_none(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
