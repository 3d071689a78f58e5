"""How many messages ever ended how, without counting the whole inbox each time."""

from collections import Counter
from typing import Any

STATES = ("answered", "ignored", "parked", "waiting")
CHUNK = 500_000  # rows one statement counts
SETTLED_SECONDS = 120  # rows this old cannot be followed by an older one still being written


class InboxTally:
    """Remembers what is final up to some row; counts anew only what came after it, and what
    was still open then.
    """

    def __init__(self) -> None:
        self._final: Counter[str] = Counter()  # answered and ignored, up to `_upto`
        self._upto = 0
        self._open: list[int] = []  # up to `_upto`, and not final when last seen

    async def count(self, db: Any) -> dict[str, int]:
        """Rows by state, of one moment: they add up to all that was ever stored."""
        async with db.transaction(isolation="repeatable_read", readonly=True):
            await self._advance(db)
            rows = await db.fetch(
                """SELECT state, count(*) FROM inbox WHERE id > $1 OR id = ANY($2::bigint[])
                   GROUP BY state""",
                self._upto,
                self._open,
            )
        now = self._final + Counter({row["state"]: row["count"] for row in rows})
        return {state: now[state] for state in {*STATES, *now}}

    async def _advance(self, db: Any) -> None:
        """Take up what has become old enough to stay in its place."""
        newest = await db.fetchval(
            """SELECT id FROM inbox WHERE received_at < now() - make_interval(secs => $1)
               ORDER BY id DESC LIMIT 1""",
            SETTLED_SECONDS,
        )
        while newest is not None and self._upto < newest:
            upto = min(self._upto + CHUNK, newest)
            await self._take_up(db, upto)
        await self._close(db)

    async def _take_up(self, db: Any, upto: int) -> None:
        rows = await db.fetch(
            """SELECT state, count(*), array_agg(id) FILTER (WHERE state IN ('waiting', 'parked'))
                      AS open
               FROM inbox WHERE id > $1 AND id <= $2 GROUP BY state""",
            self._upto,
            upto,
        )
        for row in rows:
            if row["open"]:
                self._open += row["open"]
            else:
                self._final[row["state"]] += row["count"]
        self._upto = upto

    async def _close(self, db: Any) -> None:
        """What was open and has ended since is final."""
        if not self._open:
            return
        rows = await db.fetch(
            "SELECT id, state FROM inbox WHERE id = ANY($1::bigint[])"
            " AND state NOT IN ('waiting', 'parked')",
            self._open,
        )
        self._final.update(row["state"] for row in rows)
        ended = {row["id"] for row in rows}
        self._open = [each for each in self._open if each not in ended]
