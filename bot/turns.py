"""One person's turns, inside a transaction that somebody else begins and ends.

Each turn keeps a savepoint of its own, opened only when it first changes something.
What failed is rolled back alone, tried again, and parked in the end.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import inbox, language
from bot.channels.channel import Channel
from bot.channels.reading import READINGS, Reading
from bot.database.connections import Raw, sqlstate
from bot.desk import Desk
from bot.dialog import Dialog, Reply, Said, Session, Turn, UnreadableSession
from bot.handover import SILENT
from bot.inbox import Closed, Waiting
from bot.observe import correlation
from bot.observe.metrics import TURN_FAILED, TURN_SECONDS, UNREADABLE
from bot.outbox import NOTICE, REPLY, Draft
from bot.replay.recording import Outcome, Scene
from bot.replay.recordings import Kept as Recorded
from bot.replay.tape import NOBODY, Recorder, Tape
from bot.sessions import Claimed, Kept
from services import Services
from services.ground.facts import Fact
from services.ground.people import Person
from services.ground.transaction import Transaction

log = structlog.get_logger()

TRIES = 3  # of a failing turn, then the message is parked
PAUSE = (0.2, 1.0)  # seconds before the second and the third try
RUN_AGAIN = frozenset(("40001", "40P01"))  # serialization failure, deadlock
Serve = Callable[[Transaction, Person, datetime], Services]
_UNREADABLE = (UnreadableSession, LookupError, TypeError, ValueError, AttributeError)


class Spoilt(Exception):
    """The whole transaction must go; `message` is the one whose turn did it, if it is known."""

    def __init__(
        self,
        cause: BaseException,
        message: Waiting | None = None,
        recorded: Recorded | None = None,
    ) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.message = message
        self.recorded = recorded


@dataclass(slots=True)
class Visit:
    """One person during one transaction."""

    person: Person
    state: Mapping[str, object] | None  # as it was found
    session: Session | None
    language: str
    channel_id: int
    talked_at: datetime | None
    last_message_id: str | None
    with_agent: bool = False  # a human's: the bot is silent
    changed: bool = False

    def heard(self, message: Waiting) -> None:
        """Whatever becomes of it: they said something, there."""
        self.changed = True
        if message.channel_id is not None:
            self.channel_id = message.channel_id
            self.talked_at = message.received_at
            self.last_message_id = message.provider_id


@dataclass(slots=True)
class _Savepoint:
    """The turn's own; opened at its first change, so that a turn without one has none."""

    db: Raw
    opened: bool = False

    async def open(self) -> None:
        await self.db.execute("SAVEPOINT turn")
        self.opened = True

    async def roll_back(self) -> None:
        if self.opened:
            await self.db.execute("ROLLBACK TO SAVEPOINT turn")

    async def release(self) -> None:
        """Raises when the turn swallowed an error of the database."""
        if self.opened:
            await self.db.execute("RELEASE SAVEPOINT turn")


