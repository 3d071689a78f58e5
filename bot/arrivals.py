"""Writing deliveries into the inbox: who wrote, what, and what became of what we sent."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import asyncpg
import orjson
import structlog

from bot import identities, statuses
from bot.channels.cloud_in import number_changed
from bot.channels.shapes import stable_id
from bot.channels.updates import Parsed, Status, Update
from bot.database.connections import Raw
from bot.identities import Arrival
from bot.numbers import Number
from bot.observe.metrics import RECEIVED, ignored

log = structlog.get_logger()

_UNFIT = (asyncpg.DataError, asyncpg.ProgramLimitExceededError, ValueError, TypeError)

Reasons = list[str | None]
"""Why each row that was written needs no answer; None for those that do."""


class Item(NamedTuple):
    """One update, the number it came to (None: not one of ours), and its request's id."""

    number: Number | None
    update: Update
    correlation_id: str

    @property
    def ignored(self) -> str | None:
        """Why nobody's conversation is meant, or None."""
        if self.update.ignored is not None:
            return self.update.ignored
        if self.number is None:
            return "unknown number"
        if self.update.kind == "number_changed":
            return "number changed"
        return "nobody" if self.update.who is None else None


class Arrived(NamedTuple):
    """One webhook POST taken apart."""

    numbers: Mapping[str, Number]
    parsed: Parsed
    correlation_id: str

    @property
    def size(self) -> int:
        return len(self.parsed.updates) + len(self.parsed.statuses)

    def items(self) -> list[Item]:
        return [
            Item(self.numbers.get(update.address), update, self.correlation_id)
            for update in self.parsed.updates
        ]

    def news(self) -> list[tuple[int, Status]]:
        """The statuses that are about one of our numbers."""
        return [
            (number.id, status)
            for status in self.parsed.statuses
            if (number := self.numbers.get(status.address))
        ]


async def write(db: Raw, arrived: Sequence[Arrived]) -> Reasons:
    """All of it, in the caller's transaction."""
    reasons = await _write_items(db, [item for one in arrived for item in one.items()])
    await statuses.apply(db, [each for one in arrived for each in one.news()])
    return reasons


async def write_apart(db: Raw, arrived: Arrived) -> Reasons:
    """Every item in a savepoint of its own: what the database cannot hold is kept with as much
    of it as it can, so that its neighbours are stored and the provider does not send them for
    ever. Other errors are ours, and are raised: the provider keeps it until they are mended."""
    reasons: Reasons = []
    for item in arrived.items():
        for form in (item, _set_aside(item), _without_content(item)):
            if (written := await _attempt(db, partial(_write_items, db, [form]))) is not None:
                reasons += written
                break
            log.error("inbox.not_storable", kind=item.update.kind)
    for number_id, status in arrived.news():
        if await _attempt(db, partial(_apply, db, number_id, status)) is None:
            log.error("status.not_storable", status=status.status)
    return reasons


async def _attempt(db: Raw, write: Callable[[], Awaitable[Reasons]]) -> Reasons | None:
    """None, and nothing written, when what was to be written does not fit the database."""
    try:
        async with db.transaction():
            return await write()
    except _UNFIT:
        return None


async def _apply(db: Raw, number_id: int, status: Status) -> Reasons:
    await statuses.apply(db, [(number_id, status)])
    return []


def count(reasons: Reasons) -> None:
    """Once it is on disk."""
    RECEIVED.inc(len(reasons))
    for reason in filter(None, reasons):
        ignored(reason).inc()


def _set_aside(item: Item) -> Item:
    update = replace(item.update, who=None, ignored="not storable")
    return item._replace(update=update)


def _without_content(item: Item) -> Item:
    update = item.update
    bare = Update(
        update.address, stable_id(repr(update.provider_id)), "unknown", {}, ignored="not storable"
    )
    return item._replace(update=bare)


async def _write_items(db: Raw, items: Sequence[Item]) -> Reasons:
    if not items:
        return []
    people = await _people(db, items)
    rows = await db.fetch(
        """WITH stored AS (
           INSERT INTO inbox (channel_id, provider_id, user_id, kind, payload, state, reason,
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
           RETURNING reason)
           SELECT reason, (SELECT pg_notify('inbox', '')) FROM stored""",
        [item.number.id if item.number else None for item in items],
        [item.update.provider_id[:512] for item in items],
        people,
        [item.update.kind[:32] for item in items],
        [orjson.dumps(item.update.payload).decode() for item in items],
        [item.ignored for item in items],
        [item.update.sent_at for item in items],
        [item.correlation_id for item in items],
    )
    return [row["reason"] for row in rows]


async def _people(db: Raw, items: Sequence[Item]) -> list[int | None]:
    """Whose each item is; a number that changed in between is another's from there on."""
    people: list[int | None] = [None] * len(items)
    writers: list[tuple[int, Arrival]] = []
    for n, item in enumerate(items):
        number, update = item.number, item.update
        if number is None:
            continue
        if item.ignored == "number changed" and (change := number_changed(update.payload)):
            await _recognise(db, writers, people)
            writers = []
            if not await _stored(db, number, update):  # a move told again may be out of date
                await identities.move_number(db, number, change.old, change.new)
        elif update.who is not None and item.ignored is None:
            writers.append((n, Arrival(number, update.who)))
    await _recognise(db, writers, people)
    return people


async def _recognise(
    db: Raw, writers: Sequence[tuple[int, Arrival]], people: list[int | None]
) -> None:
    if not writers:
        return
    known = await identities.recognise(db, [arrival for _, arrival in writers])
    for (n, _), user_id in zip(writers, known, strict=True):
        people[n] = user_id


async def _stored(db: Raw, number: Number, update: Update) -> bool:
    return bool(
        await db.fetchval(
            "SELECT true FROM inbox WHERE provider_id = $1 AND channel_id = $2",
            update.provider_id[:512],
            number.id,
        )
    )
