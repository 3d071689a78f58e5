"""What goes out: one row a bubble, from the turn that said it to the read mark."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Enum, Index, Integer, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.connections import Raw
from services.ground.tables import At, Base, Created, Id, Ref

REPLY, NOTICE, BULK = 0, 1, 2  # priorities: a campaign never delays an answer


class State(enum.StrEnum):
    """In the order a row may move: the database compares them, and never goes back."""

    WAITING = "waiting"
    SENDING = "sending"
    SKIPPED = "skipped"  # never sent; the reason says why
    UNKNOWN = "unknown"  # sent or not: its status will tell
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"


STATE = Enum(State, name="outbox_state", values_callable=lambda e: [m.value for m in e])


class OutboxRow(Base):
    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "channel_id",
            "priority",
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_outbox_open_user_id",
            "user_id",
            "channel_id",
            postgresql_where=text("state IN ('waiting', 'sending', 'unknown')"),
        ),
        Index("ix_outbox_provider_id", "provider_id"),
        Index("ix_outbox_inbox_id", "inbox_id"),
        {"postgresql_with": {"fillfactor": "85"}},
    )

    id: Mapped[Id]
    channel_id: Mapped[Ref]  # no foreign keys, as in the inbox
    user_id: Mapped[Ref]
    inbox_id: Mapped[Ref | None]  # the message or fact this answers
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    priority: Mapped[int] = mapped_column(SmallInteger)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)  # a Reply, rendered late
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[State] = mapped_column(STATE, server_default="waiting")
    reason: Mapped[str | None] = mapped_column(String(500))  # of skipped and failed
    error_code: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    provider_id: Mapped[str | None] = mapped_column(String(512))
    pricing: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[Created]
    sent_at: Mapped[At | None]
    delivered_at: Mapped[At | None]
    read_at: Mapped[At | None]
    failed_at: Mapped[At | None]


@dataclass(frozen=True, slots=True)
class Draft:
    """A bubble about to be put in line."""

    channel_id: int
    user_id: int
    inbox_id: int | None
    priority: int
    content: bytes  # Reply.json()
    language: str
    correlation_id: str | None = None


async def add(db: Raw, drafts: Sequence[Draft]) -> None:
    """Put bubbles in line, in the order given."""
    await db.execute(
        """WITH added AS (
           INSERT INTO outbox (channel_id, user_id, inbox_id, priority, content, language,
                               correlation_id)
           SELECT channel_id, user_id, inbox_id, priority, content::jsonb, language, correlation_id
           FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::text[],
                       $6::text[], $7::text[])
                WITH ORDINALITY AS d(channel_id, user_id, inbox_id, priority, content, language,
                                     correlation_id, n)
           ORDER BY n) SELECT pg_notify('outbox', '')""",
        [d.channel_id for d in drafts],
        [d.user_id for d in drafts],
        [d.inbox_id for d in drafts],
        [d.priority for d in drafts],
        [d.content.decode() for d in drafts],
        [d.language for d in drafts],
        [d.correlation_id for d in drafts],
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One bubble in a leased lane."""

    id: int
    user_id: int
    inbox_id: int | None
    content: str
    language: str
    attempts: int
    created_at: datetime
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """Everything that waits for one person on one number, and how to reach them."""

    user_id: int
    address_kind: str
    address: str
    talked_at: datetime | None  # None: they last wrote to another number, or never
    last_message_id: str | None
    pace_at: datetime
    lines: list[Line]


