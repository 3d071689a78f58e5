"""Taking turns: claims people who wait, lets the dialog answer them, commits it whole.

Several people's turns share a transaction; each keeps a savepoint of its own, opened
only when the turn first touches the database. What failed is rolled back alone, tried
again, and parked in the end.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import inbox, language, outbox, sessions
from bot.channels.channel import Channel
from bot.channels.reading import READINGS, Reading
from bot.database.connections import Database, Raw, raw
from bot.dialog import Dialog, Reply, Said, Session, Turn, UnreadableSession
from bot.inbox import FACT, Closed, Waiting
from bot.observe import correlation
from bot.observe.metrics import (
    ANSWERED,
    PARKED,
    TURN_FAILED,
    TURN_SECONDS,
    UNREADABLE,
    ignored,
)
from bot.outbox import NOTICE, REPLY, Draft
from bot.sessions import Claimed, Kept
from bot.wakeups import Wakeups
from services import Services
from services.ground.facts import Fact
from services.ground.people import Person
from services.ground.transaction import Transaction

log = structlog.get_logger()

TRIES = 3  # of a failing turn, then the message is parked
PAUSE = (0.2, 1.0)  # seconds before the second and the third try
Serve = Callable[[Transaction, Person, datetime], Services]
_RUN_AGAIN = {"40001", "40P01"}  # serialization failure, deadlock


class _BatchSpoilt(Exception):
    """The whole transaction must go; `blame` is the message whose turn did it, if one did."""

    def __init__(self, cause: BaseException, blame: Waiting | None = None) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.blame = blame


@dataclass(slots=True)
class _Desk:
    """What the turns of one transaction leave to be written."""

    kept: list[Kept] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)


@dataclass(slots=True)
class _Visit:
    """One person during one transaction."""

    claimed: Claimed
    session: Session | None
    language: str
    channel_id: int
    talked_at: datetime | None
    last_message_id: str | None


class Worker:
    def __init__(
        self,
        database: Database,
        dialog: Dialog,
        channels: Mapping[int, Channel],
        serve: Serve,
        wakeups: Wakeups,
        *,
        apology: Callable[[], Reply],
        people: int = 64,
        budget: float = 10.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._dialog = dialog
        self._channels: dict[int, Channel | Reading] = {**channels}
        self._serve = serve
        self._bell = wakeups.bell("inbox")
        self._apology = apology
        self._people = people
        self._budget = budget
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Take turns until told to stop; what has begun is finished."""
        while not stop.is_set():
            try:
                busy = await self.take_turns()
            except (OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("worker.database", error=type(error).__name__)
                busy = False
            if not busy:
                await self._bell.wait()

    async def take_turns(self) -> bool:
        """One transaction's worth of turns; answers whether there was anything to do."""
        try:
            return await self._transaction(self._people) > 0
        except _BatchSpoilt as spoilt:
            await self._blame(spoilt)
        for _ in range(self._people):  # one by one, so that people do not spoil it for each other
            try:
                if not await self._transaction(1):
                    break
            except _BatchSpoilt as spoilt:
                await self._blame(spoilt)
        return True

    async def _transaction(self, people: int) -> int:
        try:
            async with self._database.engine.begin() as connection:
                db = await raw(connection)
                claimed = await sessions.claim(db, people)
                if not claimed:
                    return 0
                desk = _Desk()
                await self._turns(connection, db, claimed, desk)
                await _write(db, desk)
                return len(claimed)
        except (DBAPIError, asyncpg.PostgresError) as error:
            if _sqlstate(error) in _RUN_AGAIN:
                raise _BatchSpoilt(error) from error
            raise

    async def _blame(self, spoilt: _BatchSpoilt) -> None:
        TURN_FAILED.labels(type(spoilt.cause).__name__).inc()
        log.warning("worker.spoilt", error=type(spoilt.cause).__name__)
        if (message := spoilt.blame) is not None:
            desk = _Desk()
            async with self._database.pool.acquire() as db, db.transaction():
                await self._failed(db, message, spoilt.cause, desk)
                await _write(db, desk)

    async def _turns(
        self, connection: AsyncConnection, db: Raw, claimed: list[Claimed], desk: _Desk
    ) -> None:
        waiting: dict[int, list[Waiting]] = {}
        numbers = {person.channel_id for person in claimed}
        for message in await inbox.waiting(db, [c.user_id for c in claimed], most=500):
            waiting.setdefault(message.user_id, []).append(message)
            if message.channel_id is not None:
                numbers.add(message.channel_id)
        if strange := numbers - self._channels.keys():
            await self._learn(db, strange)
        for person in claimed:
            visit = self._visit(person)
            for message in waiting.get(person.user_id, ()):
                if message.due_at > datetime.now(UTC):
                    break  # an earlier one is being tried again: this one must not overtake it
                if not await self._turn(connection, db, visit, message, desk):
                    break
            if visit.session is not None:
                desk.kept.append(self._kept(visit, visit.session))
        correlation.bind(None)

    async def _learn(self, db: Raw, numbers: set[int]) -> None:
        """Numbers that other processes send on: we can still take turns there."""
        rows = await db.fetch(
            "SELECT id, kind FROM channels WHERE id = ANY($1::bigint[])", [*numbers]
        )
        self._channels |= {row["id"]: READINGS[row["kind"]] for row in rows}

    def _visit(self, claimed: Claimed) -> _Visit:
        spoken = claimed.language or language.DEFAULT
        session = None
        if claimed.state is not None:
            try:
                session = self._dialog.load(claimed.state)
            except UnreadableSession as error:
                UNREADABLE.inc()
                log.warning("session.unreadable", user_id=claimed.user_id, exc_info=error)
        return _Visit(
            claimed, session, spoken, claimed.channel_id, claimed.talked_at, claimed.last_message_id
        )

    def _kept(self, visit: _Visit, session: Session) -> Kept:
        return Kept(
            visit.claimed.user_id,
            visit.channel_id,
            session.step.tag,
            self._dialog.dump(session),
            visit.talked_at,
            visit.last_message_id,
        )

    async def _turn(
        self,
        connection: AsyncConnection,
        db: Raw,
        visit: _Visit,
        message: Waiting,
        desk: _Desk,
    ) -> bool:
        """Run one message; False when it failed and will be tried again."""
        opened = False

        async def savepoint() -> None:
            nonlocal opened
            await db.execute("SAVEPOINT turn")
            opened = True

        begun = time.perf_counter()
        correlation.bind(message.correlation_id)
        try:
            async with asyncio.timeout(self._budget):
                turn = await self._take(visit, message, Transaction(connection, savepoint))
        except TimeoutError as error:
            raise _BatchSpoilt(error, blame=message) from error
        except Exception as error:
            if _sqlstate(error) in _RUN_AGAIN or _connection_lost(error):
                raise
            if opened:
                await db.execute("ROLLBACK TO SAVEPOINT turn")
            return await self._failed(db, message, error, desk)
        if opened:
            await db.execute("RELEASE SAVEPOINT turn")
        TURN_SECONDS.observe(time.perf_counter() - begun)
        self._settle(visit, message, turn, desk)
        return True

    async def _take(self, visit: _Visit, message: Waiting, tx: Transaction) -> Turn:
        claimed, now = visit.claimed, self._clock()
        person = Person(
            claimed.user_id,
            claimed.name,
            visit.language,
            claimed.time_zone,
            claimed.is_member,
        )
        do = self._serve(tx, person, now)
        heard = self._heard(message)
        with language.speaking(visit.language):
            if visit.session is not None:
                away = now - visit.talked_at if visit.talked_at else timedelta(0)
                turn = await self._dialog.take_turn(visit.session, heard, do, away)
            elif claimed.state is not None:
                turn = await self._dialog.start_over(claimed.state.get("asked", 0), do)
            else:
                turn = await self._dialog.meet(heard, do)
            visit.language = language.current()
        return turn

    def _heard(self, message: Waiting) -> Said | Fact:
        if message.kind == FACT:
            fact = dict(message.payload)
            return self._dialog.facts[fact.pop("tag")].model_validate(fact)
        assert message.channel_id is not None  # a provider's message always has a number
        return self._channels[message.channel_id].read(message.payload)

    def _settle(self, visit: _Visit, message: Waiting, turn: Turn, desk: _Desk) -> None:
        before = visit.session.step.tag if visit.session is not None else None
        desk.closed.append(Closed(message.id, turn.ignored, before, turn.session.step.tag))
        visit.session = turn.session
        if message.kind != FACT and message.channel_id is not None:
            visit.channel_id = message.channel_id
            visit.talked_at = message.received_at
            visit.last_message_id = message.provider_id
        channel = self._channels[visit.channel_id]
        for reply in turn.replies:
            for part in channel.parts(reply):
                desk.drafts.append(_draft(visit, message, part))
        ignored(turn.ignored).inc() if turn.ignored else ANSWERED.inc()

    async def _failed(self, db: Raw, message: Waiting, error: BaseException, desk: _Desk) -> bool:
        """Count a failed turn; True when the message is parked and the next may be answered."""
        why = type(error).__name__
        TURN_FAILED.labels(why).inc()
        correlation.bind(message.correlation_id)
        log.error("turn.failed", inbox_id=message.id, attempt=message.attempts + 1, exc_info=error)
        if message.attempts + 1 < TRIES:
            await inbox.postpone(db, message.id, why, PAUSE[message.attempts])
            return False
        await inbox.park(db, message.id, f"{why}: {error}")
        PARKED.labels(why).inc()
        if message.kind != FACT and message.channel_id is not None:
            desk.drafts.append(
                Draft(
                    message.channel_id,
                    message.user_id,
                    message.id,
                    REPLY,
                    self._apology().json(),
                    language.DEFAULT,
                    message.correlation_id,
                )
            )
        return True


def _draft(visit: _Visit, message: Waiting, part: Reply) -> Draft:
    return Draft(
        visit.channel_id,
        visit.claimed.user_id,
        message.id,
        NOTICE if message.kind == FACT else REPLY,
        part.json(),
        visit.language,
        message.correlation_id,
    )


async def _write(db: Raw, desk: _Desk) -> None:
    if desk.kept:
        await sessions.save(db, desk.kept)
    if desk.drafts:
        await outbox.add(db, desk.drafts)
    if desk.closed:
        await inbox.done(db, desk.closed)


def _sqlstate(error: BaseException) -> str | None:
    original = getattr(error, "orig", error)
    state: str | None = getattr(original, "sqlstate", None)
    return state


def _connection_lost(error: BaseException) -> bool:
    return bool(getattr(error, "connection_invalidated", False)) or isinstance(
        error, asyncpg.InterfaceError | asyncpg.PostgresConnectionError | OSError
    )
