"""What came in: every message and every fact, each kept once, from arrival to answer."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Index, Integer, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.columns import Columns
from bot.database.connections import Raw
from bot.handover import with_agent
from bot.language import DEFAULT
from bot.observe import correlation
from services.ground.facts import Fact
from services.ground.people import Person
from services.ground.reading import question
from services.ground.tables import At, Base, Created, Id, Ref
from services.ground.transaction import Transaction

LONGEST_KEY = 400  # characters of a fact's key; the time it fires at is put behind it
FACT = "fact"  # the kind of a row that no provider sent


class InboxRow(Base):
    """One thing that came in. `provider_id` is unique per number; a fact's is its key."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index(
            "uq_inbox_provider_id",
            "provider_id",
            "channel_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_inbox_waiting", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_inbox_user_id", "user_id", "id"),
        Index("ix_inbox_parked", "id", postgresql_where=text("state = 'parked'")),
    )

    id: Mapped[Id]
    # No foreign keys: they cost a third of the insert, and both ids come from their own
    # tables in the same transaction.
    channel_id: Mapped[Ref | None]
    provider_id: Mapped[str] = mapped_column(String(512))
    user_id: Mapped[Ref | None]
    kind: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(10), server_default="waiting")
    reason: Mapped[str | None] = mapped_column(String(500))  # of ignored and parked
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    due_at: Mapped[At] = mapped_column(server_default=text("now()"))
    sent_at: Mapped[At | None]  # the provider's clock; order is arrival, not this
    received_at: Mapped[Created]
    done_at: Mapped[At | None]
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    step_before: Mapped[str | None] = mapped_column(String(64))  # where the turn found the person
    step_after: Mapped[str | None] = mapped_column(String(64))  # and where it left them


def writing(facts: str) -> str:
    """The one statement that writes facts down, each key once. `facts` asks for them: key,
    user_id, payload and correlation id, in their order."""
    return f"""INSERT INTO inbox (provider_id, user_id, kind, payload, correlation_id)
               SELECT key, user_id, '{FACT}', payload, correlation_id
               FROM ({facts}) AS facts (key, user_id, payload, correlation_id)
               ON CONFLICT (provider_id, channel_id) DO NOTHING"""


_GIVEN = """SELECT key, user_id, CAST(payload AS jsonb), CAST(:correlation_id AS text)
            FROM unnest(CAST(:keys AS text[]), CAST(:people AS bigint[]),
                        CAST(:payloads AS text[])) AS given (key, user_id, payload)"""
_TELL = text(f"WITH told AS ({writing(_GIVEN)}) SELECT pg_notify('inbox', '')")


async def announce(tx: Transaction, facts: Sequence[Fact]) -> None:
    """Put facts into their people's inboxes, in the transaction of what they are about."""
    await tx.execute(_TELL, _given(facts))


async def tell(db: Raw, fact: Fact) -> None:
    """The same for one fact, in a transaction of plain statements."""
    asked = question(_TELL)
    await db.execute(asked.sql, *asked.arguments(_given([fact])))


def _given(facts: Sequence[Fact]) -> dict[str, Any]:
    return {
        "keys": [named(fact) for fact in facts],
        "people": [fact.user_id for fact in facts],
        "payloads": [stored(fact) for fact in facts],
        "correlation_id": correlation.current(),
    }


def named(fact: Fact) -> str:
    """The fact's key, or what stands for it where it is too long for a row."""
    key = fact.key().replace("\0", "")
    if len(key) <= LONGEST_KEY:
        return key
    return f"{fact.tag}:{hashlib.sha256(key.encode()).hexdigest()}"


def stored(fact: Fact) -> str:
    return orjson.dumps({"tag": fact.tag, **fact.model_dump(mode="json")}).decode()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message or fact whose turn it is."""

    id: int
    person: Person
    channel_id: int | None
    provider_id: str
    kind: str
    payload: dict[str, Any]
    attempts: int
    due: bool  # by the database's clock; a failed one is not, for a moment
    received_at: datetime
    correlation_id: str | None

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Waiting":
        """From `WAITING`'s columns."""
        return cls(row[0], Person(*row[9:15]), *row[1:9])


WAITING = f"""i.id, i.channel_id, i.provider_id, i.kind, i.payload,
    i.attempts, i.due_at <= now(), i.received_at, i.correlation_id,
    u.id, u.name, coalesce(u.language, $1), u.time_zone, u.is_member, {with_agent("u.id")}"""


async def first_waiting(db: Raw, user_id: int, language: str = DEFAULT) -> Waiting | None:
    """The person's oldest waiting message; `language` is theirs if they have not chosen one. Their
    session must be locked before, in an earlier statement."""
    row = await db.fetchrow(
        f"""SELECT {WAITING} FROM inbox i JOIN users u ON u.id = i.user_id
            WHERE i.user_id = $2 AND i.state = 'waiting' ORDER BY i.id LIMIT 1""",
        language,
        user_id,
    )
    return Waiting.of(row) if row else None


class Closed(NamedTuple):
    """A message whose turn is over: answered, or ignored where there is a reason."""

    id: int
    reason: str | None
    step_before: str | None
    step_after: str | None

    @property
    def counted_as(self) -> str | None:
        """The reason without the message it points at: what a metric can count."""
        return self.reason and self.reason.partition(" (in:")[0]


CLOSED = Columns(
    """UPDATE inbox SET state = CASE WHEN d.reason IS NULL THEN 'answered' ELSE 'ignored' END,
              reason = d.reason, done_at = now(), step_before = d.before, step_after = d.after
       FROM {rows} AS d(id, reason, before, after) WHERE inbox.id = d.id""",
    ("bigint", "text", "text", "text"),
)


async def postpone(db: Raw, id_: int, reason: str, seconds: float) -> None:
    """A turn failed: try the message again a little later."""
    await db.execute(
        """UPDATE inbox SET attempts = attempts + 1, reason = $2,
                  due_at = now() + make_interval(secs => $3) WHERE id = $1""",
        id_,
        _plain(reason),
        seconds,
    )


async def park(db: Raw, id_: int, reason: str) -> None:
    """A message that failed too often: an operator sees it and can run it again."""
    await db.execute(
        """UPDATE inbox SET state = 'parked', attempts = attempts + 1, reason = $2,
                  done_at = now() WHERE id = $1""",
        id_,
        _plain(reason),
    )


def _plain(reason: str) -> str:
    """As a text of PostgreSQL's can hold it, whatever an error's words were."""
    return reason.replace("\0", "").encode("utf-8", "replace").decode()[:500]


async def retry(db: Raw, ids: Sequence[int]) -> int:
    """Put parked messages back in line; answers how many."""
    rows = await db.fetch(
        """UPDATE inbox SET state = 'waiting', attempts = 0, due_at = now(), done_at = NULL
           WHERE id = ANY($1::bigint[]) AND state = 'parked' RETURNING id""",
        ids,
    )
    await db.execute("SELECT pg_notify('inbox', '')")
    return len(rows)


async def drop(db: Raw, ids: Sequence[int], why: str) -> int:
    """Give parked messages up for good; answers how many."""
    rows = await db.fetch(
        """UPDATE inbox SET state = 'ignored', reason = $2
           WHERE id = ANY($1::bigint[]) AND state = 'parked' RETURNING id""",
        ids,
        why[:500],
    )
    return len(rows)
