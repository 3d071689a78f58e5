"""Photos, documents and voice notes: uploaded by either side, kept beside the journal, lent out
by link for five minutes.
"""

import hashlib
import hmac
import time
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.simulator.graph_error import GraphError
from bot.simulator.journal import Journal
from bot.simulator.shapes import Object, text, whole

LINK_SECONDS: Final = 300
MEGABYTE: Final = 1024 * 1024

# Kind by the start of the mime type: the size the Cloud API takes (see providers.md B).
SIZES: Final[dict[str, int]] = {
    "image/webp": 500 * 1024,
    "image/": 5 * MEGABYTE,
    "audio/": 16 * MEGABYTE,
    "video/": 16 * MEGABYTE,
    "": 100 * MEGABYTE,
}
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
ACCEPTED: Final = (
    *("audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg"),
    *("image/jpeg", "image/png", "image/webp", "video/3gpp", "video/mp4"),
    *("text/plain", "application/pdf", "application/msword"),
    *("application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
    f"{_OFFICE}.wordprocessingml.document",
    f"{_OFFICE}.presentationml.presentation",
    f"{_OFFICE}.spreadsheetml.sheet",
)


@dataclass(frozen=True)
class Media:
    """One file; `sha256` is base64 as webhooks carry it."""

    id: str
    mime_type: str
    sha256: str
    size: int
    filename: str | None

    def record(self) -> Object:
        return {
            "t": "media",
            "id": self.id,
            "mime_type": self.mime_type,
            "sha256": self.sha256,
            "size": self.size,
            "filename": self.filename,
        }


class MediaShelf:
    """All files, in memory or, with a journal on disk, in a folder beside it."""

    def __init__(self, journal: Journal, secret: str) -> None:
        self._journal = journal
        self._secret = secret.encode()
        self._media: dict[str, Media] = {}
        self._bytes: dict[str, bytes] = {}
        self._folder: Path | None = journal.path.with_suffix(".media") if journal.path else None

    def put(self, content: bytes, mime_type: str, filename: str | None = None) -> Media:
        """Keep a file from either side and give it an id."""
        sha = hashlib.sha256(content)
        number = int.from_bytes(
            hashlib.sha256(sha.digest() + str(time.time_ns()).encode()).digest()[:7]
        )
        media = Media(
            str(number), mime_type, b64encode(sha.digest()).decode(), len(content), filename
        )
        self._media[media.id] = media
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / media.id).write_bytes(content)
        else:
            self._bytes[media.id] = content
        self._journal.append(media.record())
        return media

    def restore(self, record: Object) -> None:
        """Take one journal record of a file."""
        media_id = text(record["id"])
        self._media[media_id] = Media(
            media_id,
            text(record["mime_type"]),
            text(record["sha256"]),
            whole(record["size"]),
            text(record["filename"]) or None,
        )

    def records(self) -> list[Object]:
        return [media.record() for media in self._media.values()]

    def find(self, media_id: str) -> Media | None:
        return self._media.get(media_id)

    def content(self, media_id: str) -> bytes:
        """The bytes; raises GraphError 131052 when they are gone."""
        try:
            return (self._folder / media_id).read_bytes() if self._folder else self._bytes[media_id]
        except (OSError, KeyError) as none:
            raise GraphError(131052) from none

    def remove(self, media_id: str) -> None:
        self._media.pop(media_id, None)
        self._bytes.pop(media_id, None)
        if self._folder:
            (self._folder / media_id).unlink(missing_ok=True)

    def loan(self, media_id: str) -> str:
        """The query of a link that works for five minutes."""
        until = int(time.time()) + LINK_SECONDS
        return f"ext={until}&hash={self._sign(media_id, until)}"

    def on_loan(self, media_id: str, until: str, signature: str) -> bool:
        """Whether such a link was ours and still works."""
        if not until.isdecimal() or int(until) < time.time():
            return False
        return hmac.compare_digest(signature, self._sign(media_id, int(until)))

    def _sign(self, media_id: str, until: int) -> str:
        signed = hmac.new(self._secret, f"{media_id}:{until}".encode(), hashlib.sha256)
        return signed.hexdigest()[:32]


def check_upload(mime_type: str, size: int) -> None:
    """Refuse a file that the Cloud API would refuse; raises GraphError."""
    plain = mime_type.partition(";")[0].strip()
    if plain not in ACCEPTED:
        words = (
            f"Param file must be a file with one of the following types: {', '.join(ACCEPTED)}. "
        )
        raise GraphError(100, words + f"Received file of type '{plain}'.")
    limit = next(limit for start, limit in SIZES.items() if plain.startswith(start))
    if size > limit:
        raise GraphError(131053, f"File size exceeds the limit of {limit} bytes for {plain}.")
    if size == 0:
        raise GraphError(100, "Param file must not be empty.")
