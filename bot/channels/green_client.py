"""Green API over HTTP. The token is in the address, so no address ever leaves this file."""

from datetime import timedelta
from typing import Any

import aiohttp
from yarl import URL

from bot.channels.errors import classify_green
from bot.channels.green_out import GreenCall
from bot.channels.media import (
    UPLOAD_TIMEOUT,
    Download,
    MediaUnavailable,
    MediaUnreachable,
    fetch,
    refuse,
)
from bot.channels.outcome import Failed, Outcome, Sent, Unknown
from bot.channels.posting import json_or_none, post_json
from bot.channels.shapes import mapping, text

_JSON = {"Content-Type": "application/json"}
_TYPING = 5_000  # milliseconds


class GreenClient:
    """One instance. `url` and `media_url` are the apiUrl and mediaUrl its console shows."""

    kept = timedelta(days=14)  # of the 15 for which it keeps what we upload (its page UploadFile)

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        instance: str,
        token: str,
        media_url: str = "",
    ) -> None:
        self._session = session
        self._root = URL(f"{url.rstrip('/')}/waInstance{instance}")
        self._shelf = URL(f"{(media_url or url).rstrip('/')}/waInstance{instance}")
        self._token = token

    async def send(self, call: GreenCall) -> Outcome:
        """Queues one message; its statuses tell what became of it. No idempotency key."""
        answered = await self._call(call.method, call.body)
        if isinstance(answered, Failed | Unknown):
            return answered
        http_status, raw = answered
        answer = json_or_none(raw)
        if http_status != 200:
            words = answer if answer is not None else raw.decode("utf-8", "replace")
            return Failed(classify_green(http_status, words))
        message = text(mapping(answer).get("idMessage"))
        return Sent(message) if message else Unknown("accepted without an id")

    async def seen(self, chat_id: str, message_id: str, typing: bool = True) -> bool:
        """Marks a message read and shows "typing…". False: it did not work, no harm."""
        answered = await self._call("readChat", {"chatId": chat_id, "idMessage": message_id})
        if typing:
            await self._call("sendTyping", {"chatId": chat_id, "typingTime": _TYPING})
        return isinstance(answered, tuple) and answered[0] == 200

    async def download(self, url: str, limit: int) -> Download:
        """A file a person sent, of at most `limit` bytes.

        Raises MediaTooLarge, MediaUnavailable, MediaUnreachable.
        """
        return await fetch(self._session, url, limit)

    async def upload(self, content: bytes, mime_type: str, filename: str) -> str:
        """The address of a file of ours on Green API's own shelf, good for 15 days.

        Raises MediaUnavailable when it does not take it, MediaUnreachable.
        """
        address = self._shelf / "uploadFile" / self._token
        headers = {"Content-Type": mime_type}
        try:
            async with self._session.post(
                address, data=content, headers=headers, timeout=UPLOAD_TIMEOUT
            ) as response:
                refuse(response.status)
                answer = mapping(json_or_none(await response.read()))
        except (aiohttp.ClientError, TimeoutError):
            raise MediaUnreachable from None
        if not (url := text(answer.get("urlFile"))):
            raise MediaUnavailable
        return url

    async def _call(
        self, method: str, body: dict[str, Any]
    ) -> tuple[int, bytes] | Failed | Unknown:
        return await post_json(self._session, self._root / method / self._token, body, _JSON)
