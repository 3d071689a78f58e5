"""What is to happen later: a fact with a time, announced once when the time has come."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot import inbox
from bot.database.connections import Raw
from bot.observe.metrics import TIMERS_FIRED
from services.ground.facts import Fact
from services.ground.tables import At, Base, Created, Id, Ref
from services.ground.transaction import Transaction

MOST_AT_ONCE = 500


class TimerRow(Base):
    __tablename__ = "timers"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(512), unique=True)  # the fact's: scheduled once
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    due_at: Mapped[At] = mapped_column(index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[Created]


async def schedule(tx: Transaction, fact: Fact, at: datetime) -> None:
    """Announce `fact` at `at`; scheduling it again moves it."""
    await tx.execute(
        text(
            """INSERT INTO timers (key, user_id, due_at, payload)
               VALUES (:key, :user_id, :at, CAST(:payload AS jsonb))
               ON CONFLICT (key) DO UPDATE
               SET due_at = excluded.due_at, payload = excluded.payload"""
        ),
        {
            "key": inbox.named(fact),
            "user_id": fact.user_id,
            "at": at,
            "payload": inbox.stored(fact),
        },
    )


async def cancel(tx: Transaction, fact: Fact) -> None:
    await tx.execute(text("DELETE FROM timers WHERE key = :key"), {"key": inbox.named(fact)})


async def fire(db: Raw) -> int:
    """Announce what is due, late ones too; each leaves the table in the same statement."""
    fired = await db.fetch(
        """WITH due AS (
               DELETE FROM timers WHERE id IN (
                   SELECT id FROM timers WHERE due_at <= now() ORDER BY due_at
                   LIMIT $1 FOR UPDATE SKIP LOCKED)
               RETURNING key, due_at, user_id, payload)
           INSERT INTO inbox (provider_id, user_id, kind, payload)
           SELECT key || '@' || due_at, user_id, 'fact', payload FROM due ORDER BY due_at
           ON CONFLICT (provider_id, channel_id) DO NOTHING
           RETURNING id""",
        MOST_AT_ONCE,
    )
    if fired:
        await db.execute("SELECT pg_notify('inbox', '')")
        TIMERS_FIRED.inc(len(fired))
    return len(fired)


class InboxFacts:
    """The services' Facts port, bound to the inbox and the timers."""

    async def announce(self, tx: Transaction, fact: Fact) -> None:
        await inbox.announce(tx, [fact])

    async def schedule(self, tx: Transaction, fact: Fact, at: datetime) -> None:
        await schedule(tx, fact, at)

    async def cancel(self, tx: Transaction, fact: Fact) -> None:
        await cancel(tx, fact)
