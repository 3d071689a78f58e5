"""A person is with a human agent: a lease with an end, which the outbox goes by.

While it lasts the bot is silent. What it had said in answer is skipped; what it has to say of
something that happened (money came, a parcel left) stays true and waits for the end, and so
does bulk. The agent's own words go at once. What the person writes is kept, and not answered.
It ends when the agent hands back or when its time is over, whichever comes first: an agent
who went home leaves nobody in silence.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot import outbox
from bot.channels.reading import READINGS
from bot.database.connections import Raw
from bot.dialog.reply import Reply
from bot.language import DEFAULT
from bot.observe import correlation
from bot.outbox import REPLY, Draft
from services.ground.handovers import AlreadyTaken, NotTaken
from services.ground.tables import At, Base, Id, Ref
from services.ground.transaction import Transaction, driver

MINUTES = 30.0  # an agent has a person for, unless they say otherwise
SILENT = "with a person"  # why a message was not answered, and a bubble not sent


def with_agent(user_id: str) -> str:
    """Within a statement: whether the person of this column is with an agent now."""
    return f"""EXISTS (SELECT FROM handovers h WHERE h.user_id = {user_id}
                       AND h.ended_at IS NULL AND h.until > now())"""


class HandoverRow(Base):
    __tablename__ = "handovers"
    __table_args__ = (
        Index(
            "uq_handovers_live", "user_id", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
        Index("ix_handovers_user_id", "user_id", "id"),
    )

    id: Mapped[Id]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    agent_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    taken_at: Mapped[At] = mapped_column(server_default=text("now()"))
    until: Mapped[At]
    ended_at: Mapped[At | None]
    ended_by: Mapped[str | None] = mapped_column(String(16))  # agent, time


@dataclass(frozen=True, slots=True)
class Handover:
    """An agent has a person until then, unless they hand back before."""

    user_id: int
    agent_id: int
    until: datetime


async def take(db: Raw, user_id: int, agent_id: int, minutes: float = MINUTES) -> Handover:
    """From now on the bot is silent with this person; who has them already has them longer.

    Call it in a transaction: it waits for a turn of theirs that is under way, so that no turn
    after it knows nothing of it. Raises AlreadyTaken.
    """
    await db.execute("SELECT FROM sessions WHERE user_id = $1 FOR UPDATE", user_id)
    await _lapse(db, "user_id = $1", user_id)
    row = await db.fetchrow(
        """INSERT INTO handovers (user_id, agent_id, until)
           VALUES ($1, $2, now() + make_interval(secs => $3))
           ON CONFLICT (user_id) WHERE ended_at IS NULL DO UPDATE
           SET until = greatest(handovers.until, excluded.until)
           WHERE handovers.agent_id = excluded.agent_id
           RETURNING user_id, agent_id, until""",
        user_id,
        agent_id,
        minutes * 60,
    )
    if row is None:
        raise AlreadyTaken(AlreadyTaken.__doc__)
    return Handover(**row)


async def hand_back(db: Raw, user_id: int, agent_id: int) -> None:
    """The bot answers again, and says what it kept. Raises NotTaken."""
    ended = await db.fetchval(
        """UPDATE handovers SET ended_at = now(), ended_by = 'agent'
           WHERE user_id = $1 AND agent_id = $2 AND ended_at IS NULL AND until > now()
           RETURNING id""",
        user_id,
        agent_id,
    )
    if ended is None:
        raise NotTaken(NotTaken.__doc__)
    await _wake(db)


async def say(db: Raw, user_id: int, agent_id: int, reply: Reply) -> None:
    """The agent's own words, on the number the person wrote to last.

    In one transaction with whatever they are about. Raises NotTaken: only who has a person
    speaks to them, so that they are never spoken to by two.
    """
    row = await db.fetchrow(
        """SELECT s.channel_id, c.kind, coalesce(u.language, $3) AS language
           FROM handovers h JOIN sessions s USING (user_id) JOIN users u ON u.id = h.user_id
                JOIN channels c ON c.id = s.channel_id
           WHERE h.user_id = $1 AND h.agent_id = $2 AND h.ended_at IS NULL AND h.until > now()
           FOR UPDATE OF h""",
        user_id,
        agent_id,
        DEFAULT,
    )
    if row is None:
        raise NotTaken(NotTaken.__doc__)
    drafts = [
        Draft(
            row["channel_id"], user_id, None, REPLY, part.json().decode(), row["language"],
            correlation.current(), agent_id,
        )
        for part in READINGS[row["kind"]].parts(reply)
    ]  # fmt: skip
    await outbox.add(db, drafts)


async def current(db: Raw, user_id: int) -> Handover | None:
    """Who has this person now; None: the bot does."""
    row = await db.fetchrow(
        """SELECT user_id, agent_id, until FROM handovers
           WHERE user_id = $1 AND ended_at IS NULL AND until > now()""",
        user_id,
    )
    return Handover(**row) if row else None


async def end_lapsed(db: Raw) -> int:
    """Write down the end of those whose time is over, and say what was kept: a job. The bot
    answers from that time on anyway. Answers how many."""
    if ended := await _lapse(db, "true"):
        await _wake(db)
    return ended


async def _lapse(db: Raw, whose: str, *arguments: int) -> int:
    rows = await db.fetch(
        f"""UPDATE handovers SET ended_at = until, ended_by = 'time'
            WHERE ended_at IS NULL AND until <= now() AND {whose} RETURNING id""",
        *arguments,
    )
    return len(rows)


async def _wake(db: Raw) -> None:
    await db.execute("SELECT pg_notify('outbox', '')")


class OutboxHandovers:
    """The port of the services (services/ground/handovers.py), in their transactions."""

    async def take(self, tx: Transaction, user_id: int, agent_id: int, minutes: float) -> datetime:
        return (await take(await driver(tx.connection), user_id, agent_id, minutes)).until

    async def say(self, tx: Transaction, user_id: int, agent_id: int, words: str) -> None:
        await say(await driver(tx.connection), user_id, agent_id, Reply(words))

    async def hand_back(self, tx: Transaction, user_id: int, agent_id: int) -> None:
        await hand_back(await driver(tx.connection), user_id, agent_id)
