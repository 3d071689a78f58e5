"""Recorded turns as they are kept: for some days and so many bytes, and no longer than the person.

They hold what people wrote and read; nothing prints that unless it is asked to.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.columns import Columns
from bot.database.connections import Raw
from bot.replay.recording import step_of
from services.ground.tables import Base, Created, Ref

PAUSE = 3600.0  # seconds of silence after which a person's next turn begins a conversation


class RecordingRow(Base):
    """One recorded turn; `body` is what bot.replay.recording packs."""

    __tablename__ = "recordings"
    __table_args__ = (Index("ix_recordings_user_id", "user_id"),)

    inbox_id: Mapped[Ref] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    recorded_at: Mapped[Created]
    step_before: Mapped[str | None] = mapped_column(String(64))
    step_after: Mapped[str | None] = mapped_column(String(64))  # None: the turn failed
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Kept(NamedTuple):
    """A row to be written."""

    inbox_id: int
    user_id: int
    step_before: str | None
    step_after: str | None
    body: bytes

    @classmethod
    def of(
        cls,
        inbox_id: int,
        user_id: int,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        body: bytes,
    ) -> "Kept":
        return cls(inbox_id, user_id, step_of(before), step_of(after), body)


KEPT = Columns(  # a later try of a failed turn takes the place of the one before
    """INSERT INTO recordings (inbox_id, user_id, step_before, step_after, body)
       SELECT * FROM {rows}
       ON CONFLICT (inbox_id) DO UPDATE
       SET recorded_at = excluded.recorded_at, step_before = excluded.step_before,
           step_after = excluded.step_after, body = excluded.body""",
    ("bigint", "bigint", "text", "text", "bytea"),
)


async def forget(db: Raw, days: float, megabytes: int) -> int:
    """Delete what is older than `days`, then the oldest beyond `megabytes`; answers how many."""
    rows = await db.fetch(
        """DELETE FROM recordings WHERE recorded_at < now() - make_interval(secs => $1 * 86400)
           OR inbox_id IN (
               SELECT inbox_id FROM (
                   SELECT inbox_id, sum(octet_length(body)) OVER (ORDER BY inbox_id DESC) AS total
                   FROM recordings) AS counted
               WHERE total > $2::bigint * 1000000)
           RETURNING inbox_id""",
        float(days),
        megabytes,
    )
    return len(rows)


class Found(NamedTuple):
    """A recorded turn, as it was kept."""

    inbox_id: int
    user_id: int
    step_before: str | None
    body: bytes


_FOUND = "SELECT r.inbox_id, r.user_id, r.step_before, r.body FROM recordings r"


async def find(db: Raw, ids: Sequence[int]) -> dict[int, Found]:
    rows = await db.fetch(f"{_FOUND} WHERE r.inbox_id = ANY($1::bigint[])", ids)
    return {row["inbox_id"]: Found(*row) for row in rows}


async def last_conversations(db: Raw, most: int, service: str | None) -> list[list[int]]:
    """The inbox ids of the newest conversations' turns, each in its order; the oldest
    conversation first. With a service: those that came by it, and of them its turns alone."""
    rows = await db.fetch(
        """WITH turn AS (
               SELECT inbox_id, user_id, recorded_at, step_before, step_after,
                      recorded_at - lag(recorded_at) OVER person > make_interval(secs => $1)
                          AS begins
               FROM recordings WINDOW person AS (PARTITION BY user_id ORDER BY inbox_id)),
           told AS (
               SELECT *, count(*) FILTER (WHERE begins)
                             OVER (PARTITION BY user_id ORDER BY inbox_id) AS nth FROM turn),
           conversation AS (
               SELECT max(inbox_id) AS last, array_agg(inbox_id ORDER BY inbox_id) AS turns
               FROM told
               WHERE $2::text IS NULL OR $2 IN (split_part(step_before, '.', 1),
                                                split_part(step_after, '.', 1))
               GROUP BY user_id, nth ORDER BY last DESC LIMIT $3)
           SELECT turns FROM conversation ORDER BY last""",
        PAUSE,
        service,
        most,
    )
    return [row["turns"] for row in rows]
