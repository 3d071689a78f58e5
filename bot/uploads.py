"""Our own files at a provider: uploaded once, then sent by the provider's id for them.

A file is known by its content, so that the same picture under two names is uploaded once, and
a changed one anew. The provider keeps it for some weeks; when it has lost it earlier, and says so
to a send, it is uploaded again.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.channels.errors import Action, Failure
from bot.channels.media import UPLOADED, MediaUnavailable, MediaUnreachable
from bot.channels.outcome import Failed, Outcome
from bot.database.connections import Database
from bot.dialog.reply import Media, Reply
from services.ground.tables import At, Base, Ref

_LOST = frozenset((100, 131009, 131052, 131053))  # codes of a send whose file is not there


class UploadRow(Base):
    __tablename__ = "uploads"

    channel_id: Mapped[Ref] = mapped_column(
        ForeignKey("channels.id"), primary_key=True, autoincrement=False
    )
    content_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # SHA-256
    media_id: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[At]


class Uploader(Protocol):
    """A provider that takes files, and how long it keeps them."""

    @property
    def kept(self) -> timedelta: ...

    async def upload(self, content: bytes, mime_type: str, filename: str) -> str:
        """Its id or address for the file. Raises MediaUnavailable, MediaUnreachable."""


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file of ours, by the path it has under our public address."""

    path: Path
    mime_type: str


Find = Callable[[str], OwnFile | None]
"""The file behind a path like "/pictures/demo/tea.jpg"; None when it is none of ours."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A file that the provider has, and whether it had it before this send."""

    content_hash: bytes
    media_id: str
    before: bool


@dataclass(frozen=True)
class Uploads:
    """The files of one number. `find` knows which paths are ours."""

    database: Database
    channel_id: int
    uploader: Uploader
    find: Find

    def has_files(self, reply: Reply) -> bool:
        return any(media.url.startswith("/") for media in _files(reply))

    async def send(self, reply: Reply, send: Callable[[Reply], Awaitable[Outcome]]) -> Outcome:
        """Send it with the provider's ids in the place of our files; once more with fresh ones
        where it has lost them."""
        try:
            ready, known = await self._ready(reply)
            outcome = await send(ready)
            old = [one.content_hash for one in known if one.before]
            if not old or not _is_lost(outcome):
                return outcome
            await self._forget(old)
            ready, _ = await self._ready(reply)
            return await send(ready)
        except MediaUnreachable:
            return Failed(Failure(Action.RETRY, text="the file could not be uploaded just now"))
        except MediaUnavailable:
            return Failed(Failure(Action.BUG, text="the provider does not take the file"))

    async def _ready(self, reply: Reply) -> tuple[Reply, list[_Known]]:
        known: list[_Known] = []
        image = await self._at_provider(reply.image, known)
        document = await self._at_provider(reply.document, known)
        return replace(reply, image=image, document=document), known

    async def _at_provider(self, media: Media | None, known: list[_Known]) -> Media | None:
        file = self.find(media.url) if media and media.url.startswith("/") else None
        if media is None or file is None:
            return media  # by its address
        known.append(one := await self._known(file))
        return replace(media, url=UPLOADED + one.media_id)

    async def _known(self, file: OwnFile) -> _Known:
        content = await asyncio.to_thread(file.path.read_bytes)
        content_hash = hashlib.sha256(content).digest()
        media_id = await self.database.pool.fetchval(
            """SELECT media_id FROM uploads
               WHERE channel_id = $1 AND content_hash = $2 AND expires_at > now()""",
            self.channel_id,
            content_hash,
        )
        if media_id is not None:
            return _Known(content_hash, media_id, before=True)
        media_id = await self.uploader.upload(content, file.mime_type, file.path.name)
        await self.database.pool.execute(
            """INSERT INTO uploads (channel_id, content_hash, media_id, expires_at)
               VALUES ($1, $2, $3, now() + $4::interval)
               ON CONFLICT (channel_id, content_hash) DO UPDATE
               SET media_id = excluded.media_id, expires_at = excluded.expires_at""",
            self.channel_id,
            content_hash,
            media_id,
            self.uploader.kept,
        )
        return _Known(content_hash, media_id, before=False)

    async def _forget(self, hashes: list[bytes]) -> None:
        await self.database.pool.execute(
            "DELETE FROM uploads WHERE channel_id = $1 AND content_hash = ANY($2::bytea[])",
            self.channel_id,
            hashes,
        )


def _files(reply: Reply) -> list[Media]:
    return [media for media in (reply.image, reply.document) if media is not None]


def _is_lost(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and outcome.failure.code in _LOST
