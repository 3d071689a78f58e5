"""The Cloud API over HTTP: sends, marks read, fetches and uploads files.

Every message passes here: one shared session, orjson, nothing logged. The token travels
in a header only, and no address that carries a secret is ever put in a message or a log.
"""

from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
from yarl import URL

from bot.channels.cloud_out import seen_body
from bot.channels.errors import Action, Failure, classify
from bot.channels.outcome import Failed, Outcome, Sent, Unknown
from bot.channels.shapes import listing, mapping, text, whole

TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)
_FILE_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=5, sock_read=20)
_CHUNK = 65_536


class MediaUnavailable(Exception):
    """The provider does not have this file any more, or does not give it to us."""


class MediaUnreachable(Exception):
    """The provider could not be asked for the file just now."""


class MediaTooLarge(Exception):
    """The file is larger than we take."""


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """Where a file can be fetched, for five minutes. `size` is in bytes, 0 when not said."""

    url: str
    mime_type: str = ""
    sha256: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Download:
    """A fetched file."""

    content: bytes
    mime_type: str


class CloudClient:
    """One of our numbers at Meta. `url` is Graph's, or the simulator's; `version` "v24.0"."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        version: str,
        token: str,
        phone_number_id: str,
    ) -> None:
        self._session = session
        self._root = URL(f"{url.rstrip('/')}/{version}")
        self._number = self._root / phone_number_id
        self._messages = self._number / "messages"
        self._authorized = {"Authorization": f"Bearer {token}"}
        self._headers = {**self._authorized, "Content-Type": "application/json"}

    async def send(self, body: dict[str, Any]) -> Outcome:
        """Sends one rendered message. There is no idempotency key: Unknown is not to be repeated
        before its status had time to arrive."""
        answered = await self._post(body)
        if isinstance(answered, Failed | Unknown):
            return answered
        http_status, answer = answered
        if http_status != 200:
            return Failed(classify(http_status, answer))
        messages = listing(mapping(answer).get("messages"))
        wamid = text(mapping(messages[0]).get("id")) if messages else ""
        return Sent(wamid) if wamid else Unknown("accepted without an id")

    async def mark_read(self, message_id: str, typing: bool = True) -> bool:
        """Shows the blue ticks, and "typing…" until we answer. False: it did not work, no harm."""
        answered = await self._post(seen_body(message_id, typing))
        return isinstance(answered, tuple) and answered[0] == 200

    async def media_url(self, media_id: str) -> MediaAddress:
        """Raises MediaUnavailable, MediaUnreachable."""
        try:
            async with self._session.get(
                self._root / media_id, headers=self._authorized, timeout=TIMEOUT
            ) as response:
                answer = mapping(_json(await response.read()))
                _refuse(response.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise MediaUnreachable from error
        url = text(answer.get("url"))
        if not url:
            raise MediaUnavailable
        size = whole(answer.get("file_size")) or 0
        return MediaAddress(url, text(answer.get("mime_type")), text(answer.get("sha256")), size)

    async def download(self, media_id: str, limit: int) -> Download:
        """A file a person sent, of at most `limit` bytes.

        Raises MediaTooLarge, MediaUnavailable, MediaUnreachable.
        """
        at = await self.media_url(media_id)
        if at.size > limit:
            raise MediaTooLarge
        try:
            async with self._session.get(
                URL(at.url, encoded=True), headers=self._authorized, timeout=_FILE_TIMEOUT
            ) as response:
                _refuse(response.status)
                content = await _at_most(response, limit)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise MediaUnreachable from error
        return Download(content, at.mime_type or response.content_type)

    async def upload(self, content: bytes, mime_type: str, filename: str) -> str:
        """Meta's id for a file of ours, good for 30 days.

        Raises MediaUnavailable when Meta does not take it, MediaUnreachable.
        """
        form = aiohttp.FormData({"messaging_product": "whatsapp", "type": mime_type})
        form.add_field("file", content, content_type=mime_type, filename=filename)
        try:
            async with self._session.post(
                self._number / "media", data=form, headers=self._authorized, timeout=_FILE_TIMEOUT
            ) as response:
                answer = mapping(_json(await response.read()))
                _refuse(response.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise MediaUnreachable from error
        if not (media_id := text(answer.get("id"))):
            raise MediaUnavailable
        return media_id

    async def _post(self, body: dict[str, Any]) -> tuple[int, Any] | Failed | Unknown:
        try:
            async with self._session.post(
                self._messages,
                data=orjson.dumps(body),
                headers=self._headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                return response.status, _json(await response.read())
        except NEVER_LEFT as error:
            return Failed(Failure(Action.RETRY, text=type(error).__name__))
        except (aiohttp.ClientError, TimeoutError) as error:
            return Unknown(type(error).__name__)


NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""No connection was made, so nothing was sent and it may be tried again."""


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _refuse(http_status: int) -> None:
    if http_status == 429 or http_status >= 500:
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
