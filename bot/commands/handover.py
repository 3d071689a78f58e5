"""`bot handover`: an operator takes a person, speaks to them, and hands them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot import handover
from bot.dialog.reply import Reply


class Unknown(Exception):
    """Nobody is reached by this phone or id."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Somebody who is with an agent now; both as ids and names."""

    user_id: int
    name: str | None
    agent_id: int
    agent: str | None
    until: datetime
    unanswered: int  # messages the bot left to the agent


async def find(db: Any) -> list[Talk]:
    rows = await db.fetch(
        """SELECT h.user_id, u.name, h.agent_id, a.name AS agent, h.until,
                  (SELECT count(*) FROM inbox i
                   WHERE i.user_id = h.user_id AND i.received_at >= h.taken_at
                     AND i.state = 'ignored' AND i.reason = $1)::int AS unanswered
           FROM handovers h JOIN users u ON u.id = h.user_id JOIN users a ON a.id = h.agent_id
           WHERE h.ended_at IS NULL AND h.until > now() ORDER BY h.id""",
        handover.SILENT,
    )
    return [Talk(**row) for row in rows]


def as_text(talks: Sequence[Talk]) -> str:
    if not talks:
        return "Nobody is with a person."
    return "\n".join(
        f"{one.user_id:>8}  {one.name or ''}  with {one.agent_id} {one.agent or ''}"
        f"  until {one.until:%H:%M:%S}Z, {one.unanswered} messages left to them"
        for one in talks
    )


async def person(db: Any, who: str) -> int:
    """The person of a phone, another id of theirs, or a user id ("#17"). Raises Unknown."""
    found = await db.fetchval(
        """SELECT user_id FROM user_identities
           WHERE value = ANY($1::text[]) AND retired_at IS NULL
           UNION ALL SELECT id FROM users WHERE '#' || id = $2 LIMIT 1""",
        [who, "+" + "".join(filter(str.isdigit, who))],
        who,
    )
    if found is None:
        raise Unknown(f"{who}: {Unknown.__doc__}")
    return int(found)


async def take(db: Any, who: str, agent: str, minutes: float) -> datetime:
    """Raises Unknown, AlreadyTaken."""
    taken = await handover.take(db, await person(db, who), await person(db, agent), minutes)
    return taken.until


async def say(db: Any, who: str, agent: str, words: str) -> None:
    """Raises Unknown, NotTaken."""
    await handover.say(db, await person(db, who), await person(db, agent), Reply(words))


async def back(db: Any, who: str, agent: str) -> None:
    """Raises Unknown, NotTaken."""
    await handover.hand_back(db, await person(db, who), await person(db, agent))
