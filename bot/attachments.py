"""Files that people sent and somebody wants: one row each, from wanted to stored or failed.

A step wants them, or the human agent a person is with. Nothing else is fetched: what nobody
asked for is answered and left where it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import PurePath

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from bot import inbox
from bot.database.connections import Raw
from bot.dialog.said import Attachment, Said
from bot.observe import correlation
from services.ground.files import FileCame, FileFailed, Files
from services.ground.tables import At, Base, Created, Id, Ref
from services.ground.transaction import Transaction

MOST_IN_A_MESSAGE = 10  # files of one album: the others are left where they are
LEASE = 180.0  # seconds a file may take; longer than any fetch
PAUSES = (5.0, 30.0, 120.0, 600.0, 3600.0)  # seconds before it is tried again
MOST_TRIES = len(PAUSES) + 1


class AttachmentRow(Base):
    """One file. What it says of itself is in `claimed_type`; what it is, in `mime_type`."""

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint("state IN ('wanted', 'stored', 'failed', 'erased')", name="state"),
        CheckConstraint("(state = 'stored') = (file_key IS NOT NULL)", name="stored"),
        CheckConstraint("(state = 'failed') = (reason IS NOT NULL)", name="failed"),
        Index("ix_attachments_wanted", "due_at", postgresql_where=text("state = 'wanted'")),
        Index("ix_attachments_inbox_id", "inbox_id"),
        Index("ix_attachments_stored", "done_at", postgresql_where=text("state = 'stored'")),
    )

    id: Mapped[Id]
    inbox_id: Mapped[Ref]  # the message that was answered, as in `outbox`
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    channel_id: Mapped[Ref] = mapped_column(ForeignKey("channels.id"))
    kind: Mapped[str] = mapped_column(String(16))
    media_id: Mapped[str] = mapped_column(Text)  # the provider's
    url: Mapped[str] = mapped_column(Text)  # where the provider says it without an id
    claimed_type: Mapped[str] = mapped_column(String(255))
    filename: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(8), server_default="wanted")
    reason: Mapped[str | None] = mapped_column(String(32))
    mime_type: Mapped[str | None] = mapped_column(String(128))
    size: Mapped[int | None] = mapped_column(Integer)  # bytes
    file_key: Mapped[str | None] = mapped_column(String(80))
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    due_at: Mapped[At] = mapped_column(server_default=text("now()"))
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[Created]
    done_at: Mapped[At | None]


async def want(tx: Transaction, said: Said, user_id: int, message: inbox.Waiting) -> Said:
    """Ask for the files of what was said, in the turn's transaction; each gets its id."""
    files = [
        replace(file, file_id=await _want(tx, file, user_id, message))
        for file in said.files[:MOST_IN_A_MESSAGE]
    ]
    await tx.execute(text("SELECT pg_notify('attachments', '')"))
    return replace(said, attachment=files[0], more=tuple(files[1:]))


async def _want(tx: Transaction, file: Attachment, user_id: int, message: inbox.Waiting) -> int:
    return int(
        await tx.scalar(
            text(
                """INSERT INTO attachments (inbox_id, user_id, channel_id, kind, media_id, url,
                                            claimed_type, filename, correlation_id)
                   VALUES (:inbox_id, :user_id, :channel_id, :kind, :media_id, :url, :claimed,
                           :filename, :correlation_id)
                   RETURNING id"""
            ).bindparams(
                inbox_id=message.id,
                user_id=user_id,
                channel_id=message.channel_id,
                kind=file.kind,
                media_id=file.media_id,
                url=file.url,
                claimed=file.mime_type[:255],
                filename=file.filename[:255],
                correlation_id=message.correlation_id,
            )
        )
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to be fetched, leased until it is settled or the lease runs out."""

    id: int
    user_id: int
    channel_id: int
    kind: str
    media_id: str
    url: str
    filename: str
    attempts: int  # this one too
    correlation_id: str | None

    @property
    def attachment(self) -> Attachment:
        return Attachment(self.kind, self.media_id, self.url, filename=self.filename)


async def claim(db: Raw, channels: Sequence[int], most: int) -> list[Wanted]:
    """Lease the files that are due on these numbers."""
    rows = await db.fetch(
        """UPDATE attachments SET attempts = attempts + 1,
                  due_at = now() + make_interval(secs => $3)
           WHERE id IN (SELECT id FROM attachments
                        WHERE state = 'wanted' AND due_at <= now()
                          AND channel_id = ANY($1::bigint[])
                        ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
           RETURNING id, user_id, channel_id, kind, media_id, url, filename, attempts,
                     correlation_id""",
        channels,
        most,
        LEASE,
    )
    return [Wanted(**row) for row in rows]


async def put_off(db: Raw, file: Wanted) -> bool:
    """Try again later; False when it has been tried often enough."""
    if file.attempts >= MOST_TRIES:
        return False
    await db.execute(
        """UPDATE attachments SET due_at = now() + make_interval(secs => $3)
           WHERE id = $1 AND state = 'wanted' AND attempts = $2""",
        file.id,
        file.attempts,
        PAUSES[file.attempts - 1],
    )
    return True


async def stored(tx: Transaction, file: Wanted, key: str, mime_type: str, size: int) -> None:
    """It is kept: told to the person's conversation, once."""
    settled = text(
        """UPDATE attachments SET state = 'stored', file_key = :key, mime_type = :mime_type,
                  size = :size, done_at = now()
           WHERE id = :id AND state = 'wanted' AND attempts = :attempts RETURNING id"""
    )
    values = {"key": key, "mime_type": mime_type, "size": size}
    fact = FileCame(
        user_id=file.user_id,
        file_id=file.id,
        kind=file.kind,
        file_key=key,
        name=named(file.filename, key),
    )
    await _settle(tx, settled.bindparams(id=file.id, attempts=file.attempts, **values), file, fact)


def named(filename: str, key: str) -> str:
    """What the person calls it, with the extension of what it is; "" when they do not say."""
    stem = PurePath(filename.replace("\\", "/")).stem
    return stem and f"{stem[:100]}.{key.rpartition('.')[2]}"


async def failed(tx: Transaction, file: Wanted, why: str) -> None:
    """It will not come: told to the person's conversation, once."""
    settled = text(
        """UPDATE attachments SET state = 'failed', reason = :why, done_at = now()
           WHERE id = :id AND state = 'wanted' AND attempts = :attempts RETURNING id"""
    )
    fact = FileFailed(user_id=file.user_id, file_id=file.id, kind=file.kind, why=why)
    await _settle(tx, settled.bindparams(id=file.id, attempts=file.attempts, why=why), file, fact)


async def erase(db: Raw, files: Files, after: timedelta, keep: Sequence[str] = ()) -> int:
    """Files that are older are erased, but for the keys that are shown somewhere: a job. That
    there was one stays; answers how many."""
    before = await db.fetchval("SELECT now() - $1::interval", after)
    await files.erase_before(before, keep)
    rows = await db.fetch(
        """UPDATE attachments SET state = 'erased', file_key = NULL, url = ''
           WHERE state = 'stored' AND done_at < $1 AND file_key <> ALL($2::text[])
           RETURNING id""",
        before,
        keep,
    )
    return len(rows)


async def _settle(
    tx: Transaction, statement: object, file: Wanted, fact: FileCame | FileFailed
) -> None:
    if (await tx.scalar(statement)) is None:  # type: ignore[arg-type]
        return  # somebody else's lease by now
    correlation.bind(file.correlation_id)
    await inbox.announce(tx, [fact])
