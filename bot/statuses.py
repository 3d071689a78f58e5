"""What became of what we sent: statuses, in whatever order they come, move rows forward."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot import holds
from bot.channels.errors import Action
from bot.channels.updates import Status
from bot.database.connections import Raw
from bot.holds import OF_NUMBER, Consequence
from bot.lanes import open_lanes
from bot.observe.metrics import status_came
from bot.outbox import State, lock
from services.ground.tables import Base, Created, Id, Ref

LONGEST_ID = 512  # characters: a message of ours has no longer one
_OF_STATUS = {
    "sent": State.SENT,
    "failed": State.FAILED,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "played": State.READ,
}


class ParkedStatus(Base):
    """A status that came before the message it is about; applied when that is known."""

    __tablename__ = "parked_statuses"
    __table_args__ = (Index("ix_parked_statuses_provider_id", "provider_id"),)

    id: Mapped[Id]
    channel_id: Mapped[Ref]
    provider_id: Mapped[str] = mapped_column(String(LONGEST_ID))
    status: Mapped[dict[str, Any]] = mapped_column(JSONB)
    received_at: Mapped[Created]


async def apply(db: Raw, statuses: Sequence[tuple[int, Status]]) -> None:
    """Move rows forward; what belongs to no row we know of is parked until it does.

    The row is found by our own id, which travelled with the message, or by the provider's. One
    that has another provider's id already is not meant: our own ids are small numbers, which
    another program on the same number may use as well.
    """
    if not (merged := _merged(statuses)):
        return
    grave = await _grave(db, merged)
    await holds.carry_out(db, [each for each in grave if each.action in OF_NUMBER])
    ours = [one.ours for one in merged if one.ours is not None]
    held_up = await lock(db, ours) if ours else []
    found = await db.fetch(
        """UPDATE outbox AS o
           SET state = greatest(o.state, s.state),
               provider_id = coalesce(o.provider_id, s.provider_id),
               sent_at = coalesce(o.sent_at, s.sent_at),
               delivered_at = least(o.delivered_at, s.delivered_at),
               read_at = least(o.read_at, s.read_at),
               failed_at = CASE WHEN s.state < o.state THEN o.failed_at
                                ELSE least(o.failed_at, s.failed_at) END,
               error_code = CASE WHEN s.state > o.state THEN s.error_code
                                 WHEN s.state = o.state THEN coalesce(o.error_code, s.error_code)
                                 ELSE o.error_code END,
               reason = CASE WHEN s.state > o.state THEN s.reason
                             WHEN s.state = o.state THEN coalesce(o.reason, s.reason)
                             ELSE o.reason END,
               pricing = coalesce(s.pricing::jsonb, o.pricing)
           FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[], $5::outbox_state[],
                       $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[],
                       $10::int[], $11::text[], $12::text[])
                AS s(n, channel_id, ours, provider_id, state, sent_at, delivered_at, read_at,
                     failed_at, error_code, reason, pricing)
           WHERE o.id = coalesce(s.ours, (SELECT p.id FROM outbox p
                                          WHERE p.provider_id = s.provider_id
                                            AND p.channel_id = s.channel_id LIMIT 1))
             AND o.channel_id = s.channel_id
             AND coalesce(o.provider_id, s.provider_id) = s.provider_id
           RETURNING s.n""",
        list(range(len(merged))),
        *zip(*(one.columns() for one in merged), strict=True),
    )
    known = {row["n"] for row in found}
    orphans = [one for n, one in enumerate(merged) if n not in known]
    if orphans:
        await _park(db, orphans)
    if held_up:
        await open_lanes(db, held_up)
    await holds.carry_out(db, [each for each in grave if each.action not in OF_NUMBER])


async def _grave(db: Raw, merged: Sequence["_Merged"]) -> list[Consequence]:
    """What failures among them mean for more than their bubble: asked for only where there are
    any. One that is told again, maybe days later, means nothing any more."""
    worst = {n: why for n, one in enumerate(merged) if (why := one.failure) is not None}
    if not worst:
        return []
    rows = await db.fetch(
        """SELECT s.n, o.id, o.user_id, o.channel_id, o.language,
                  o.content #>> '{template,name}' AS template
           FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[])
                    AS s(n, channel_id, ours, provider_id)
                JOIN outbox o ON o.id = coalesce(s.ours, (
                    SELECT p.id FROM outbox p WHERE p.provider_id = s.provider_id
                                                AND p.channel_id = s.channel_id LIMIT 1))
           WHERE o.channel_id = s.channel_id AND o.state < 'failed'
             AND coalesce(o.provider_id, s.provider_id) = s.provider_id""",
        list(worst),
        [merged[n].channel_id for n in worst],
        [merged[n].ours for n in worst],
        [merged[n].statuses[0].provider_id for n in worst],
    )
    return [
        Consequence(
            Action(worst[row["n"]].action or ""), row["channel_id"], row["user_id"], row["id"],
            worst[row["n"]].error_code or 0, worst[row["n"]].error_text, row["template"],
            row["language"],
        )
        for row in rows
    ]  # fmt: skip


@dataclass(slots=True)
class _Merged:
    """All that one POST said about one message."""

    channel_id: int
    statuses: list[Status]

    @property
    def ours(self) -> int | None:
        return next((s.ours for s in self.statuses if s.ours is not None), None)

    @property
    def failure(self) -> Status | None:
        """The status that says it failed for a reason that means more."""
        return next((s for s in self.statuses if s.action in holds.CARRIED_OUT), None)

    def columns(self) -> tuple[Any, ...]:
        at: dict[State, datetime] = {}
        for status in self.statuses:
            at.setdefault(_OF_STATUS[status.status], status.at)
        worst = next((s for s in self.statuses if s.error_code is not None), None)
        pricing = next((s.pricing for s in self.statuses if s.pricing), None)
        order = list(State)
        first = self.statuses[0]
        return (
            self.channel_id,
            self.ours,
            first.provider_id,
            max(at, key=order.index).value,
            *(at.get(state) for state in (State.SENT, State.DELIVERED, State.READ, State.FAILED)),
            worst.error_code if worst and _is_code(worst.error_code) else None,
            worst.error_text[:500] if worst else None,
            orjson.dumps(pricing).decode() if pricing else None,
        )


def _is_code(code: int | None) -> bool:
    return code is not None and abs(code) < 2**31


def _merged(statuses: Sequence[tuple[int, Status]]) -> list[_Merged]:
    by_message: dict[tuple[int, str], _Merged] = {}
    for channel_id, status in statuses:
        status_came(status.status).inc()
        if status.status in _OF_STATUS and len(status.provider_id) <= LONGEST_ID:
            key = (channel_id, status.provider_id)
            by_message.setdefault(key, _Merged(channel_id, [])).statuses.append(status)
    return list(by_message.values())


async def _park(db: Raw, orphans: Sequence[_Merged]) -> None:
    flat = [(one.channel_id, status) for one in orphans for status in one.statuses]
    await db.execute(
        """INSERT INTO parked_statuses (channel_id, provider_id, status)
           SELECT * FROM unnest($1::bigint[], $2::text[], $3::jsonb[])""",
        [channel for channel, _ in flat],
        [status.provider_id for _, status in flat],
        [orjson.dumps(status._asdict()).decode() for _, status in flat],
    )


async def match_parked(db: Raw) -> None:
    """Statuses parked in the very moment in which their message became known: a job."""
    rows = await db.fetch(
        "SELECT p.provider_id FROM parked_statuses p JOIN outbox o USING (provider_id, channel_id)"
    )
    if rows:
        await unpark(db, [row["provider_id"] for row in rows])


async def sweep(db: Raw, days: float) -> int:
    """Forget what no message of ours was found for: another program's on the same number.
    Answers how many."""
    rows = await db.fetch(
        """DELETE FROM parked_statuses WHERE received_at < now() - make_interval(secs => $1)
           RETURNING id""",
        days * 86_400,
    )
    return len(rows)


async def unpark(db: Raw, provider_ids: Sequence[str]) -> None:
    """Apply what came before these messages were known by their provider's id."""
    rows = await db.fetch(
        """DELETE FROM parked_statuses WHERE provider_id = ANY($1::text[])
           RETURNING channel_id, status""",
        provider_ids,
    )
    if rows:
        await apply(db, [(row["channel_id"], _status(row["status"])) for row in rows])


def _status(stored: dict[str, Any]) -> Status:
    return Status(**{**stored, "at": datetime.fromisoformat(stored["at"])})
