"""What the turns of one transaction leave to be written, all in a few statements."""

from dataclasses import dataclass, field

from bot import inbox, outbox, sessions
from bot.database.connections import Raw
from bot.inbox import Closed
from bot.observe.metrics import ANSWERED, PARKED, ignored
from bot.outbox import Draft
from bot.replay import recordings
from bot.sessions import Kept


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
        if self.kept:
            await sessions.save(db, self.kept)
        if self.drafts:
            await outbox.add(db, self.drafts)
        if self.closed:
            await inbox.done(db, self.closed)
        if self.recorded:
            await recordings.keep(db, self.recorded)

    def count(self) -> None:
        """Once it is on disk."""
        for closed in self.closed:
            why = closed.counted_as
            ignored(why).inc() if why else ANSWERED.inc()
        for why in self.parked:
            PARKED.labels(why).inc()
