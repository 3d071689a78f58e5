"""What is to happen later: a fact with a time, announced once when the time has come, or at
every time of a rule."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import CheckConstraint, DateTime, ForeignKey, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot import inbox
from bot.database.connections import Raw
from bot.observe.metrics import TIMERS_FIRED
from services.ground.facts import Fact
from services.ground.recurrence import BadRecurrence, Recurrence
from services.ground.tables import At, Base, Created, Id, Ref
from services.ground.transaction import Transaction

log = structlog.get_logger()
MOST_AT_ONCE = 500


class TimerRow(Base):
    __tablename__ = "timers"
    __table_args__ = (CheckConstraint("num_nulls(rule, starts, zone) IN (0, 3)", name="rule"),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(512), unique=True)  # the fact's: scheduled once
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    due_at: Mapped[At] = mapped_column(index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    rule: Mapped[str | None] = mapped_column(String(500))  # RFC 5545: it comes again
    starts: Mapped[datetime | None] = mapped_column(DateTime())  # by the clock on the wall there
    zone: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[Created]


async def schedule(
    tx: Transaction, fact: Fact, at: datetime, again: Recurrence | None = None
) -> None:
    """Announce `fact` at `at`, and then as `again` says; scheduling it anew moves it."""
    await tx.execute(
        text(
            """INSERT INTO timers (key, user_id, due_at, payload, rule, starts, zone)
               VALUES (:key, :user_id, :at, CAST(:payload AS jsonb), :rule, :starts, :zone)
               ON CONFLICT (key) DO UPDATE
               SET due_at = excluded.due_at, payload = excluded.payload, rule = excluded.rule,
                   starts = excluded.starts, zone = excluded.zone"""
        ),
        {
            "key": inbox.named(fact),
            "user_id": fact.user_id,
            "at": at,
            "payload": inbox.stored(fact),
            "rule": again and again.rule,
            "starts": again and again.starts,
            "zone": again and again.zone,
        },
    )


async def repeat(tx: Transaction, fact: Fact, recurrence: Recurrence, after: datetime) -> bool:
    """Announce `fact` at every time later than that; False, and not at all, when none is left."""
    if (first := recurrence.after(after)) is None:
        await cancel(tx, fact)
        return False
    await schedule(tx, fact, first.at, recurrence.moved_to(first))
    return True


async def cancel(tx: Transaction, fact: Fact) -> None:
    await tx.execute(text("DELETE FROM timers WHERE key = :key"), {"key": inbox.named(fact)})


async def fire(db: Raw) -> int:
    """Announce what is due, late ones too. In the caller's transaction each leaves the table,
    or is put to its next time."""
    fired = await _fire_once(db) + await _fire_again(db)
    if fired:
        await db.execute("SELECT pg_notify('inbox', '')")
        TIMERS_FIRED.inc(fired)
    return fired


_WRITING = inbox.writing(
    "SELECT key || '@' || due_at, user_id, payload, NULL FROM due ORDER BY due_at"
)


async def _fire_once(db: Raw) -> int:
    fired = await db.fetch(
        f"""WITH due AS (
               DELETE FROM timers WHERE id IN (
                   SELECT id FROM timers WHERE due_at <= now() AND rule IS NULL ORDER BY due_at
                   LIMIT $1 FOR UPDATE SKIP LOCKED)
               RETURNING key, due_at, user_id, payload)
           {_WRITING} RETURNING id""",
        MOST_AT_ONCE,
    )
    return len(fired)


async def _fire_again(db: Raw) -> int:
    """However many times were missed: told once, then the next time from now."""
    due = await db.fetch(
        """SELECT id, rule, starts, zone, now() AS now FROM timers
           WHERE due_at <= now() AND rule IS NOT NULL ORDER BY due_at
           LIMIT $1 FOR UPDATE SKIP LOCKED""",
        MOST_AT_ONCE,
    )
    if not due:
        return 0
    following = [_following(row) for row in due]
    await db.execute(
        f"""WITH next AS (SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamp[])
                             AS next(id, due_at, starts)),
           due AS (SELECT t.* FROM timers t JOIN next USING (id)),
           told AS ({_WRITING}),
           over AS (DELETE FROM timers t USING next n WHERE t.id = n.id AND n.due_at IS NULL)
           UPDATE timers t SET due_at = n.due_at, starts = n.starts FROM next n
           WHERE t.id = n.id AND n.due_at IS NOT NULL""",
        [row["id"] for row in due],
        [at for at, _ in following],
        [starts for _, starts in following],
    )
    return len(due)


def _following(row: Mapping[str, Any]) -> tuple[datetime | None, datetime]:
    """When it is due next, if ever, and where its rule is followed from."""
    try:
        recurrence = Recurrence(row["rule"], row["starts"], row["zone"])
        following = recurrence.after(row["now"])
    except BadRecurrence as error:  # a zone that is no more: the others must not wait for it
        log.error("timer.rule", timer=row["id"], error=str(error))
        return None, row["starts"]
    if following is None:
        return None, row["starts"]
    return following.at, recurrence.moved_to(following).starts


class InboxFacts:
    """The services' Facts port, bound to the inbox and the timers."""

    async def announce(self, tx: Transaction, fact: Fact) -> None:
        await inbox.announce(tx, [fact])

    async def schedule(self, tx: Transaction, fact: Fact, at: datetime) -> None:
        await schedule(tx, fact, at)

    async def repeat(
        self, tx: Transaction, fact: Fact, recurrence: Recurrence, after: datetime
    ) -> bool:
        return await repeat(tx, fact, recurrence, after)

    async def cancel(self, tx: Transaction, fact: Fact) -> None:
        await cancel(tx, fact)
