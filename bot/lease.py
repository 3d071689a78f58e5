"""Leasing lanes to a sender: one statement, in which everything that keeps a bubble back is.

The number's rate and holds, the person's pace, order and priority, hand-overs, stops and
unreachable people: what is decided here holds for all senders together.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.database.connections import Raw
from bot.handover import SILENT, with_agent
from bot.holds import PROBE, RATE, TEMPLATE_HELD
from bot.outbox import REPLY
from bot.recipients import PACE_BURST, PACE_SECONDS

BURST = 0.1  # seconds of its rate that a number may save up
PER_LANE = 20  # bubbles of one person that a lease takes: the others wait for their turn


@dataclass(frozen=True, slots=True)
class Line:
    """One bubble in a leased lane."""

    id: int
    user_id: int
    inbox_id: int | None
    content: str
    language: str
    attempts: int
    created_at: datetime
    correlation_id: str | None = None
    priority: int = REPLY
    skip: str | None = None  # why it must not be said, or not any more
    template_held: int | None = None  # the provider's code, where its template is of no use now


@dataclass(frozen=True, slots=True)
class Lane:
    """Everything that waits for one person on one number, and how to reach them."""

    user_id: int
    address_kind: str
    address: str
    talked_at: datetime | None  # None: they last wrote to another number, or never
    last_message_id: str | None
    pace_at: datetime
    lines: list[Line]
    probing: bool = False  # the number is stopped: this shows whether it still must be


@dataclass(frozen=True, slots=True)
class Leased:
    """What a lease gave. `patience`: seconds until the number's rate lets anything go;
    `bulk_patience`: until it lets bulk go that waits, while replies may."""

    lanes: list[Lane]
    patience: float = 0.0
    bulk_patience: float = 0.0


_WITH_AGENT = with_agent("r.user_id")
_OPEN = """r.closed_until <= now() AND (r.lease IS NULL OR NOT EXISTS (
               SELECT FROM outbox u WHERE u.user_id = r.user_id AND u.channel_id = r.channel_id
               AND u.state IN ('sending', 'unknown')))"""

# This statement is planned once, maybe while the tables are empty, when reading all that waits for
# every lane looks cheap. So it says how: lanes are looked up one by one (OFFSET 0, ANY(ARRAY …)),
# and the state as a text is no way into the index of all that waits.
WAITS = "state::text = 'waiting'"

# Bulk leaves half of what the number may have saved up to whoever is answered next, and goes one
# bubble a person at a time, so that no answer of theirs waits behind several.
_LEASE = f"""
    WITH number AS MATERIALIZED (
        SELECT *, floor(CASE WHEN held THEN 0 WHEN stopped THEN least(1, tokens)
                             ELSE tokens END)::bigint AS allowed,
               floor(CASE WHEN held OR bulk_held THEN 0 WHEN stopped THEN least(1, tokens)
                          ELSE least($6, tokens - reserve) END)::bigint AS bulk
        FROM (SELECT *, rate * least(
                         burst, burst + extract(epoch FROM now() - next_send_at)::float8) AS tokens,
                     least(rate * burst / 2, rate * burst - 1.25) AS reserve
              FROM (SELECT *, greatest({BURST}, 1.5 / rate) AS burst
                    FROM (SELECT {RATE} AS rate, next_send_at, stopped_at IS NOT NULL AS stopped,
                                 coalesce(paused_until > now(), false) AS held,
                                 coalesce(bulk_paused_until > now(), false) AS bulk_held
                          FROM channels WHERE id = $1 FOR UPDATE) AS c) AS c) AS c),
    head AS (
        SELECT o.user_id, min(o.priority) AS priority, min(o.id) AS first
        FROM (SELECT *, row_number() OVER (ORDER BY priority, id) AS n
              FROM (SELECT w.user_id, w.priority, w.id
                    FROM outbox w CROSS JOIN LATERAL (
                        SELECT FROM recipients r
                        WHERE r.user_id = w.user_id AND r.channel_id = $1 AND {_OPEN}
                          AND (w.priority = 0 OR w.said_by IS NOT NULL OR NOT {_WITH_AGENT})
                        OFFSET 0) AS open
                    WHERE w.state = 'waiting' AND w.not_before IS NULL AND w.channel_id = $1
                      AND w.priority <= (SELECT CASE WHEN bulk > 0 THEN 2 ELSE 1 END FROM number)
                    ORDER BY w.priority, w.id
                    LIMIT (SELECT greatest(0, least($4, allowed)) FROM number)) AS o) AS o
        WHERE o.priority < 2 OR o.n <= (SELECT bulk FROM number)
        GROUP BY o.user_id),
    mine AS (
        SELECT r.user_id FROM recipients r
        WHERE r.channel_id = $1 AND {_OPEN} AND r.user_id = ANY(ARRAY(
            SELECT user_id FROM head ORDER BY priority, first LIMIT $5))
        FOR UPDATE OF r SKIP LOCKED),
    leased AS (
        UPDATE recipients AS r
        SET lease = $2::uuid, closed_until = now() + make_interval(secs => $3)
        FROM mine LEFT JOIN sessions s ON s.user_id = mine.user_id AND s.channel_id = $1
        WHERE r.user_id = mine.user_id AND r.channel_id = $1
        RETURNING r.user_id, r.address_kind, r.address, s.talked_at, s.last_message_id, r.pace_at,
                  coalesce(r.unreachable_at > coalesce(s.talked_at, '-infinity'), false)
                      AS unreachable, {_WITH_AGENT} AS with_agent,
                  greatest(1, least({PER_LANE}, {PACE_BURST} + floor(
                      extract(epoch FROM now() - r.pace_at) / {PACE_SECONDS})))::int AS room),
    picked AS (
        UPDATE outbox AS o SET state = 'sending', attempts = attempts + 1
        WHERE o.id = ANY(ARRAY(
                  SELECT w.id FROM (
                      SELECT w.id, w.priority,
                             row_number() OVER (ORDER BY w.priority = 2, w.id) AS n
                      FROM leased CROSS JOIN LATERAL (
                          SELECT id, priority,
                                 row_number() OVER (PARTITION BY priority = 2 ORDER BY id) AS nth
                          FROM outbox
                          WHERE user_id = leased.user_id AND channel_id = $1
                            AND state IN ('waiting', 'sending', 'unknown') AND {WAITS}
                            AND not_before IS NULL
                            AND (priority = 0 OR said_by IS NOT NULL OR NOT leased.with_agent)
                          ORDER BY priority = 2, id LIMIT leased.room) AS w
                      WHERE w.priority < 2 OR w.nth = 1) AS w, number
                  WHERE w.n <= CASE WHEN w.priority = 2 THEN number.bulk
                                    ELSE least($4, number.allowed) END))
          AND o.{WAITS}
        RETURNING o.id, o.user_id, o.inbox_id, o.content::text, o.language, o.attempts,
                  o.created_at, o.correlation_id, o.priority, o.said_by,
                  o.content #>> '{{template,name}}' AS template),
    paid AS (
        UPDATE channels
        SET next_send_at = greatest(
                next_send_at, now() - make_interval(secs => (SELECT burst FROM number)::float8))
            + make_interval(secs => (SELECT count(*) FROM picked) / (SELECT rate FROM number)),
            paused_until = CASE WHEN stopped_at IS NULL THEN paused_until
                                ELSE now() + make_interval(secs => $7) END
        WHERE id = $1 AND EXISTS (SELECT FROM picked))
    SELECT CASE WHEN number.allowed <= 0 AND NOT number.held THEN 1 / number.rate
                ELSE 0 END AS patience,
           CASE WHEN number.bulk > 0 OR number.held OR number.bulk_held OR $6 <= 0 THEN 0
                WHEN EXISTS (SELECT FROM outbox WHERE state = 'waiting' AND not_before IS NULL
                             AND channel_id = $1 AND priority = 2)
                THEN (1 + reserve - tokens) / number.rate ELSE 0 END AS bulk_patience,
           number.stopped, l.user_id AS lane, l.address_kind, l.address, l.talked_at,
           l.last_message_id, l.pace_at,
           CASE WHEN p.said_by IS NULL AND l.with_agent THEN '{SILENT}'
                WHEN p.priority > 0 AND l.unreachable THEN 'unreachable'
                WHEN p.priority = 2 AND EXISTS (
                    SELECT FROM users u
                    WHERE u.id = p.user_id AND u.marketing_stopped_at IS NOT NULL)
                THEN 'marketing stopped' END AS skip,
           CASE WHEN p.template IS NOT NULL THEN {TEMPLATE_HELD} END AS template_held, p.*
    FROM number LEFT JOIN leased l ON true LEFT JOIN picked p ON p.user_id = l.user_id
    ORDER BY p.priority = 2, p.id"""


async def lease(
    db: Raw,
    channel_id: int,
    lease_id: str,
    seconds: float,
    people: int,
    most: int,
    bulk: int,
    probe: float = PROBE,
) -> Leased:
    """Lease lanes of those who wait longest, highest priority first: up to `people` of them,
    `most` bubbles in all, `bulk` of them bulk, within the number's rate (a generic cell rate,
    kept as a clock in the number's row) and each person's pace. One person's bubbles keep the
    order they were said in; only bulk waits for the rest. A number that is held back gives
    nothing; one that is stopped one bubble every `probe` seconds. What must not be said is
    leased as well, to be written down as skipped. One statement: it is on the way of every
    message.
    """
    rows = await db.fetch(_LEASE, channel_id, lease_id, seconds, most, people, bulk, probe)
    lanes: dict[int, Lane] = {}
    for row in rows:
        if (user_id := row["lane"]) is None:
            continue
        lane = lanes.get(user_id)
        if lane is None:
            lanes[user_id] = lane = Lane(
                user_id, row["address_kind"], row["address"], row["talked_at"],
                row["last_message_id"], row["pace_at"], [], row["stopped"],
            )  # fmt: skip
        if row["id"] is not None:
            lane.lines.append(
                Line(
                    row["id"], user_id, row["inbox_id"], row["content"], row["language"],
                    row["attempts"], row["created_at"], row["correlation_id"], row["priority"],
                    row["skip"], row["template_held"],
                )
            )  # fmt: skip
    return Leased(list(lanes.values()), rows[0]["patience"], rows[0]["bulk_patience"])
