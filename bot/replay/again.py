"""Taking a turn again: a recorded one from its recording, another on the data of today."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot import heard
from bot.channels.channel import Channel
from bot.channels.reading import READINGS, Reading
from bot.dialog import Dialog, Reply
from bot.inbox import Waiting
from bot.observe import correlation
from bot.replay.playback import Live, Playback
from bot.replay.questions import Failure
from bot.replay.recording import Outcome, Recording, Scene
from bot.sessions import Claimed
from bot.turns import Serve, Turns, Visit
from bot.worker import BUDGET
from services import Services
from services.ground.transaction import Transaction

ServeAs = Callable[..., Services]
"""(brand, transaction, person, now): the services of a turn."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A turn taken again. `new` statements were not in the recording, `unasked` only in it."""

    outcome: Outcome
    new: int = 0
    unasked: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """The code that is tried: its dialog and services, and the kinds of our numbers by id."""

    dialog: Dialog
    serve: ServeAs
    kinds: dict[int, str]

    async def play(self, recording: Recording, live: Live) -> Taken:
        """A recorded turn once more."""
        tx = Playback(recording.asked, live.transaction)
        outcome = await self.take(recording.inbox_id, recording.scene, tx)
        return Taken(outcome, tx.new, tx.unasked)

    async def take(self, inbox_id: int, scene: Scene, tx: Transaction) -> Outcome:
        """The turn that this code takes from here; an exception is an outcome like others."""
        turns = self._turns(scene)
        correlation.bind(scene.correlation_id)
        try:
            async with asyncio.timeout(turns.budget):
                message = _message(inbox_id, scene)
                visit = _visit(turns, scene, message)
                run = heard.alone(message, heard.said_again(scene.said))
                said = turns.listen(visit, run)
                turn, spoken = await turns.answer(visit, run, said, tx, scene.now)
            return turns.outcome(turn, spoken, turns.drafts(visit, message, turn, spoken))
        except Exception as error:
            return Outcome(failure=Failure.of(error))
        finally:
            correlation.bind(None)

    def _turns(self, scene: Scene) -> Turns:
        serve: Serve = partial(self.serve, scene.brand)
        channels: dict[int, Channel | Reading] = {
            id_: READINGS[kind] for id_, kind in self.kinds.items()
        }
        return Turns(self.dialog, channels, serve, _nothing, BUDGET, lambda: scene.now)


def _nothing() -> Reply:
    """The apology is for who waits; here nobody does."""
    return Reply("")


def _visit(turns: Turns, scene: Scene, message: Waiting) -> Visit:
    state = None if scene.state is None else dict(scene.state)
    claimed = Claimed(scene.person.id, scene.channel_id, state, scene.talked_at, None)
    visit = turns.visit(claimed, message)
    visit.language = scene.language
    return visit


def _message(inbox_id: int, scene: Scene) -> Waiting:
    return Waiting(
        id=inbox_id,
        person=scene.person,
        channel_id=None if scene.is_fact else scene.channel_id,
        provider_id="",
        kind="",
        payload=dict(scene.payload),
        attempts=0,
        due=True,
        received_at=scene.now,
        correlation_id=scene.correlation_id,
    )


async def kinds(db: Any) -> dict[int, str]:
    """The kind of each of our numbers, by its id."""
    return {row["id"]: row["kind"] for row in await db.fetch("SELECT id, kind FROM channels")}
