"""One person's bubbles on one of our numbers: leased to a sender, sent in order, given back.

A lane may be leased (bot/lease.py) when it is open and nothing in it is unsettled: neither in
the hands of a sender, nor of unknown outcome. Rows a dead sender held become unknown when its
lease has run out; they are repeated only when no status told in time that they had arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.database.connections import Raw
from bot.lease import WAITS
from bot.outbox import MAY_HAVE_ARRIVED, Mark, State

JUST_NOW = 2.0  # seconds: statuses that wait longer are waited for before anything is repeated


async def renew(db: Raw, channel_id: int, leases: Mapping[int, str], seconds: float) -> list[int]:
    """Keep these lanes, each by its person with its lease, a while longer, but for those just
    being given back, and those of a sender that was thought dead: what it held is unknown, and
    will be repeated. Answers whose they are."""
    rows = await db.fetch(
        """WITH ours AS (
               SELECT user_id FROM recipients
               WHERE channel_id = $1 AND user_id = ANY($3::bigint[])
                 AND (lease, user_id) IN (SELECT * FROM unnest($2::uuid[], $3::bigint[]))
                 AND NOT EXISTS (
                   SELECT FROM outbox u WHERE u.user_id = recipients.user_id
                   AND u.channel_id = $1 AND u.state = 'unknown')
               FOR UPDATE SKIP LOCKED)
           UPDATE recipients r SET closed_until = now() + make_interval(secs => $4)
           FROM ours WHERE r.channel_id = $1 AND r.user_id = ours.user_id
           RETURNING r.user_id""",
        channel_id,
        list(leases.values()),
        list(leases),
        seconds,
    )
    return [row["user_id"] for row in rows]


async def open_lanes(db: Raw, lanes: Sequence[tuple[int, int]]) -> None:
    """Something that held these lanes up is settled: where it was the last, the next bubble
    may go. The lanes, as (number, person), are locked first: two that each settle one of two
    sends at once then see each other."""
    columns = [channel_id for channel_id, _ in lanes], [user_id for _, user_id in lanes]
    await db.execute(
        """SELECT FROM recipients r WHERE (channel_id, user_id) IN (
               SELECT * FROM unnest($1::bigint[], $2::bigint[]))
           ORDER BY channel_id, user_id FOR UPDATE""",
        *columns,
    )
    await db.execute(
        """UPDATE recipients AS r SET closed_until = now(), lease = NULL
           FROM unnest($1::bigint[], $2::bigint[]) AS l(channel_id, user_id)
           WHERE r.channel_id = l.channel_id AND r.user_id = l.user_id AND NOT EXISTS (
               SELECT FROM outbox u WHERE u.user_id = r.user_id AND u.channel_id = r.channel_id
               AND u.state IN ('sending', 'unknown'))""",
        *columns,
    )
    await db.execute("SELECT pg_notify('outbox', '')")


@dataclass(frozen=True, slots=True)
class Opening:
    """A lane that is given back: what came of its bubbles, for how long it stays closed, and its
    pace clock."""

    user_id: int
    closed: float  # seconds
    pace_at: datetime
    lease: str  # under which it was sent, each time another: what is told late moves nothing
    marks: Sequence[Mark] = ()


_OURS = "(m.lease, o.user_id) IN (SELECT lease, user_id FROM held)"
_BACK = f"(m.state = 'waiting' AND o.state IN ('sending', 'unknown') AND {_OURS})"
_NOT_SENT = f"(m.state = 'skipped' AND o.state = 'unknown' AND {_OURS})"
_NEWS = f"(m.state >= o.state AND (m.state <> 'unknown' OR {_OURS}) OR {_BACK} OR {_NOT_SENT})"
_DOUBT = f"""CASE WHEN o.outcome_lost_at IS NOT NULL AND m.state IN ('skipped', 'failed')
                         THEN '; {MAY_HAVE_ARRIVED}' ELSE '' END"""
_WRITE_DOWN = f"""
    WITH locked AS MATERIALIZED (
        SELECT id FROM outbox WHERE id = ANY($3::bigint[]) ORDER BY id FOR UPDATE),
    held AS (
        SELECT user_id, lease FROM recipients
        WHERE channel_id = $1 AND user_id = ANY($9::bigint[])
          AND (lease, user_id) IN (SELECT * FROM unnest($2::uuid[], $9::bigint[]))),
    marked AS (
        UPDATE outbox AS o
        SET state = CASE WHEN {_BACK} THEN 'waiting' WHEN {_NEWS} THEN m.state ELSE o.state END,
            attempts = o.attempts - CASE WHEN {_BACK} AND NOT m.tried THEN 1 ELSE 0 END,
            provider_id = coalesce(m.provider_id, o.provider_id),
            reason = CASE WHEN {_NEWS} THEN m.reason || {_DOUBT} ELSE o.reason END,
            error_code = CASE WHEN {_NEWS} THEN m.error_code ELSE o.error_code END,
            sent_at = CASE WHEN m.state = 'sent' THEN coalesce(o.sent_at, now())
                           ELSE o.sent_at END,
            failed_at = CASE WHEN m.state = 'failed' AND {_NEWS} THEN now()
                             ELSE o.failed_at END
        FROM unnest($3::bigint[], $4::outbox_state[], $5::text[], $6::text[], $7::int[],
                    $8::bool[], $12::uuid[])
                 AS m(id, state, provider_id, reason, error_code, tried, lease)
             JOIN locked ON locked.id = m.id
        WHERE o.id = m.id
        RETURNING o.user_id, m.state AS told, o.state AS state),
    unsure AS (
        SELECT user_id, bool_or(state = 'unknown') AS still
        FROM marked WHERE told = 'unknown' GROUP BY user_id),
    opened AS (
        UPDATE recipients AS r
        SET pace_at = l.pace_at, lease = CASE WHEN unsure.still THEN r.lease END,
            closed_until = now() + make_interval(secs =>
                CASE WHEN NOT unsure.still THEN 0 ELSE l.closed END)
        FROM unnest($9::bigint[], $10::float8[], $11::timestamptz[], $2::uuid[])
             AS l(user_id, closed, pace_at, lease) LEFT JOIN unsure ON unsure.user_id = l.user_id
        WHERE r.user_id = l.user_id AND r.channel_id = $1 AND r.lease = l.lease)
    SELECT EXISTS (SELECT FROM parked_statuses WHERE provider_id = ANY($5::text[])),
           EXISTS (SELECT FROM outbox WHERE user_id = ANY($9::bigint[]) AND channel_id = $1
                   AND state IN ('waiting', 'sending', 'unknown') AND {WAITS})"""


_RANK = {state: n for n, state in enumerate(State)}


class Written(NamedTuple):
    """What is found when outcomes are written down."""

    early: bool  # statuses are parked that came before we knew these provider's ids
    more: bool  # something waited in these lanes meanwhile


async def write_down(db: Raw, channel_id: int, lanes: Sequence[Opening]) -> Written:
    """Outcomes and lanes in one statement; a status that was quicker is not overwritten. It may
    be repeated where the database did not answer: by then the lane may be leased anew.

    Rows are locked in the order of their ids, so that marks and statuses never wait in a
    circle. A send of unknown outcome that its status has settled by now closes no lane; what
    was not sent, or perhaps, is told only as long as the lane is still under that lease, even if
    the sender was thought dead meanwhile: nobody knows better, and what is behind it must wait.
    """
    told = _furthest(lanes)
    marks = [mark for mark, _ in told]
    row = await db.fetchrow(
        _WRITE_DOWN,
        channel_id,
        [lane.lease for lane in lanes],
        [m.id for m in marks],
        [m.state.value for m in marks],
        [m.provider_id for m in marks],
        [m.reason for m in marks],
        [m.error_code for m in marks],
        [m.tried for m in marks],
        [lane.user_id for lane in lanes],
        [lane.closed for lane in lanes],
        [lane.pace_at for lane in lanes],
        [lease for _, lease in told],
    )
    return Written(*row)


def _furthest(lanes: Sequence[Opening]) -> list[tuple[Mark, str]]:
    """What to tell of each bubble, and under which lease: of two tries what got further."""
    told: dict[int, tuple[Mark, str]] = {}
    for lane in lanes:
        for mark in lane.marks:
            if mark.id not in told or _RANK[mark.state] >= _RANK[told[mark.id][0].state]:
                told[mark.id] = mark, lane.lease
    return list(told.values())


async def settle_unknown(db: Raw, seconds: float) -> tuple[int, int]:
    """Rows a dead sender left behind become unknown; unknown ones that no status settled
    in `seconds` go back in line, unless what came in until just now is still to be taken apart: it
    may be their status. Answers (newly unknown, back in line)."""
    lost = await db.fetch(
        """UPDATE outbox AS o SET state = 'unknown', reason = 'the sender died'
           FROM recipients r
           WHERE o.state = 'sending' AND r.channel_id = o.channel_id AND r.user_id = o.user_id
             AND r.closed_until <= now()
           RETURNING o.user_id, o.channel_id"""
    )
    if lost:
        await db.execute(
            """UPDATE recipients AS r SET closed_until = now() + make_interval(secs => $3)
               FROM unnest($1::bigint[], $2::bigint[]) AS l(user_id, channel_id)
               WHERE r.user_id = l.user_id AND r.channel_id = l.channel_id""",
            [row["user_id"] for row in lost],
            [row["channel_id"] for row in lost],
            seconds,
        )
    again = await db.fetch(
        """UPDATE outbox AS o SET state = 'waiting', outcome_lost_at = now() FROM recipients r
           WHERE o.state = 'unknown' AND r.channel_id = o.channel_id AND r.user_id = o.user_id
             AND r.closed_until <= now() AND NOT EXISTS (
               SELECT FROM webhooks w WHERE w.failed IS NULL AND w.received_at
                   <= greatest(r.closed_until, now() - make_interval(secs => $1)))
           RETURNING o.id""",
        JUST_NOW,
    )
    if again:
        await db.execute("SELECT pg_notify('outbox', '')")
    return len(lost), len(again)
