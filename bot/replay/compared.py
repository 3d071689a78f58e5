"""Turns taken again and set beside what they led to then."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.database.connections import Database
from bot.observe.story import Story
from bot.replay import recordings, unrecorded
from bot.replay.again import Candidate
from bot.replay.difference import Difference, differences
from bot.replay.playback import Live
from bot.replay.recording import UnreadableRecording, unpacked
from bot.replay.unrecorded import Untakeable

TODAY = "not recorded: taken again on the data of today, which may have changed since"


@dataclass(frozen=True, slots=True)
class Compared:
    """One turn, then and now. `new` statements were answered by the data of today."""

    inbox_id: int
    user_id: int | None
    step_before: str | None
    is_recorded: bool
    differences: Sequence[Difference] = ()
    new: int = 0
    unasked: int = 0
    note: str | None = None
    problem: str | None = None  # why it could not be taken again

    @property
    def differs(self) -> bool:
        return bool(self.differences)


@dataclass(frozen=True, slots=True)
class Trial:
    """A candidate, and the database with the turns it is tried on. Writes nothing."""

    candidate: Candidate
    database: Database
    brand: str  # for what was not recorded

    async def recorded(self, found: recordings.Found) -> Compared:
        id_, user_id, step, body = found
        try:
            recording = unpacked(id_, body)
        except UnreadableRecording as error:
            return Compared(id_, user_id, step, True, problem=f"cannot be read: {error}")
        async with Live(self.database.engine) as live:
            taken = await self.candidate.play(recording, live)
        differ = differences(recording.outcome, taken.outcome)
        return Compared(id_, user_id, step, True, differ, taken.new, taken.unasked)

    async def told(self, db: Any, told: Story) -> Compared:
        """A turn that was not recorded."""
        known = told.id, told.user_id, told.step_before, False
        try:
            scene = await unrecorded.scene(db, told, self.candidate.dialog, self.brand)
        except Untakeable as why:
            return Compared(*known, problem=str(why))
        async with Live(self.database.engine) as live:
            taken = await self.candidate.take(told.id, scene, await live.transaction())
        then = unrecorded.outcome(told)
        differ = differences(then, unrecorded.as_known(taken, then))
        return Compared(*known, differ, note=TODAY)
