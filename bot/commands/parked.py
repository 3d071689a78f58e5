"""`bot parked`: messages that failed too often, to be tried again or given up."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from bot import inbox
from bot.commands.explain import why
from bot.webhooks import SetAside


@dataclass(frozen=True, slots=True)
class Parked:
    id: int
    user_id: int | None
    kind: str
    attempts: int
    reason: str
    step: str | None  # where the person is now
    received_at: datetime
    parked_at: datetime | None


async def find(db: Any, most: int, with_words: bool) -> list[Parked]:
    """The oldest parked messages, oldest first."""
    rows = await db.fetch(
        """SELECT i.id, i.user_id, i.kind, i.attempts, i.reason, s.current_step AS step,
                  i.received_at, i.done_at AS parked_at
           FROM inbox i LEFT JOIN sessions s ON s.user_id = i.user_id
           WHERE i.state = 'parked' ORDER BY i.id LIMIT $1""",
        most,
    )
    return [Parked(**{**row, "reason": why(row["reason"], with_words)}) for row in rows]


def as_text(parked: list[Parked]) -> str:
    if not parked:
        return "Nothing is parked."
    head = (
        f"{'id':>8}  {'person':>8}  {'kind':<12}  {'received':<19}  {'tries':>5}  {'at':<24}  why"
    )
    return "\n".join([head, *map(_line, parked)])


def _line(one: Parked) -> str:
    return (
        f"{one.id:>8}  {one.user_id or '':>8}  {one.kind:<12}  {one.received_at:%Y-%m-%d %H:%M:%S}"
        f"  {one.attempts:>5}  {one.step or '':<24}  {one.reason}"
    )


def as_json(parked: list[Parked]) -> str:
    return orjson.dumps([asdict(one) for one in parked], option=orjson.OPT_INDENT_2).decode()


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of the messages that were named."""

    moved: tuple[int, ...]
    not_parked: tuple[int, ...]

    def json(self) -> str:
        return orjson.dumps(asdict(self)).decode()


async def retry(db: Any, ids: list[int]) -> Moved:
    """Put messages back in line; a worker takes them up at once."""
    parked = await _among(db, ids)
    await inbox.retry(db, parked)
    return _moved(ids, parked)


async def drop(db: Any, ids: list[int], reason: str) -> Moved:
    """Give messages up for good; `reason` is kept beside them."""
    parked = await _among(db, ids)
    await inbox.drop(db, parked, f"dropped, {reason}")
    return _moved(ids, parked)


async def _among(db: Any, ids: list[int]) -> list[int]:
    """Those that are parked, locked until the transaction ends."""
    rows = await db.fetch(
        """SELECT id FROM inbox WHERE id = ANY($1::bigint[]) AND state = 'parked'
           ORDER BY id FOR UPDATE""",
        ids,
    )
    return [row["id"] for row in rows]


def _moved(ids: list[int], parked: list[int]) -> Moved:
    return Moved(tuple(parked), tuple(one for one in ids if one not in parked))


# -- webhooks ----------------------------------------------------------------------------


def webhooks_text(found: Sequence[SetAside]) -> str:
    if not found:
        return "Every webhook could be taken apart."
    return "\n".join(
        f"{one.id:>8}  {one.source:<10}  {one.received_at:%Y-%m-%d %H:%M:%S}  {one.failed}"
        for one in found
    )


def webhooks_json(found: Sequence[SetAside]) -> str:
    return orjson.dumps([one._asdict() for one in found], option=orjson.OPT_INDENT_2).decode()


# -- payments ----------------------------------------------------------------------------


def payments_text(found: Sequence[Any]) -> str:
    """Events of a payment provider, as services/payments tells of them."""
    if not found:
        return "Every payment event was settled."
    return events_text(found)


def events_text(found: Sequence[Any]) -> str:
    """A line for each event."""
    return "\n".join(
        f"{one.provider} {one.event_id}  {one.type}  {one.received_at:%Y-%m-%d %H:%M:%S}"
        f"  payment {one.payment_id or 'unknown'}"
        f"  {one.outcome or f'tried {one.tries} times'}: {one.reason or 'as it should be'}"
        for one in found
    )


def payments_json(found: Sequence[Any]) -> str:
    return orjson.dumps([asdict(one) for one in found], option=orjson.OPT_INDENT_2).decode()
