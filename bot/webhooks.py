"""Webhook requests as they came: kept before they are understood, gone once they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.connections import Raw
from services.ground.tables import Base, Created, Id

TAKING = 0x_1A7E  # the advisory lock of whoever takes webhooks apart: one, so that order stays


class WebhookRow(Base):
    """One POST of a provider, verified."""

    __tablename__ = "webhooks"
    __table_args__ = (
        Index("ix_webhooks_failed", "id", postgresql_where=text("failed IS NOT NULL")),
    )

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(String(16))  # cloud, greenapi
    body: Mapped[bytes] = mapped_column(LargeBinary)
    correlation_id: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[Created]
    failed: Mapped[str | None] = mapped_column(String(200))  # the error that stopped it here


class Webhook(NamedTuple):
    id: int
    source: str
    body: bytes
    correlation_id: str
    received_at: datetime


async def store(db: Raw, posts: Sequence[tuple[str, bytes, str]]) -> None:
    """(source, body, correlation id) each, in this order; on disk when it returns."""
    sources, bodies, ids = zip(*posts, strict=True)
    await db.execute(
        """WITH stored AS (
               INSERT INTO webhooks (source, body, correlation_id)
               SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[]))
           SELECT pg_notify('webhooks', '')""",
        sources,
        bodies,
        ids,
    )


async def take(db: Raw, most: int) -> list[Webhook]:
    """The oldest, out of the table and in their order; none while another process is at it.

    The caller's transaction need not wait for the disk: if it is lost, so is the taking, and
    what later transactions build on it can only be on disk after it.
    """
    rows = await db.fetch(
        """WITH alone AS MATERIALIZED (
               SELECT pg_try_advisory_xact_lock($1) AS granted,
                      set_config('synchronous_commit', 'off', true)),
           oldest AS (
               SELECT id FROM webhooks WHERE failed IS NULL AND (SELECT granted FROM alone)
               ORDER BY id LIMIT $2)
           DELETE FROM webhooks AS w USING oldest WHERE w.id = oldest.id
           RETURNING w.id, w.source, w.body, w.correlation_id, w.received_at""",
        TAKING,
        most,
    )
    return sorted(Webhook(*row) for row in rows)


async def set_aside(db: Raw, id_: int, error: str) -> None:
    """It cannot be taken apart by this release: kept, and out of the others' way."""
    await db.execute("UPDATE webhooks SET failed = $2 WHERE id = $1", id_, error[:200])


class SetAside(NamedTuple):
    id: int
    source: str
    received_at: datetime
    failed: str


async def set_aside_rows(db: Raw) -> list[SetAside]:
    rows = await db.fetch(
        """SELECT id, source, received_at, failed FROM webhooks
           WHERE failed IS NOT NULL ORDER BY id"""
    )
    return [SetAside(*row) for row in rows]


async def again(db: Raw) -> int:
    """Try what was set aside once more; answers how many."""
    rows = await db.fetch(
        """WITH back AS (UPDATE webhooks SET failed = NULL WHERE failed IS NOT NULL RETURNING id)
           SELECT id, pg_notify('webhooks', '') FROM back"""
    )
    return len(rows)


async def drop(db: Raw, ids: Sequence[int]) -> list[int]:
    """Give up what was set aside, for good; answers which it was."""
    rows = await db.fetch(
        """DELETE FROM webhooks WHERE id = ANY($1::bigint[]) AND failed IS NOT NULL
           RETURNING id""",
        ids,
    )
    return [row["id"] for row in rows]


class Stored(NamedTuple):
    """A request that is still here; its body is not looked at."""

    id: int
    source: str
    correlation_id: str
    received_at: datetime
    failed: str | None
    size: int  # bytes


async def of_correlation(db: Raw, correlation_id: str) -> list[Stored]:
    rows = await db.fetch(
        """SELECT id, source, correlation_id, received_at, failed, octet_length(body) AS size
           FROM webhooks WHERE correlation_id = $1 ORDER BY id""",
        correlation_id,
    )
    return [Stored(*row) for row in rows]
