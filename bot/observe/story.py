"""The story of a message, read back from its rows: came in, turn, bubbles, provider, statuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.handover import with_agent

REACH = 100_000  # rows after a message in which what it led to is looked for


@dataclass(frozen=True, slots=True)
class Bubble:
    """One outbox row, from the turn that said it to its last status."""

    id: int
    user_id: int
    inbox_id: int | None
    channel: str
    priority: int
    language: str
    state: str
    reason: str | None
    error_code: int | None
    attempts: int
    provider_id: str | None
    content: Mapping[str, Any]
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    said_by: int | None = None  # the human agent whose words these are
    waits_for: str | None = None  # what a bubble that waits is held back by
    parked_statuses: Sequence[str] = ()  # statuses that came, and wait for this row


@dataclass(frozen=True, slots=True)
class File:
    """One file that came with a message and was wanted; `size` is in bytes."""

    id: int
    inbox_id: int
    kind: str
    state: str
    reason: str | None
    claimed_type: str
    mime_type: str | None
    size: int | None
    attempts: int
    created_at: datetime
    due_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Story:
    """One inbox row and all it led to."""

    id: int
    user_id: int | None
    channel: str | None
    provider_id: str
    kind: str
    payload: Mapping[str, Any]
    state: str
    reason: str | None
    attempts: int
    correlation_id: str | None
    step_before: str | None
    step_after: str | None
    sent_at: datetime | None
    received_at: datetime
    due_at: datetime
    done_at: datetime | None
    files: tuple[File, ...]
    bubbles: tuple[Bubble, ...]
    led_to: tuple[tuple[int, str], ...]  # facts announced on the way: (inbox id, tag)
    agent_id: int | None = None  # the human they were with when it came, from when to when
    agent_from: datetime | None = None
    agent_until: datetime | None = None


_STORY = """SELECT i.id, i.user_id, c.kind || ' ' || c.address AS channel, i.provider_id, i.kind,
       i.payload, i.state, i.reason, i.attempts, i.correlation_id, i.step_before, i.step_after,
       i.sent_at, i.received_at, i.due_at, i.done_at, h.agent_id, h.taken_at AS agent_from,
       coalesce(h.ended_at, h.until) AS agent_until
FROM inbox i LEFT JOIN channels c ON c.id = i.channel_id
     LEFT JOIN LATERAL (
         SELECT * FROM handovers h
         WHERE h.user_id = i.user_id AND h.taken_at <= i.received_at
           AND coalesce(h.ended_at, h.until) > i.received_at
         ORDER BY h.id DESC LIMIT 1) AS h ON true"""

_BUBBLE = f"""SELECT o.id, o.user_id, o.inbox_id, c.kind || ' ' || c.address AS channel, o.priority,
       o.language, o.state::text, o.reason, o.error_code, o.attempts, o.provider_id, o.content,
       o.created_at, o.sent_at, o.delivered_at, o.read_at, o.failed_at, o.said_by,
       CASE WHEN o.state <> 'waiting' THEN NULL
            WHEN c.stopped_at IS NOT NULL THEN 'the number is stopped'
            WHEN c.paused_until > now() THEN 'the number is paused'
            WHEN o.not_before IS NOT NULL THEN 'the provider refused it for today'
            WHEN o.priority = 2 AND c.bulk_paused_until > now() THEN 'bulk is paused'
            WHEN o.priority > 0 AND o.said_by IS NULL AND {with_agent("o.user_id")}
            THEN 'they are with a person' END AS waits_for,
       ARRAY(SELECT p.status ->> 'status' FROM parked_statuses p
             WHERE p.provider_id = o.provider_id ORDER BY p.id) AS parked_statuses
FROM outbox o JOIN channels c ON c.id = o.channel_id"""


_FILE = """SELECT id, inbox_id, kind, state, reason, claimed_type, mime_type, size, attempts,
                  created_at, due_at, done_at
           FROM attachments WHERE inbox_id = ANY($1::bigint[]) ORDER BY id"""


async def find(db: Any, what: str, last: int) -> tuple[list[Story], list[Bubble]]:
    """The stories `what` names, oldest first, and bubbles that no message led to.

    `what` is an inbox id ("17", "in:17"), an outbox id ("out:17"), a provider's message id,
    a correlation id, or a person by phone or other id: then their `last` messages.
    """
    ids = await _inbox_ids(db, what, last)
    alone: list[Bubble] = []
    for bubble in await _bubbles(db, "o.id = ANY($1::bigint[])", await _outbox_ids(db, what)):
        if bubble.inbox_id is None:
            alone.append(bubble)
        else:
            ids.append(bubble.inbox_id)
    if not ids and not alone:
        ids = await _of_person(db, what, last)
    return await tell(db, sorted(set(ids))), alone


async def tell(db: Any, ids: Sequence[int]) -> list[Story]:
    rows = await db.fetch(f"{_STORY} WHERE i.id = ANY($1::bigint[]) ORDER BY i.id", ids)
    files = [File(**row) for row in await db.fetch(_FILE, ids)]
    bubbles = await _bubbles(db, "o.inbox_id = ANY($1::bigint[])", ids)
    return [
        Story(
            **row,
            files=tuple(file for file in files if file.inbox_id == row["id"]),
            bubbles=tuple(bubble for bubble in bubbles if bubble.inbox_id == row["id"]),
            led_to=await _led_to(db, row["id"], row["correlation_id"]),
        )
        for row in rows
    ]


async def _inbox_ids(db: Any, what: str, last: int) -> list[int]:
    number = _number(what, "in:")
    rows = await db.fetch(
        """SELECT id FROM inbox WHERE id = $1
           UNION SELECT id FROM inbox WHERE provider_id = $2""",
        number,
        what,
    )
    if not rows and what.isalnum() and not what.isdigit():
        rows = await db.fetch(
            "SELECT id FROM inbox WHERE correlation_id = $1 ORDER BY id DESC LIMIT $2", what, last
        )
    return [row["id"] for row in rows]


async def _outbox_ids(db: Any, what: str) -> list[int]:
    rows = await db.fetch(
        "SELECT id FROM outbox WHERE id = $1 UNION SELECT id FROM outbox WHERE provider_id = $2",
        _number(what, "out:") if what.startswith("out:") else None,
        what,
    )
    return [row["id"] for row in rows]


def _number(what: str, prefix: str) -> int | None:
    digits = what.removeprefix(prefix)
    return int(digits) if digits.isdecimal() and len(digits) < 19 else None


async def _bubbles(db: Any, where: str, ids: Sequence[int]) -> list[Bubble]:
    rows = await db.fetch(f"{_BUBBLE} WHERE {where} ORDER BY o.id", ids)
    return [Bubble(**row) for row in rows]


async def _of_person(db: Any, what: str, last: int) -> list[int]:
    rows = await db.fetch(
        """SELECT id FROM inbox WHERE user_id IN (
               SELECT user_id FROM user_identities WHERE value = ANY($1::text[]))
           ORDER BY id DESC LIMIT $2""",
        [what, "+" + "".join(filter(str.isdigit, what))],
        last,
    )
    return [row["id"] for row in rows]


async def _led_to(db: Any, id_: int, correlation_id: str | None) -> tuple[tuple[int, str], ...]:
    if correlation_id is None:
        return ()
    rows = await db.fetch(
        """SELECT id, payload ->> 'tag' AS tag FROM inbox
           WHERE id > $1 AND id < $1 + $3 AND correlation_id = $2 AND kind = 'fact' ORDER BY id""",
        id_,
        correlation_id,
        REACH,
    )
    return tuple((row["id"], row["tag"]) for row in rows)
