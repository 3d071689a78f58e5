"""Fetching a file a person sent, without trusting what it says of itself."""

from dataclasses import dataclass

import aiohttp
from yarl import URL

UPLOADED = "media:"  # before a provider's name for a file it has, in the place of its address
UPLOAD_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=5)
_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=5, sock_read=20)
_CHUNK = 65_536


class MediaUnavailable(Exception):
    """The provider does not have this file any more, or does not give it to us."""


class MediaUnreachable(Exception):
    """The provider could not be asked for the file just now."""


class MediaTooLarge(Exception):
    """The file is larger than we take."""


@dataclass(frozen=True, slots=True)
class Download:
    """A fetched file."""

    content: bytes
    mime_type: str


async def fetch(
    session: aiohttp.ClientSession, url: str, limit: int, headers: dict[str, str] | None = None
) -> Download:
    """The file at `url`, of at most `limit` bytes.

    Raises MediaTooLarge, MediaUnavailable, MediaUnreachable; none of them quotes the address.
    """
    try:
        address = URL(url, encoded=True)
    except ValueError:
        raise MediaUnavailable from None
    if address.scheme not in ("http", "https"):
        raise MediaUnavailable
    try:
        async with session.get(address, headers=headers, timeout=_TIMEOUT) as response:
            refuse(response.status)
            return Download(await _at_most(response, limit), response.content_type)
    except (aiohttp.ClientError, TimeoutError):
        raise MediaUnreachable from None
    except ValueError:  # an address that cannot be asked for: control characters, a strange host
        raise MediaUnavailable from None


def refuse(http_status: int) -> None:
    """Raises what a status other than success means for a file."""
    if http_status in (401, 429) or http_status >= 500:  # 401: our token is, not the file
        raise MediaUnreachable
    if http_status >= 300:
        raise MediaUnavailable


async def _at_most(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, read in pieces so that a lie about its length costs no memory."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > limit:
            raise MediaTooLarge
    return bytes(content)