_LEASE = """
    WITH number AS MATERIALIZED (
        SELECT rate, floor(least(1, 1 + extract(epoch FROM now() - next_send_at)) * rate)::bigint
               AS allowed
        FROM channels WHERE id = $1 FOR UPDATE),
    head AS (
        SELECT o.user_id, min(o.priority) AS priority, min(o.id) AS first
        FROM (SELECT w.user_id, w.priority, w.id FROM outbox w
              JOIN recipients r ON r.user_id = w.user_id AND r.channel_id = w.channel_id
              WHERE w.state = 'waiting' AND w.channel_id = $1 AND r.closed_until <= now()
              ORDER BY w.priority, w.id
              LIMIT (SELECT greatest(0, least($4, allowed)) FROM number)) AS o
        GROUP BY o.user_id),
    mine AS (
        SELECT r.user_id FROM head JOIN recipients r ON r.user_id = head.user_id
        WHERE r.channel_id = $1 AND r.closed_until <= now()
        ORDER BY head.priority, head.first LIMIT $5
        FOR UPDATE OF r SKIP LOCKED),
    leased AS (
        UPDATE recipients AS r
        SET lease = $2::uuid, closed_until = now() + make_interval(secs => $3)
        FROM mine LEFT JOIN sessions s ON s.user_id = mine.user_id AND s.channel_id = $1
        WHERE r.user_id = mine.user_id AND r.channel_id = $1
        RETURNING r.user_id, r.address_kind, r.address, s.talked_at, s.last_message_id, r.pace_at),
    picked AS (
        UPDATE outbox AS o SET state = 'sending', attempts = attempts + 1
        FROM (SELECT w.id FROM outbox w JOIN leased ON leased.user_id = w.user_id
              WHERE w.channel_id = $1 AND w.state = 'waiting' ORDER BY w.priority = 2, w.id
              LIMIT (SELECT least($4, allowed) FROM number)) AS p
        WHERE o.id = p.id AND o.state = 'waiting'
        RETURNING o.id, o.user_id, o.inbox_id, o.content::text, o.language, o.attempts,
                  o.created_at, o.correlation_id, o.priority),
    paid AS (
        UPDATE channels
        SET next_send_at = greatest(next_send_at, now() - interval '1 second')
            + make_interval(secs => (SELECT count(*) FROM picked) / rate::float8)
        WHERE id = $1 AND EXISTS (SELECT FROM picked))
    SELECT number.rate, number.allowed, l.user_id AS lane, l.address_kind, l.address, l.talked_at,
           l.last_message_id, l.pace_at, p.*
    FROM number LEFT JOIN leased l ON true LEFT JOIN picked p ON p.user_id = l.user_id
    ORDER BY p.priority = 2, p.id"""


