"""What the turns of one transaction leave to be written, all in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain

from bot import inbox, outbox, sessions
from bot.database.connections import Raw
from bot.inbox import Closed
from bot.observe.metrics import ANSWERED, PARKED, ignored
from bot.outbox import Draft
from bot.replay import recordings
from bot.sessions import Kept

_PARTS = (sessions.KEPT, outbox.DRAFTS, inbox.CLOSED, recordings.KEPT)
_FIRST = accumulate((len(part.types) for part in _PARTS), initial=1)
_KEPT, _DRAFTS, _CLOSED, _RECORDED = (part.sql(n) for part, n in zip(_PARTS, _FIRST, strict=False))
_WRITE = f"""
    WITH kept AS ({_KEPT}), said AS ({_DRAFTS} RETURNING id), closed AS ({_CLOSED}),
         recorded AS ({_RECORDED})
    SELECT pg_notify('outbox', '') FROM said LIMIT 1"""


@dataclass(slots=True)
class Desk:
    kept: list[Kept] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)  # written already: why, to be counted
    recorded: list[recordings.Kept] = field(default_factory=list)

    def record(self, turn: recordings.Kept | None) -> None:
        if turn is not None:
            self.recorded.append(turn)

    async def write(self, db: Raw) -> None:
        rows: list[Sequence[tuple[object, ...]]]
        rows = [self.kept, self.drafts, self.closed, self.recorded]
        if any(rows):
            values = [part.values(each) for part, each in zip(_PARTS, rows, strict=True)]
            await db.execute(_WRITE, *chain.from_iterable(values))

    def count(self) -> None:
        """Once it is on disk."""
        for closed in self.closed:
            why = closed.counted_as
            ignored(why).inc() if why else ANSWERED.inc()
        for why in self.parked:
            PARKED.labels(why).inc()
