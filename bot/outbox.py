"""What goes out: one row a bubble, from the turn that said it to the read mark."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Enum, Index, Integer, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.columns import Columns
from bot.database.connections import Raw
from services.ground.tables import At, Base, Created, Id, Ref

REPLY, NOTICE, BULK = 0, 1, 2  # priorities: a campaign never delays an answer
"""BULK is what nobody asked for: it goes to nobody who said stop. News of something of their own
(an order, a booking) is a NOTICE, to however many it goes."""


class State(enum.StrEnum):
    """In the order a row may move: the database compares them, and never goes back."""

    WAITING = "waiting"
    SENDING = "sending"
    SKIPPED = "skipped"  # not sent; the reason says why
    UNKNOWN = "unknown"  # sent or not: its status will tell
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"


CERTAIN = frozenset({State.SKIPPED, State.SENT, State.FAILED})  # whatever else was tried
MAY_HAVE_ARRIVED = "an earlier try may have arrived"  # in the reason, where that is so
STATE = Enum(State, name="outbox_state", values_callable=lambda e: [m.value for m in e])


class OutboxRow(Base):
    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "channel_id",
            "priority",
            "id",
            postgresql_where=text("state = 'waiting' AND not_before IS NULL"),
        ),
        Index(
            "ix_outbox_not_before",
            "not_before",
            postgresql_where=text("state = 'waiting' AND not_before IS NOT NULL"),
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
    said_by: Mapped[Ref | None]  # the person whose words these are; nobody's: the bot's
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    priority: Mapped[int] = mapped_column(SmallInteger)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)  # a Reply, rendered late
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[State] = mapped_column(STATE, server_default="waiting")
    reason: Mapped[str | None] = mapped_column(String(500))  # of skipped and failed
    error_code: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    not_before: Mapped[At | None]  # out of line until then, when `due_again` takes it away
    outcome_lost_at: Mapped[At | None]  # a try was given up that nobody ever told the outcome of
    provider_id: Mapped[str | None] = mapped_column(String(512))
    pricing: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[Created]
    sent_at: Mapped[At | None]
    delivered_at: Mapped[At | None]
    read_at: Mapped[At | None]
    failed_at: Mapped[At | None]


class Draft(NamedTuple):
    """A bubble about to be put in line."""

    channel_id: int
    user_id: int
    inbox_id: int | None
    priority: int
    content: str  # Reply.json()
    language: str
    correlation_id: str | None = None
    said_by: int | None = None


DRAFTS = Columns(
    """INSERT INTO outbox (channel_id, user_id, inbox_id, priority, content, language,
                           correlation_id, said_by)
       SELECT channel_id, user_id, inbox_id, priority, content::jsonb, language,
              correlation_id, said_by
       FROM {rows} WITH ORDINALITY AS d(channel_id, user_id, inbox_id, priority, content, language,
                                        correlation_id, said_by, n)
       ORDER BY n""",
    ("bigint", "bigint", "bigint", "smallint", "text", "text", "text", "bigint"),
)
_ADD = f"WITH added AS ({DRAFTS.sql()}) SELECT pg_notify('outbox', '')"


async def add(db: Raw, drafts: Sequence[Draft]) -> None:
    """Put bubbles in line, in the order given."""
    await db.execute(_ADD, *DRAFTS.values(drafts))


async def has_answer(db: Raw, inbox_id: int) -> bool:
    """Whether anything was ever said in answer to this message, an apology too."""
    return bool(
        await db.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE inbox_id = $1)", inbox_id)
    )


async def due_again(db: Raw) -> int:
    """What was put off and whose time has come is in line again: a job. Answers how many."""
    rows = await db.fetch(
        """WITH due AS (
               SELECT id FROM outbox WHERE state = 'waiting' AND not_before <= now()
               ORDER BY id FOR UPDATE)
           UPDATE outbox o SET not_before = NULL FROM due WHERE o.id = due.id
           RETURNING (SELECT pg_notify('outbox', ''))"""
    )
    return len(rows)


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of one bubble at the provider; nothing, if it was not even `tried`."""

    id: int
    state: State
    provider_id: str | None = None
    reason: str | None = None
    error_code: int | None = None
    tried: bool = True


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
