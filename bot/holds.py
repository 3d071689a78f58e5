"""What an error holds back beyond the bubble it met: a number, its bulk, a template, a person.

Everything decided here is a row that the lease of every process goes by (bot/lease.py), and
everything ends by itself. A stopped number sends one bubble every few minutes, to see whether
it works again: what stopped it (a token, an unpaid bill, a policy) is mended elsewhere, and
whoever mends it should not have to know of a command here as well. `bot numbers resume` is for
those who do not want to wait.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot import inbox
from bot.channels.errors import Action, Failure
from bot.database.connections import Raw
from bot.observe.metrics import held
from services.ground.tables import At, Base, Ref
from services.people.facts import MarketingRefused

log = structlog.get_logger()

PROBE = 300.0  # seconds between two bubbles of a stopped number
RECOVERY = 60.0  # seconds in which a slowed number would come from nothing back to its whole rate
PAUSE, LONGEST_PAUSE = 60.0, 3600.0  # seconds; twice as long each time in a row
BULK_PAUSE, LONGEST_BULK_PAUSE = 3600.0, 86_400.0
TEMPLATE_HOLD = 3600.0  # seconds; then it is tried again
A_DAY = 86_400.0
SAID_SO = A_DAY  # seconds for which Green API keeps its news for us (providers.md A)

RATE = f"""least(rate, coalesce(slowed_to + rate / {RECOVERY}::float8
                     * extract(epoch FROM now() - slowed_at)::float8, rate))::float8"""
"""Within a statement: how many messages per second the number of this row of `channels` may send
now. Halved when the provider says that it is too many, then a little more each second."""
TEMPLATE_HELD = """(SELECT h.code FROM held_templates h
                    WHERE h.channel_id = $1 AND h.name = p.template
                      AND h.language = p.language AND h.held_until > now())"""
"""Within a statement: the code for which the template of `p` is held, or null."""

# Codes about the parameters of one message; the template itself may be as good as ever.
_OF_ONE_MESSAGE = frozenset((132005, 132008, 132012))


class HeldTemplate(Base):
    """A template the provider refuses: not sent again before it was held for a while."""

    __tablename__ = "held_templates"

    channel_id: Mapped[Ref] = mapped_column(
        ForeignKey("channels.id"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(String(512), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    code: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    held_until: Mapped[At]


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a bubble's failure means for more than the bubble; of no bubble (0), what the provider
    said unasked."""

    action: Action
    channel_id: int
    user_id: int = 0
    outbox_id: int = 0
    code: int = 0
    text: str = ""
    template: str | None = None
    language: str = ""


async def carry_out(db: Raw, found: Sequence[Consequence], probe: float = PROBE) -> None:
    """All of them, in the caller's transaction; again does no more than once. Rows of
    `channels` are locked first, as the lease does. `probe` is in seconds."""
    told: set[tuple[object, ...]] = set()
    for one in sorted(found, key=lambda one: one.action not in OF_NUMBER):
        key = (one.action, one.channel_id, *(() if one.action in OF_NUMBER else (one.outbox_id,)))
        if one.action in _HOW and key not in told:
            told.add(key)
            await _HOW[one.action](db, one, probe)


async def stand(db: Raw, channel_id: int, stands: Failure) -> None:
    """What the provider says of a number unasked. One it says cannot send is not tried before
    its news, if it came, must have reached us: a message that it takes all the same only lies
    in its queue, and shows nothing."""
    log.warning("number.state", channel_id=channel_id, state=stands.text)
    said = Consequence(stands.action, channel_id, code=stands.code, text=stands.text)
    await carry_out(db, [said], SAID_SO)


