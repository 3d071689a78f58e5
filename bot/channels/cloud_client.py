"""The Cloud API over HTTP: sends, marks read, fetches and uploads files.

Every message passes here: one shared session, orjson, nothing logged.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import aiohttp
from yarl import URL

from bot.channels.cloud_out import seen_body
from bot.channels.errors import classify
from bot.channels.media import (
    UPLOAD_TIMEOUT,
    Download,
    MediaTooLarge,
    MediaUnavailable,
    MediaUnreachable,
    fetch,
    refuse,
)
from bot.channels.outcome import Failed, Outcome, Sent, Unknown
from bot.channels.posting import TIMEOUT, json_or_none, post_json
from bot.channels.shapes import listing, mapping, text, whole


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """Where a file can be fetched, for five minutes. `size` is in bytes, 0 when not said."""

    url: str
    mime_type: str = ""
    sha256: str = ""
    size: int = 0


class CloudClient:
    """One of our numbers at Meta. `url` is Graph's, or the simulator's; `version` "v24.0"."""

    kept = timedelta(days=29)  # of the 30 for which Meta keeps what we upload (providers.md B)

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
        self._messages = self._root / phone_number_id / "messages"
        self._uploads = self._root / phone_number_id / "media"
        self._authorized = {"Authorization": f"Bearer {token}"}
        self._headers = {**self._authorized, "Content-Type": "application/json"}

    async def send(self, body: dict[str, Any]) -> Outcome:
        """Sends one rendered message.

        There is no idempotency key: what came back Unknown must not be repeated before its
        status had time to arrive.
        """
        answered = await post_json(self._session, self._messages, body, self._headers)
        if isinstance(answered, Failed | Unknown):
            return answered
        http_status, raw = answered
        answer = json_or_none(raw)
        if http_status != 200:
            return Failed(classify(http_status, answer))
        messages = listing(mapping(answer).get("messages"))
        wamid = text(mapping(messages[0]).get("id")) if messages else ""
        return Sent(wamid) if wamid else Unknown("accepted without an id")

    async def mark_read(self, message_id: str, typing: bool = True) -> bool:
        """Shows the blue ticks, and "typing…" until we answer. False: it did not work, no harm."""
        body = seen_body(message_id, typing)
        answered = await post_json(self._session, self._messages, body, self._headers)
        return isinstance(answered, tuple) and answered[0] == 200

    async def media_url(self, media_id: str) -> MediaAddress:
        """Where a file a person sent is. Raises MediaUnavailable, MediaUnreachable."""
        answer = await self._media_answer("GET", self._root / media_id, TIMEOUT)
        if not (url := text(answer.get("url"))):
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
        file = await fetch(self._session, at.url, limit, self._authorized)
        return replace(file, mime_type=at.mime_type or file.mime_type)

    async def upload(self, content: bytes, mime_type: str, filename: str) -> str:
        """Meta's id for a file of ours, good for 30 days.

        Raises MediaUnavailable when Meta does not take it, MediaUnreachable.
        """
        form = aiohttp.FormData({"messaging_product": "whatsapp", "type": mime_type})
        form.add_field("file", content, content_type=mime_type, filename=filename)
        answer = await self._media_answer("POST", self._uploads, UPLOAD_TIMEOUT, form)
        if not (media_id := text(answer.get("id"))):
            raise MediaUnavailable
        return media_id

    async def _media_answer(
        self,
        method: str,
        url: URL,
        within: aiohttp.ClientTimeout,
        form: aiohttp.FormData | None = None,
    ) -> dict[str, Any]:
        try:
            async with self._session.request(
                method, url, data=form, headers=self._authorized, timeout=within
            ) as response:
                refuse(response.status)
                return mapping(json_or_none(await response.read()))
        except (aiohttp.ClientError, TimeoutError):
            raise MediaUnreachable from None
