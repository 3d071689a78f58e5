"""What came in: every message and every fact, each stored once before it is answered.

One flusher commits for many requests at once and flushes whenever it is idle
(no timer: the next batch is what arrived while the last one was being written).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import orjson
import structlog
from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot import identities, outbox
from bot.channels.cloud_in import number_changed
from bot.channels.updates import Parsed, Status, Update
from bot.database.connections import Raw
from bot.identities import Arrival
from bot.numbers import Number
from bot.observe.metrics import FLUSHED, IGNORED, RECEIVED
from services.ground.facts import Fact
from services.ground.tables import At, Base, Created, Id, Ref
from services.ground.transaction import Transaction

log = structlog.get_logger()

WAITING, ANSWERED, IGNORED_STATE, PARKED = "waiting", "answered", "ignored", "parked"
FACT = "fact"
MOST_AT_ONCE = 500  # rows a flush writes; past that a statement gets no cheaper
TRIES = 5  # of a flush that raced another process for a new person


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
        Index(
            "ix_inbox_waiting_user_id", "user_id", postgresql_where=text("state = 'waiting'")
        ),
        Index("ix_inbox_parked", "id", postgresql_where=text("state = 'parked'")),
    )

    id: Mapped[Id]
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channels.id"))
    provider_id: Mapped[str] = mapped_column(String(512))
    user_id: Mapped[Ref | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(10), server_default=WAITING)
    reason: Mapped[str | None] = mapped_column(String(500))  # of ignored and parked
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    due_at: Mapped[At] = mapped_column(server_default=text("now()"))
    sent_at: Mapped[At | None]  # the provider's clock; order is arrival, not this
    received_at: Mapped[Created]
    done_at: Mapped[At | None]
    correlation_id: Mapped[str | None] = mapped_column(String(64))


class NotStored(Exception):
    """The database could not take it; nothing was kept, the provider should send it again."""


@dataclass(slots=True)
class _Delivery:
    """One webhook POST waiting to be stored."""

    number: dict[str, Number]
    parsed: Parsed
    correlation_id: str
    stored: asyncio.Future[None]


class Inbox:
    """Stores deliveries, many per commit."""

    def __init__(self, pool: Any, *, most_waiting: int = 20_000) -> None:
        self._pool = pool
        self._most_waiting = most_waiting
        self._waiting: list[_Delivery] = []
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="inbox")

    async def stop(self) -> None:
        """Write what waits, then leave."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._flush_all()

    async def store(self, numbers: dict[str, Number], parsed: Parsed, correlation_id: str) -> None:
        """Returns when everything in it is on disk. Raises NotStored."""
        if len(self._waiting) >= self._most_waiting:
            raise NotStored("too much is waiting to be written")
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append(_Delivery(numbers, parsed, correlation_id, stored))
        self._arrived.set()
        await stored

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            await asyncio.shield(self._flush_all())

    async def _flush_all(self) -> None:
        while self._waiting:
            batch, size = [], 0
            while self._waiting and size < MOST_AT_ONCE:
                batch.append(self._waiting.pop(0))
                size += len(batch[-1].parsed.updates) + len(batch[-1].parsed.statuses)
            await self._flush(batch)

    async def _flush(self, batch: Sequence[_Delivery]) -> None:
        try:
            await self._write(batch)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            log.warning("inbox.not_stored", error=type(error).__name__, deliveries=len(batch))
            outcome: BaseException = NotStored(type(error).__name__)
            for delivery in batch:
                if not delivery.stored.done():
                    delivery.stored.set_exception(outcome)
            return
        FLUSHED.observe(len(batch))
        for delivery in batch:
            if not delivery.stored.done():
                delivery.stored.set_result(None)

    async def _write(self, batch: Sequence[_Delivery]) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                async with self._pool.acquire() as db, db.transaction():
                    await _write(db, batch)
                return
            except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
                if attempt == TRIES:
                    raise


async def _write(db: Raw, batch: Sequence[_Delivery]) -> None:
    items = [
        (delivery.number[update.address], update, delivery.correlation_id)
        for delivery in batch
        for update in delivery.parsed.updates
    ]
    if items:
        await _write_updates(db, items)
    statuses = [
        (delivery.number[status.address].id, status)
        for delivery in batch
        for status in delivery.parsed.statuses
    ]
    if statuses:
        await outbox.apply_statuses(db, statuses)