async def _stop(db: Raw, one: Consequence, probe: float) -> None:
    """Who was to be tried later is not tried earlier for failing once more."""
    newly = await db.fetchval(
        """UPDATE channels
           SET stopped_at = coalesce(before.stopped_at, now()), stopped_code = $2,
               stopped_reason = $3,
               paused_until = greatest(
                   CASE WHEN before.stopped_at IS NOT NULL THEN before.paused_until END,
                   now() + make_interval(secs => $4))
           FROM (SELECT stopped_at, paused_until FROM channels WHERE id = $1 FOR UPDATE) AS before
           WHERE id = $1 RETURNING before.stopped_at IS NULL""",
        one.channel_id,
        one.code,
        one.text[:500],
        probe,
    )
    if newly:
        held(one.action).inc()
        log.error("number.stopped", channel_id=one.channel_id, code=one.code)


async def _resume(db: Raw, one: Consequence, _probe: float) -> None:
    """Bulk stays as it is held: that it may go on is not said."""
    newly = await db.fetchval(
        """UPDATE channels
           SET stopped_at = NULL, stopped_code = NULL, stopped_reason = NULL, paused_until = NULL,
               pauses = 0
           WHERE id = $1 AND (stopped_at IS NOT NULL OR paused_until > now())
           RETURNING (SELECT pg_notify('outbox', '') IS NOT NULL)""",
        one.channel_id,
    )
    if newly:
        log.warning("number.works_again", channel_id=one.channel_id)


async def _pause(db: Raw, one: Consequence, _probe: float) -> None:
    await _pause_by(db, one, "paused_until", "pauses", PAUSE, LONGEST_PAUSE)


async def _pause_bulk(db: Raw, one: Consequence, _probe: float) -> None:
    await _pause_by(db, one, "bulk_paused_until", "bulk_pauses", BULK_PAUSE, LONGEST_BULK_PAUSE)


async def _pause_by(
    db: Raw, one: Consequence, until: str, times: str, first: float, longest: float
) -> None:
    """Several bubbles in the air that fail at once are one reason to pause."""
    seconds = await db.fetchval(
        f"""UPDATE channels
            SET {until} = now() + make_interval(secs => paused.seconds), {times} = paused.times + 1
            FROM (SELECT times, least($2 * 2 ^ least(times, 20), $3::float8) AS seconds
                  FROM (SELECT CASE WHEN {until} > now() - make_interval(secs => $3)
                                    THEN {times} ELSE 0 END AS times
                        FROM channels WHERE id = $1 FOR UPDATE) AS c) AS paused
            WHERE id = $1 AND coalesce({until} <= now(), true) RETURNING paused.seconds""",
        one.channel_id,
        first,
        longest,
    )
    if seconds is not None:
        held(one.action).inc()
        log.error(f"number.{until}", channel_id=one.channel_id, code=one.code, seconds=seconds)


async def _slow(db: Raw, one: Consequence, _probe: float) -> None:
    """Half of what it may send now, but not for each of the many that are refused at once."""
    slowed = await db.fetchval(
        f"""UPDATE channels SET slowed_to = greatest(1, {RATE} / 2), slowed_at = now()
            WHERE id = $1 AND coalesce(slowed_at < now() - interval '1 second', true)
            RETURNING slowed_to""",
        one.channel_id,
    )
    if slowed is not None:
        held(one.action).inc()
        log.warning("number.slowed", channel_id=one.channel_id, rate=round(slowed, 1))


async def _hold_template(db: Raw, one: Consequence, _probe: float) -> None:
    log.error("template.refused", channel_id=one.channel_id, template=one.template, code=one.code)
    if one.template is None or one.code in _OF_ONE_MESSAGE:
        return
    held(one.action).inc()
    await db.execute(
        """INSERT INTO held_templates (channel_id, name, language, code, reason, held_until)
           VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
           ON CONFLICT (channel_id, name, language) DO UPDATE
           SET code = excluded.code, reason = excluded.reason, held_until = excluded.held_until""",
        one.channel_id,
        one.template[:512],
        one.language,
        one.code,
        one.text[:500],
        TEMPLATE_HOLD,
    )


