"""The files of a story: what a phone sent, as it can be fetched, and a drawer to keep it in."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from bot.channels.media import Download, MediaTooLarge, MediaUnavailable
from bot.dialog.said import Attachment
from services.ground.files import NoSuchFile

_CONTENTS = {
    "image": b"\xff\xd8\xff\xe0 a picture",
    "document": b"%PDF-1.7 a document",
}


class Lens:
    """In the place of the provider: every file is there, but for those named otherwise."""

    async def fetch(self, attachment: Attachment, limit: int) -> Download:
        name = attachment.media_id.removeprefix("media-")
        if name == "gone.jpg":
            raise MediaUnavailable
        if name == "huge.jpg":
            raise MediaTooLarge
        content = _CONTENTS[attachment.kind] + name.encode()
        return Download(b"MZ\x90\0 a program" if name.endswith(".exe") else content, "x/x")


class Drawer:
    """The files port in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    async def put(self, content: bytes, extension: str) -> str:
        key = f"{hashlib.sha256(content).hexdigest()}.{extension}"
        self._kept[key] = content
        return key

    async def erase_before(self, moment: datetime, keep: Collection[str] = ()) -> None:
        """Nothing in it is as new as that."""
        self._kept = {key: content for key, content in self._kept.items() if key in keep}

    async def get(self, key: str) -> bytes:
        try:
            return self._kept[key]
        except KeyError:
            raise NoSuchFile(key) from None