@dataclass(frozen=True)
class Turns:
    """How turns are taken; `budget` is in seconds."""

    dialog: Dialog
    channels: dict[int, Channel | Reading]
    serve: Serve
    apology: Callable[[], Reply]
    budget: float
    clock: Callable[[], datetime]
    recorder: Recorder = NOBODY

    async def take(
        self,
        connection: AsyncConnection,
        db: Raw,
        visit: Visit,
        messages: Sequence[Waiting],
        desk: Desk,
    ) -> None:
        """A person's messages in their order, up to one that must be tried again later."""
        for message in messages:
            if not message.due:
                break
            if visit.with_agent and not self._is_for_the_bot(message):
                self._leave(visit, message, desk)
            elif not await self._turn(connection, db, visit, message, desk):
                break
        if visit.changed:
            desk.kept.append(self._kept(visit))

    def _is_for_the_bot(self, message: Waiting) -> bool:
        """What it hears even then: that something happened, and a word on what it may send."""
        if message.channel_id is None:
            return True
        return self.dialog.hears_always(self.channels[message.channel_id].read(message.payload))

    def _leave(self, visit: Visit, message: Waiting, desk: Desk) -> None:
        """To the human: kept, and not answered."""
        tag = visit.session.step.tag if visit.session is not None else None
        desk.closed.append(Closed(message.id, SILENT, tag, tag))
        visit.heard(message)

    async def learn(self, db: Raw, numbers: set[int]) -> None:
        """Numbers that other processes send on: we can still take turns there."""
        if not (strange := numbers - self.channels.keys()):
            return
        rows = await db.fetch(
            "SELECT id, kind FROM channels WHERE id = ANY($1::bigint[])", [*strange]
        )
        self.channels.update((row["id"], READINGS[row["kind"]]) for row in rows)

    def visit(self, claimed: Claimed, message: Waiting) -> Visit:
        """Somebody who has been claimed, as their first message found them."""
        return Visit(
            message.person,
            claimed.state,
            self._session(claimed),
            message.person.language,
            claimed.channel_id,
            claimed.talked_at,
            claimed.last_message_id,
            message.with_agent,
        )

    def _session(self, claimed: Claimed) -> Session | None:
        if claimed.state is None:
            return None
        try:
            return self.dialog.load(claimed.state)
        except _UNREADABLE as error:
            UNREADABLE.inc()
            log.warning("session.unreadable", user_id=claimed.user_id, exc_info=error)
            return None

    def _kept(self, visit: Visit) -> Kept:
        session = visit.session
        return Kept(
            visit.person.id,
            visit.channel_id,
            session.step.tag if session else None,
            self.dialog.dump(session) if session else None,
            visit.talked_at,
            visit.last_message_id,
        )

    async def _turn(
        self,
        connection: AsyncConnection,
        db: Raw,
        visit: Visit,
        message: Waiting,
        desk: Desk,
    ) -> bool:
        """Run one message; False when it failed and will be tried again."""
        savepoint = _Savepoint(db)
        begun = time.perf_counter()
        correlation.bind(message.correlation_id)
        limit = asyncio.timeout(self.budget)
        now = self.clock()
        tape = self._tape(visit, message, now)
        through = tape.through if tape is not None else Transaction
        try:
            async with limit:
                tx = through(connection, savepoint.open, db)
                turn, spoken = await self.answer(visit, message, tx, now)
            drafts = self.drafts(visit, message, turn, spoken)
            await savepoint.release()
        except Exception as error:
            state = sqlstate(error)
            recorded = tape.failed(error) if tape is not None else None
            if limit.expired() or state in RUN_AGAIN or (state and not savepoint.opened):
                raise Spoilt(error, message, recorded) from error
            if db.is_closed():
                raise ConnectionError("the database went away during a turn") from error
            await savepoint.roll_back()
            desk.record(recorded)
            return await self.failed(db, visit, message, error, desk)
        TURN_SECONDS.observe(time.perf_counter() - begun)
        self._settle(visit, message, turn, spoken, desk)
        desk.drafts += drafts
        if tape is not None:
            desk.record(tape.ended(self.outcome(turn, spoken, drafts)))
        return True

    def _tape(self, visit: Visit, message: Waiting, now: datetime) -> Tape | None:
        """What records this turn; None for most people."""
        if not self.recorder.wants(visit.person.id):
            return None
        state = self.dialog.dump(visit.session) if visit.session is not None else visit.state
        scene = Scene(
            visit.person,
            visit.language,
            self.recorder.brand,
            now,
            state,
            message.channel_id or visit.channel_id,
            visit.talked_at,
            message.channel_id is None,
            message.payload,
            message.correlation_id,
        )
        return Tape(message.id, scene)

    def outcome(self, turn: Turn, spoken: str, drafts: Sequence[Draft]) -> Outcome:
        said = [orjson.loads(draft.content) for draft in drafts]
        return Outcome(said, spoken, self.dialog.dump(turn.session), turn.ignored)

    async def answer(
        self, visit: Visit, message: Waiting, tx: Transaction, now: datetime
    ) -> tuple[Turn, str]:
        """What the turn led to, and the language it was in at its end."""
        do = self.serve(tx, visit.person, now)
        heard = self._heard(message)
        with language.speaking(visit.language):
            if visit.session is not None:
                away = now - visit.talked_at if visit.talked_at else timedelta(0)
                turn = await self.dialog.take_turn(visit.session, heard, do, away)
            elif visit.state is not None:
                asked = visit.state.get("asked")
                turn = await self.dialog.start_over(asked if isinstance(asked, int) else 0, do)
            else:
                turn = await self.dialog.meet(heard, do)
            return turn, language.current()

    def _heard(self, message: Waiting) -> Said | Fact:
        if message.channel_id is not None:
            return self.channels[message.channel_id].read(message.payload)
        fact = dict(message.payload)  # what no provider sent
        return self.dialog.facts[fact.pop("tag")].model_validate(fact)

    def drafts(self, visit: Visit, message: Waiting, turn: Turn, spoken: str) -> list[Draft]:
        channel_id = message.channel_id or visit.channel_id
        waits = message.channel_id is None or visit.with_agent
        priority = NOTICE if waits else REPLY
        channel = self.channels[channel_id]
        return [
            Draft(
                channel_id,
                visit.person.id,
                message.id,
                priority,
                part.json(),
                spoken,
                message.correlation_id,
            )
            for reply in turn.replies
            for part in channel.parts(reply)
        ]

    def _settle(self, visit: Visit, message: Waiting, turn: Turn, spoken: str, desk: Desk) -> None:
        before = visit.session.step.tag if visit.session is not None else None
        desk.closed.append(Closed(message.id, turn.ignored, before, turn.session.step.tag))
        visit.session = turn.session
        visit.language = spoken
        visit.heard(message)

    async def failed(
        self, db: Raw, visit: Visit, message: Waiting, error: BaseException, desk: Desk
    ) -> bool:
        """Count a failed turn; True when the message is parked and the next may be answered."""
        why = type(error).__name__
        TURN_FAILED.labels(why).inc()
        correlation.bind(message.correlation_id)
        log.error("turn.failed", inbox_id=message.id, attempt=message.attempts + 1, exc_info=error)
        if message.attempts + 1 < TRIES:
            await inbox.postpone(db, message.id, why, PAUSE[message.attempts])
            return False
        await inbox.park(db, message.id, f"{why}: {error}")
        desk.parked.append(why)
        visit.heard(message)
        if message.channel_id is not None:
            with language.speaking(visit.language):
                turn = Turn(Session(self.dialog.home), (self.apology(),))
                desk.drafts += self.drafts(visit, message, turn, language.current())
        return True
