"""The runaway guard: nobody is told the same thing over and over, as when two bots talk.

Counting every bubble in the database would cost each message a statement. So a sender keeps a
rough count of what it sees, in a fixed piece of memory, and only where that looks suspicious
the database is asked, which knows what all senders sent.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.database.connections import Database
from bot.dialog.reply import Reply, reply_from

MOST = 20  # times the same words may reach one person …
WITHIN = timedelta(minutes=10)  # … in so long
SUSPICIOUS = 4  # times that one of several senders may have seen it, when all saw it too often
_SLOTS = 1 << 20  # counters: two bubbles that share one are told apart by the database
_RECENT = 200  # messages of a person that are looked at


class Repeats:
    """What one number said lately. `most` times in `WITHIN`; 0: as often as it likes."""

    def __init__(
        self,
        database: Database,
        channel_id: int,
        clock: Callable[[], datetime],
        most: int = MOST,
    ) -> None:
        self._database = database
        self._channel_id = channel_id
        self._clock = clock
        self._most = most
        self._suspicious = min(SUSPICIOUS, most)
        self._seen = bytearray(_SLOTS)
        self._until = clock() + WITHIN

    async def too_often(self, outbox_id: int, user_id: int, reply: Reply) -> bool:
        """Whether this person has been told this often enough; counts this time as one. The
        bubbles before it in its lane may be in the air: they count as told."""
        said = _words(reply)
        if not self._most or not self._looks_suspicious(user_id, said):
            return False
        before = await self._database.pool.fetch(
            """SELECT o.content::text FROM (
                   SELECT id FROM inbox WHERE user_id = $1 ORDER BY id DESC LIMIT $5) AS i
               JOIN outbox o ON o.inbox_id = i.id
               WHERE o.channel_id = $2 AND o.content ->> 'text' = $3
                 AND o.created_at > now() - $4::interval AND o.id < $6
                 AND o.state IN ('sending', 'unknown', 'sent', 'delivered', 'read')""",
            user_id,
            self._channel_id,
            reply.text,
            WITHIN,
            _RECENT,
            outbox_id,
        )
        times = sum(_words(reply_from(row["content"])) == said for row in before)
        return times >= self._most

    def _looks_suspicious(self, user_id: int, said: object) -> bool:
        if (now := self._clock()) >= self._until:
            self._seen = bytearray(_SLOTS)
            self._until = now + WITHIN
        slot = hash((user_id, said)) % _SLOTS
        count = self._seen[slot] = min(self._seen[slot] + 1, 255)
        return count > self._suspicious


def _words(reply: Reply) -> tuple[object, ...]:
    """All a person sees of a bubble; the ids in its buttons are new each time it is said."""
    labels = tuple((choice.label, choice.description) for choice in reply.choices)
    return reply.text, labels, reply.image, reply.document, reply.link