async def lease(
    db: Raw, channel_id: int, lease_id: str, seconds: float, people: int, most: int
) -> tuple[list[Lane], float]:
    """Lease lanes of those who wait longest, highest priority first: up to `people` of them,
    `most` bubbles in all, within the number's rate (a generic cell rate with a second's burst,
    kept as a clock in the number's row). One person's bubbles keep the order they were said
    in; only bulk waits for the rest. One statement: it is on the way of every message.

    Answers the lanes, and how many seconds to wait where the rate is used up.
    """
    rows = await db.fetch(_LEASE, channel_id, lease_id, seconds, most, people)
    if rows[0]["allowed"] <= 0:
        return [], 1 / rows[0]["rate"]
    lanes: dict[int, Lane] = {}
    for row in rows:
        if (user_id := row["lane"]) is None:
            continue
        lane = lanes.get(user_id)
        if lane is None:
            lanes[user_id] = lane = Lane(
                user_id, row["address_kind"], row["address"], row["talked_at"],
                row["last_message_id"], row["pace_at"], [],
            )  # fmt: skip
        if row["id"] is not None:
            lane.lines.append(
                Line(
                    row["id"], user_id, row["inbox_id"], row["content"], row["language"],
                    row["attempts"], row["created_at"], row["correlation_id"],
                )
            )  # fmt: skip
    return list(lanes.values()), 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of one bubble at the provider."""

    id: int
    state: State
    provider_id: str | None = None
    reason: str | None = None
    error_code: int | None = None


async def lock(db: Raw, ids: Sequence[int]) -> list[tuple[int, int]]:
    """Lock rows in the order of their ids, so that marks and statuses never wait in a circle.

    Answers the lanes, as (number, person), that rows among them hold up by being unknown.
    """
    rows = await db.fetch(
        """SELECT channel_id, user_id, state FROM outbox WHERE id = ANY($1::bigint[])
           ORDER BY id FOR UPDATE""",
        ids,
    )
    return [(r["channel_id"], r["user_id"]) for r in rows if r["state"] == State.UNKNOWN]


async def open_lanes(db: Raw, lanes: Sequence[tuple[int, int]]) -> None:
    """What held these lanes up is settled: the next bubble may go."""
    await db.execute(
        """UPDATE recipients AS r SET closed_until = now()
           FROM unnest($1::bigint[], $2::bigint[]) AS l(channel_id, user_id)
           WHERE r.channel_id = l.channel_id AND r.user_id = l.user_id AND r.lease IS NULL""",
        [channel_id for channel_id, _ in lanes],
        [user_id for _, user_id in lanes],
    )
    await db.execute("SELECT pg_notify('outbox', '')")


@dataclass(frozen=True, slots=True)
class Opening:
    """A lane that is given back: for how long it stays closed, and its pace clock."""

    user_id: int
    closed: float  # seconds
    pace_at: datetime


async def write_down(
    db: Raw, channel_id: int, lease_id: str, marks: Sequence[Mark], lanes: Sequence[Opening]
) -> bool:
    """Outcomes and lanes in one statement; a status that was quicker is not overwritten.

    Rows are locked in the order of their ids, so that marks and statuses never wait in a
    circle. A send of unknown outcome that its status has settled by now closes no lane.
    Answers whether statuses are parked that came before we knew these provider's ids.
    """
    return bool(
        await db.fetchval(
            """WITH locked AS MATERIALIZED (
               SELECT id, state FROM outbox WHERE id = ANY($3::bigint[]) ORDER BY id FOR UPDATE),
           marked AS (
               UPDATE outbox AS o
               SET state = CASE WHEN m.state = 'waiting' AND o.state = 'sending' THEN m.state
                                ELSE greatest(o.state, m.state) END,
                   provider_id = coalesce(m.provider_id, o.provider_id),
                   reason = m.reason, error_code = m.error_code,
                   sent_at = CASE WHEN m.state = 'sent' THEN coalesce(o.sent_at, now())
                                  ELSE o.sent_at END,
                   failed_at = CASE WHEN m.state = 'failed' THEN now() ELSE o.failed_at END
               FROM unnest($3::bigint[], $4::outbox_state[], $5::text[], $6::text[], $7::int[])
                    AS m(id, state, provider_id, reason, error_code)
               JOIN locked ON locked.id = m.id
               WHERE o.id = m.id
               RETURNING o.user_id, m.state AS told, o.state AS state),
           settled AS (
               SELECT user_id FROM marked WHERE told = 'unknown'
               GROUP BY user_id HAVING bool_and(state > 'unknown')),
           opened AS (
           UPDATE recipients AS r SET lease = NULL, pace_at = l.pace_at,
                  closed_until = now() + make_interval(secs =>
                      CASE WHEN settled.user_id IS NULL THEN l.closed ELSE 0 END)
           FROM unnest($8::bigint[], $9::float8[], $10::timestamptz[])
                AS l(user_id, closed, pace_at) LEFT JOIN settled ON settled.user_id = l.user_id
           WHERE r.user_id = l.user_id AND r.channel_id = $1 AND r.lease = $2::uuid)
           SELECT EXISTS (SELECT FROM parked_statuses WHERE provider_id = ANY($5::text[]))""",
            channel_id,
            lease_id,
            [m.id for m in marks],
            [m.state.value for m in marks],
            [m.provider_id for m in marks],
            [m.reason for m in marks],
            [m.error_code for m in marks],
            [lane.user_id for lane in lanes],
            [lane.closed for lane in lanes],
            [lane.pace_at for lane in lanes],
        )
    )


async def settle_unknown(db: Raw, seconds: float) -> tuple[int, int]:
    """Rows a dead sender left behind become unknown; unknown ones that no status settled
    in `seconds` go back in line. Answers (newly unknown, back in line)."""
    lost = await db.fetch(
        """UPDATE outbox AS o SET state = 'unknown', reason = 'the sender died'
           FROM recipients r
           WHERE o.state = 'sending' AND r.channel_id = o.channel_id AND r.user_id = o.user_id
             AND r.closed_until <= now()
           RETURNING o.user_id, o.channel_id"""
    )
    if lost:
        await db.execute(
            """UPDATE recipients AS r SET lease = NULL,
                      closed_until = now() + make_interval(secs => $3)
               FROM unnest($1::bigint[], $2::bigint[]) AS l(user_id, channel_id)
               WHERE r.user_id = l.user_id AND r.channel_id = l.channel_id""",
            [row["user_id"] for row in lost],
            [row["channel_id"] for row in lost],
            seconds,
        )
    again = await db.fetch(
        """UPDATE outbox AS o SET state = 'waiting' FROM recipients r
           WHERE o.state = 'unknown' AND r.channel_id = o.channel_id AND r.user_id = o.user_id
             AND r.closed_until <= now()
           RETURNING o.id"""
    )
    return len(lost), len(again)