async def let_go(db: Raw, account: str, name: str, language: str) -> None:
    """The provider says that a template may be sent: on all numbers of the account, and on those
    whose account nobody told us."""
    lifted = await db.fetch(
        """DELETE FROM held_templates h USING channels c
           WHERE c.id = h.channel_id AND c.kind = 'cloud' AND c.scope IN ($1, c.address)
             AND h.name = $2 AND h.language = $3 RETURNING h.channel_id""",
        account,
        name,
        language,
    )
    for row in lifted:
        log.warning("template.works_again", channel_id=row["channel_id"], template=name)


async def _unreachable(db: Raw, one: Consequence, _probe: float) -> None:
    """Until they write again, nothing goes there that they have not asked for."""
    await db.execute(
        """UPDATE recipients SET unreachable_at = now()
           WHERE user_id = $1 AND channel_id = $2""",
        one.user_id,
        one.channel_id,
    )


async def _refused_marketing(db: Raw, one: Consequence, _probe: float) -> None:
    """Their stop is theirs to keep: their next turn writes it into the ledger."""
    await inbox.tell(db, MarketingRefused(user_id=one.user_id, outbox_id=one.outbox_id))


async def _wait_a_day(db: Raw, one: Consequence, _probe: float) -> None:
    """This bubble steps out of line; the ones behind it go on."""
    await db.execute(
        """UPDATE outbox SET not_before = now() + make_interval(secs => $2)
           WHERE id = $1 AND state IN ('sending', 'waiting')""",
        one.outbox_id,
        A_DAY,
    )


async def resume(db: Raw, channel_id: int) -> bool:
    """An operator's word: take everything away that holds the number back, its templates too.
    Answers whether there was anything."""
    templates = await db.fetch(
        "DELETE FROM held_templates WHERE channel_id = $1 RETURNING name", channel_id
    )
    row = await db.fetchrow(
        """UPDATE channels
           SET stopped_at = NULL, stopped_code = NULL, stopped_reason = NULL, paused_until = NULL,
               pauses = 0, bulk_paused_until = NULL, bulk_pauses = 0, slowed_to = NULL,
               slowed_at = NULL
           WHERE id = $1 AND num_nonnulls(stopped_at, paused_until, bulk_paused_until, slowed_at)
                             > 0
           RETURNING (SELECT pg_notify('outbox', ''))""",
        channel_id,
    )
    return row is not None or bool(templates)


async def probed(db: Raw, channel_id: int, works: bool | None) -> None:
    """What the probe of a stopped number showed: it works; it does not, which `_stop` has
    written down; or nothing (None), as it was not sent at all, and the next one may go at
    once."""
    if works:
        await db.execute(
            """UPDATE channels SET stopped_at = NULL, stopped_code = NULL, stopped_reason = NULL,
                                   paused_until = NULL, pauses = 0
               WHERE id = $1 AND stopped_at IS NOT NULL""",
            channel_id,
        )
        log.warning("number.works_again", channel_id=channel_id)
    elif works is None:
        await db.execute(
            "UPDATE channels SET paused_until = now() WHERE id = $1 AND stopped_at IS NOT NULL",
            channel_id,
        )


OF_NUMBER = frozenset(
    (
        Action.STOP_CHANNEL,
        Action.PAUSE_NUMBER,
        Action.PAUSE_CAMPAIGNS,
        Action.SLOW_NUMBER,
        Action.RESUME,
    )
)
_HOW: dict[Action, Callable[[Raw, Consequence, float], Awaitable[None]]] = {
    Action.STOP_CHANNEL: _stop,
    Action.RESUME: _resume,
    Action.PAUSE_NUMBER: _pause,
    Action.PAUSE_CAMPAIGNS: _pause_bulk,
    Action.SLOW_NUMBER: _slow,
    Action.DISABLE_TEMPLATE: _hold_template,
    Action.UNREACHABLE: _unreachable,
    Action.SUPPRESS_MARKETING: _refused_marketing,
    Action.WAIT_DAY: _wait_a_day,
}
CARRIED_OUT = frozenset(_HOW)
"""Actions that mean something for more than the bubble, or for its place in line."""
