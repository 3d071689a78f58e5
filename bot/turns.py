"""One person's turns, inside a transaction that somebody else begins and ends.

Each turn keeps a savepoint of its own, opened only when it first changes something.
What failed is rolled back alone, tried again, and parked in the end.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import attachments, heard, inbox, language, outbox, pace
from bot.budget import Budget
from bot.channels.channel import Channel
from bot.channels.reading import READINGS, Reading
from bot.database.connections import Raw, sqlstate
from bot.desk import Desk
from bot.dialog import Dialog, Reply, Said, Session, Turn, UnreadableSession
from bot.handover import SILENT
from bot.heard import Run
from bot.inbox import Closed, Waiting
from bot.observe import correlation
from bot.observe.metrics import TURN_FAILED, TURN_SECONDS, UNREADABLE
from bot.outbox import BULK, NOTICE, REPLY, Draft
from bot.pace import Pace, Verdict
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
REACTIONS = frozenset({"reaction", "reaction_removed"})  # kept and counted, and that is all
SWITCH = "marketing_preference"  # set in WhatsApp itself: nothing is said, no window opens
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
    pace: Pace
    with_agent: bool = False  # a human's: the bot is silent
    changed: bool = False

    def heard(self, message: Waiting, said: Said | Fact | None = None) -> None:
        """Whatever becomes of it: they said something, there."""
        self.changed = True
        if message.channel_id is not None and message.kind != SWITCH:
            self.channel_id = message.channel_id
            self.talked_at = message.received_at
            if not (isinstance(said, Said) and said.is_about_last):  # it may be edited again
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
        words = [each for each in messages if not self._is_reaction(visit, each, desk)]
        for run in self._runs(visit, words, desk):
            if not run.message.due:
                break
            if visit.with_agent and not self._is_for_the_bot(run):
                await self._leave(connection, visit, run, desk)
            elif not await self._turn(connection, db, visit, run, desk):
                break
        if visit.changed:
            desk.kept.append(self._kept(visit))

    def _runs(self, visit: Visit, messages: Sequence[Waiting], desk: Desk) -> Iterator[Run]:
        """What is answered together, one after the other, as the conversation stands by then."""
        if visit.with_agent:  # who reads every word as it came
            yield from (heard.alone(message, self._said(message)) for message in messages)
            return
        waiting, gone = heard.arrange(messages, self._said)
        for message, why in gone:
            desk.closed.append(Closed(message.id, why, None, None))
            visit.heard(message)
        while waiting:
            yield heard.next_run(self.dialog, visit.session, waiting)

    def _is_reaction(self, visit: Visit, message: Waiting, desk: Desk) -> bool:
        """One is closed here, before it can be taken for a word: it greets nobody, breaks no
        burst, and whether it opens the 24-hour window the provider does not say."""
        if message.kind not in REACTIONS:
            return False
        tag = visit.session.step.tag if visit.session is not None else None
        desk.closed.append(Closed(message.id, message.kind, tag, tag))
        return True

    def _is_for_the_bot(self, run: Run) -> bool:
        """What it hears even then: that something happened, and a word on what it may send."""
        if run.message.channel_id is None:
            return True
        return run.said is not None and self.dialog.hears_always(run.said)

    async def _leave(self, connection: AsyncConnection, visit: Visit, run: Run, desk: Desk) -> None:
        """To the human: kept, its files with it, and not answered."""
        message = run.message
        if run.said is not None and run.said.files:
            await attachments.want(Transaction(connection), run.said, visit.person.id, message)
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
            pace.read(claimed.state.get("pace", ()) if claimed.state else ()),
            message.person.with_agent,
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
        session = visit.session and replace(visit.session, pace=tuple(visit.pace))
        return Kept(
            visit.person.id,
            visit.channel_id,
            session.step.tag if session else None,
            orjson.dumps(self.dialog.dump(session)).decode() if session else None,
            visit.talked_at,
            visit.last_message_id,
        )

    async def _turn(
        self,
        connection: AsyncConnection,
        db: Raw,
        visit: Visit,
        run: Run,
        desk: Desk,
    ) -> bool:
        """Run what is answered together; False when it failed and will be tried again."""
        savepoint = _Savepoint(db)
        begun = time.perf_counter()
        message = run.message
        correlation.bind(message.correlation_id)
        limit = Budget(self.budget)
        now = self.clock()
        tape = self._tape(visit, run, now)
        through = tape.through if tape is not None else Transaction
        try:
            async with limit:
                tx = through(connection, savepoint.open, db)
                said = self.listen(visit, run)
                turn, spoken = await self.answer(visit, run, said, tx, now)
            drafts = self.drafts(visit, message, turn, spoken)
            await savepoint.release()
        except Exception as error:
            state = sqlstate(error)
            recorded = tape.failed(error) if tape is not None else None
            if limit.expired() or state in RUN_AGAIN or (state and not savepoint.opened):
                raise Spoilt(error, run.first, recorded) from error
            if db.is_closed():
                raise ConnectionError("the database went away during a turn") from error
            await savepoint.roll_back()
            desk.record(recorded)
            return await self.failed(db, visit, run.first, error, desk)
        TURN_SECONDS.observe(time.perf_counter() - begun)
        self._settle(visit, run, said, turn, spoken, desk)
        desk.drafts += drafts
        if tape is not None:
            desk.record(tape.ended(self.outcome(turn, spoken, drafts)))
        return True

    def _tape(self, visit: Visit, run: Run, now: datetime) -> Tape | None:
        """What records this turn; None for most people."""
        if not self.recorder.wants(visit.person.id):
            return None
        message = run.message
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
            heard.kept(run, run.said and self.listen(visit, run)),
        )
        return Tape(message.id, scene)

    def outcome(self, turn: Turn, spoken: str, drafts: Sequence[Draft]) -> Outcome:
        said = [orjson.loads(draft.content) for draft in drafts]
        return Outcome(said, spoken, self.dialog.dump(turn.session), turn.ignored)

    async def answer(
        self, visit: Visit, run: Run, said: Said | Fact, tx: Transaction, now: datetime
    ) -> tuple[Turn, str]:
        """What the turn led to, and the language it was in at its end."""
        do = self.serve(tx, visit.person, now)
        with language.speaking(visit.language):
            if isinstance(said, Said) and (verdict := self._pace(visit, run, said)) != "hear":
                turn = await self._too_fast(visit, verdict, do)
            elif visit.session is not None:
                said = await self._taken(visit, run, said, tx)
                away = now - visit.talked_at if visit.talked_at else timedelta(0)
                turn = await self.dialog.take_turn(visit.session, said, do, away)
            elif visit.state is not None:
                asked = visit.state.get("asked")
                turn = await self.dialog.start_over(asked if isinstance(asked, int) else 0, do)
            else:
                turn = await self.dialog.meet(said, do)
            return turn, language.current()

    async def _taken(
        self, visit: Visit, run: Run, said: Said | Fact, tx: Transaction
    ) -> Said | Fact:
        """The same, with its files asked for where the present step, or the dialog, takes them."""
        if not isinstance(said, Said) or not said.files or visit.session is None:
            return said
        takes = said.kind in visit.session.step.takes
        wants = self.dialog.wants
        if not takes and not (wants and wants(said, visit.person)):
            return said
        return await attachments.want(tx, said, visit.person.id, run.message)

    def _said(self, message: Waiting) -> Said | None:
        """What a message says; None for a fact, and for what its own turn will fail at."""
        if message.channel_id is None:
            return None
        try:
            return self.channels[message.channel_id].read(message.payload)
        except Exception:
            return None

    def listen(self, visit: Visit, run: Run) -> Said | Fact:
        """What is to be answered. Raises what reading it raises."""
        message = run.message
        if message.channel_id is None:
            fact = dict(message.payload)  # what no provider sent
            return self.dialog.facts[fact.pop("tag")].model_validate(fact)
        said = run.said or self.channels[message.channel_id].read(message.payload)
        if said.kind in ("edit", "revoke") and said.reply_to == visit.last_message_id:
            return replace(said, is_about_last=True)
        return said

    def _pace(self, visit: Visit, run: Run, said: Said) -> Verdict:
        typed = said.text if said.kind == "text" and said.tapped is None else ""
        visit.pace, verdict = visit.pace.after(typed, run.count, run.message.received_at)
        urgent = verdict == "ignore" and self.dialog.hears_always(said) and visit.pace.same <= 1
        return "hear" if urgent else verdict

    async def _too_fast(self, visit: Visit, verdict: Verdict, do: Services) -> Turn:
        session = visit.session or Session(self.dialog.home)
        if verdict == "ignore":
            return Turn(session, ignored=pace.TOO_MANY)
        return await self.dialog.slow_down(session, do)

    def drafts(self, visit: Visit, message: Waiting, turn: Turn, spoken: str) -> list[Draft]:
        channel_id = message.channel_id or visit.channel_id
        priority = self._priority(visit, message)
        channel = self.channels[channel_id]
        return [
            Draft(
                channel_id,
                visit.person.id,
                message.id,
                priority,
                part.json().decode(),
                spoken,
                message.correlation_id,
            )
            for reply in turn.replies
            for part in channel.parts(reply)
        ]

    def _priority(self, visit: Visit, message: Waiting) -> int:
        if message.channel_id is None:
            fact = self.dialog.facts.get(message.payload.get("tag", ""))
            return BULK if fact is not None and fact.unasked else NOTICE
        return NOTICE if visit.with_agent else REPLY

    def _settle(
        self, visit: Visit, run: Run, said: Said | Fact, turn: Turn, spoken: str, desk: Desk
    ) -> None:
        before = visit.session.step.tag if visit.session is not None else None
        after = turn.session.step.tag
        desk.closed += [Closed(each.id, why, before, before) for each, why in run.beside]
        desk.closed.append(Closed(run.message.id, turn.ignored, before, after))
        visit.session = turn.session
        visit.language = spoken
        visit.heard(run.message, said)

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
        if message.channel_id is not None and not await outbox.has_answer(db, message.id):
            with language.speaking(visit.language):
                turn = Turn(Session(self.dialog.home), (self.apology(),))
                desk.drafts += self.drafts(visit, message, turn, language.current())
        return True
