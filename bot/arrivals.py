"""Writing what webhooks held into the inbox: who wrote, what, and what became of what we sent."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import NamedTuple

import asyncpg
import orjson
import structlog

from bot import holds, identities, statuses
from bot.channels.cloud_in import number_changed, template_back
from bot.channels.green_in import standing
from bot.channels.shapes import stable_id
from bot.channels.updates import Parsed, Status, Update
from bot.database.connections import Raw
from bot.identities import NOBODY, Arrival
from bot.numbers import Number
from bot.observe.metrics import RECEIVED, ignored

log = structlog.get_logger()

MOVED = "number_changed"  # the kind of an update after which an identity is another's
_UNFIT = (asyncpg.DataError, asyncpg.ProgramLimitExceededError, ValueError, TypeError)

Reasons = list[str | None]
"""Why each row that was written needs no answer; None for those that do."""


class Item(NamedTuple):
    """One update, the number it came to (None: not one of ours), and its request's id."""

    number: Number | None
    update: Update
    correlation_id: str
    received_at: datetime

    @property
    def arrival(self) -> Arrival | None:
        """Who writes to which number; None when nobody's conversation is meant."""
        number, update = self.number, self.update
        if number is None or update.who is None or self.ignored is not None:
            return None
        return Arrival(number, update.who)

    @property
    def ignored(self) -> str | None:
        """Why nobody's conversation is meant, or None."""
        if self.update.ignored is not None:
            return self.update.ignored
        if self.number is None:
            return "unknown number"
        if self.update.kind == MOVED:
            return "number changed"
        return "nobody" if self.update.who is None else None


class Arrived(NamedTuple):
    """One webhook POST taken apart."""

    numbers: Mapping[str, Number]
    parsed: Parsed
    correlation_id: str
    received_at: datetime

    def items(self) -> list[Item]:
        numbers, _, correlation_id, received_at = self
        return [
            Item(numbers.get(update.address), update, correlation_id, received_at)
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
    items = [item for one in arrived for item in one.items()]
    news = [each for one in arrived for each in one.news()]
    if (reasons := await _write_known(db, items)) is None:
        reasons = await _write_items(db, items)
    await statuses.apply(db, news)
    return reasons


async def write_apart(db: Raw, arrived: Arrived) -> Reasons:
    """Every item in a savepoint of its own: what the database cannot hold is kept with as much
    of it as it can, so that its neighbours are stored. Other errors are ours, and are raised."""
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
    update = item.update._replace(who=None, ignored="not storable")
    return item._replace(update=update)


def _without_content(item: Item) -> Item:
    update = item.update
    bare = Update(
        update.address, stable_id(repr(update.provider_id)), "unknown", {}, ignored="not storable"
    )
    return item._replace(update=bare)


_STORE = """
    WITH item AS (
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[],
                             $6::timestamptz[], $7::text[], $8::timestamptz[], {types})
             WITH ORDINALITY AS item(channel_id, provider_id, kind, payload, reason,
                                     sent_at, correlation_id, received_at, {names},
                                     n)),
    known AS ({known}),
    stored AS (
        INSERT INTO inbox (channel_id, provider_id, user_id, kind, payload, state, reason,
                           sent_at, correlation_id, received_at)
        SELECT channel_id, provider_id, user_id, kind, payload::jsonb,
               CASE WHEN reason IS NULL THEN 'waiting' ELSE 'ignored' END, reason,
               sent_at, correlation_id, received_at
        FROM known
        WHERE NOT EXISTS (SELECT FROM known WHERE reason IS NULL AND user_id IS NULL)
        ORDER BY n
        ON CONFLICT (provider_id, channel_id) DO NOTHING
        RETURNING reason)
    SELECT ARRAY(SELECT reason FROM stored) AS reasons,
           EXISTS (SELECT FROM known WHERE reason IS NULL AND user_id IS NULL) AS strangers,
           (SELECT pg_notify('inbox', '') FROM stored LIMIT 1)"""

_STORE_KNOWN = _STORE.format(
    types="$9::text[], $10::text[], $11::text[], $12::text[], $13::text[]",
    names="scope, bsuid, phone, chat, address",
    known=f"SELECT item.*, {identities.RECOGNISED} AS user_id FROM item",
)
_STORE_WHOSE = _STORE.format(types="$9::bigint[]", names="user_id", known="SELECT * FROM item")


async def _write_known(db: Raw, items: Sequence[Item]) -> Reasons | None:
    """In one statement, as nearly always. None, and nothing is written, when somebody is not
    known yet, or something is told that changes more than the inbox."""
    if not items:
        return []
    if any(item.update.kind in _NEWS for item in items):
        return None
    keys = [arrival.keys() if (arrival := item.arrival) else NOBODY for item in items]
    return await _store(db, _STORE_KNOWN, items, *zip(*keys, strict=True))


async def _write_items(db: Raw, items: Sequence[Item]) -> Reasons:
    """In their order: a number that moves in between is another's from there on."""
    reasons: Reasons = []
    for is_news, run in groupby(items, lambda item: item.update.kind in _NEWS):
        if not is_news:
            reasons += await _write_met(db, list(run))
        else:
            for item in run:
                reasons += await _write_news(db, item)
    return reasons


async def _write_met(db: Raw, items: Sequence[Item]) -> Reasons:
    """Strangers are met first."""
    arrivals = [arrival for item in items if (arrival := item.arrival)]
    met = iter(await identities.recognise(db, arrivals))
    whose = [next(met) if item.arrival else None for item in items]
    return (await _store(db, _STORE_WHOSE, items, whose)) or []


async def _write_news(db: Raw, item: Item) -> Reasons:
    """What is told again may be out of date: it changes nothing."""
    reasons = (await _store(db, _STORE_WHOSE, [item], [None])) or []
    if reasons:
        await _NEWS[item.update.kind](db, item)
    return reasons


async def _move(db: Raw, item: Item) -> None:
    change = number_changed(item.update.payload)
    if change and item.number and item.update.ignored is None:
        await identities.move_number(db, item.number, change.old, change.new)


async def _stand(db: Raw, item: Item) -> None:
    stands = standing(item.update.payload)
    if stands and item.number:
        await holds.stand(db, item.number.id, stands)


async def _let_go(db: Raw, item: Item) -> None:
    if back := template_back(item.update):
        await holds.let_go(db, back.account, back.name, back.language)


_NEWS: Mapping[str, Callable[[Raw, Item], Awaitable[None]]] = {
    MOVED: _move,
    "state": _stand,
    "template": _let_go,
}
"""Kinds of updates that change more than the inbox, and what they change."""


async def _store(
    db: Raw, statement: str, items: Sequence[Item], *more: Sequence[object]
) -> Reasons | None:
    row = await db.fetchrow(
        statement,
        [item.number.id if item.number else None for item in items],
        [item.update.provider_id[:512] for item in items],
        [item.update.kind[:32] for item in items],
        [orjson.dumps(item.update.payload).decode() for item in items],
        [item.ignored for item in items],
        [item.update.sent_at for item in items],
        [item.correlation_id for item in items],
        [item.received_at for item in items],
        *more,
    )
    return None if row["strangers"] else row["reasons"]