async def _write_updates(db: Raw, items: Sequence[tuple[Number, Update, str]]) -> None:
    people = await _people(db, items)
    rows = await db.fetch(
        """INSERT INTO inbox (channel_id, provider_id, user_id, kind, payload, state, reason,
                              sent_at, correlation_id)
           SELECT channel_id, provider_id, user_id, kind, payload::jsonb,
                  CASE WHEN reason IS NULL THEN 'waiting' ELSE 'ignored' END, reason,
                  sent_at, correlation_id
           FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[],
                       $6::text[], $7::timestamptz[], $8::text[])
                WITH ORDINALITY AS item(channel_id, provider_id, user_id, kind, payload,
                                        reason, sent_at, correlation_id, n)
           ORDER BY n
           ON CONFLICT (provider_id, channel_id) DO NOTHING
           RETURNING reason""",
        [number.id for number, _, _ in items],
        [update.provider_id[:512] for _, update, _ in items],
        people,
        [update.kind[:32] for _, update, _ in items],
        [orjson.dumps(update.payload).decode().replace("\\u0000", "") for _, update, _ in items],
        [_ignored(update) for _, update, _ in items],
        [update.sent_at for _, update, _ in items],
        [correlation_id for _, _, correlation_id in items],
    )
    await db.execute("SELECT pg_notify('inbox', '')")
    RECEIVED.inc(len(rows))
    for row in rows:
        if row["reason"]:
            IGNORED.labels(row["reason"]).inc()


def _ignored(update: Update) -> str | None:
    if update.ignored is None and update.who is None:
        return "nobody"
    return "number changed" if update.kind == "number_changed" else update.ignored


async def _people(
    db: Raw, items: Sequence[tuple[Number, Update, str]]
) -> list[int | None]:
    for number, update, _ in items:
        if update.kind == "number_changed" and (change := number_changed(update.payload)):
            await identities.move_number(db, number, change.old, change.new)
    writers = [
        (n, Arrival(number, update.who))
        for n, (number, update, _) in enumerate(items)
        if update.who is not None and _ignored(update) is None
    ]
    known = await identities.recognise(db, [arrival for _, arrival in writers]) if writers else []
    people: list[int | None] = [None] * len(items)
    for (n, _), user_id in zip(writers, known, strict=True):
        people[n] = user_id
    return people


async def announce(tx: Transaction, facts: Sequence[Fact]) -> None:
    """Put facts into their people's inboxes, in the transaction of what they are about."""
    for fact in facts:
        await tx.execute(
            text(
                """INSERT INTO inbox (provider_id, user_id, kind, payload)
                   VALUES (:key, :user_id, 'fact', CAST(:payload AS jsonb))
                   ON CONFLICT (provider_id, channel_id) DO NOTHING"""
            ),
            {"key": fact.key(), "user_id": fact.user_id, "payload": stored(fact)},
        )
    await tx.execute(text("SELECT pg_notify('inbox', '')"))


def stored(fact: Fact) -> str:
    return orjson.dumps({"tag": fact.tag, **fact.model_dump(mode="json")}).decode()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message or fact whose turn it is."""

    id: int
    user_id: int
    channel_id: int | None
    provider_id: str
    kind: str
    payload: dict[str, Any]
    attempts: int
    due_at: datetime
    received_at: datetime
    correlation_id: str | None


async def waiting(db: Raw, people: Sequence[int], most: int) -> list[Waiting]:
    """The people's waiting messages, oldest first. Their session rows must be locked before,
    in an earlier statement: then nobody else is handling any of these."""
    rows = await db.fetch(
        """SELECT id, user_id, channel_id, provider_id, kind, payload, attempts, due_at,
                  received_at, correlation_id
           FROM inbox WHERE user_id = ANY($1::bigint[]) AND state = 'waiting'
           ORDER BY id LIMIT $2""",
        people,
        most,
    )
    return [Waiting(**{**row, "payload": orjson.loads(row["payload"])}) for row in rows]


async def done(db: Raw, ids: Sequence[int], reasons: Sequence[str | None]) -> None:
    """Mark messages answered, or ignored where a reason is given."""
    await db.execute(
        """UPDATE inbox SET state = CASE WHEN d.reason IS NULL THEN 'answered' ELSE 'ignored' END,
                  reason = d.reason, done_at = now()
           FROM unnest($1::bigint[], $2::text[]) AS d(id, reason) WHERE inbox.id = d.id""",
        ids,
        reasons,
    )


async def postpone(db: Raw, id_: int, reason: str, seconds: float) -> None:
    """A turn failed: try the message again a little later."""
    await db.execute(
        """UPDATE inbox SET attempts = attempts + 1, reason = $2,
                  due_at = now() + make_interval(secs => $3) WHERE id = $1""",
        id_,
        reason[:500],
        seconds,
    )


async def park(db: Raw, id_: int, reason: str) -> None:
    """A message that failed too often: an operator sees it and can run it again."""
    await db.execute(
        """UPDATE inbox SET state = 'parked', attempts = attempts + 1, reason = $2,
                  done_at = now() WHERE id = $1""",
        id_,
        reason[:500],
    )


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
