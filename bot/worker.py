"""Taking turns: claims people who wait, lets the dialog answer them, commits it whole.

Several people's turns share a transaction. Where something spoils it for all, they are
run again one by one, so that whoever is to blame is found and the others are answered.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from bot import inbox, sessions
from bot.channels.channel import Channel
from bot.database.connections import Database, is_away
from bot.desk import Desk
from bot.dialog import Dialog, Reply
from bot.inbox import Waiting
from bot.language import DEFAULT
from bot.observe import correlation
from bot.replay.tape import NOBODY, Recorder
from bot.turns import Serve, Spoilt, Turns
from bot.wakeups import Wakeups
from services.ground.transaction import driver

log = structlog.get_logger()

PEOPLE, MESSAGES = 64, 500  # that share a transaction at most
BUDGET = 10.0  # seconds a turn may take
SPAN = 1.0  # seconds of turns, after which those taken are committed before others are


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
        language: str = DEFAULT,
        people: int = PEOPLE,
        budget: float = BUDGET,
        span: float = SPAN,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        recorder: Recorder = NOBODY,
    ) -> None:
        self._database = database
        self._turns = Turns(dialog, {**channels}, serve, apology, budget, clock, recorder)
        self._bell = wakeups.shared_bell("inbox")
        self._people = people
        self._span = span
        self._language = language  # in which strangers are met

    async def run(self, stop: asyncio.Event) -> None:
        """Take turns until told to stop; what has begun is finished."""
        while not stop.is_set():
            busy = False
            try:
                busy = await self.take_turns()
            except Exception as error:  # whatever it is: what was not committed is still waiting
                if is_away(error):
                    log.warning("worker.database", error=type(error).__name__)
                else:
                    log.error("worker.failed", exc_info=error)
            if not busy:
                await self._bell.wait()
        self._bell.ring()  # the next one at it is to stop as well

    async def take_turns(self) -> bool:
        """One transaction's worth of turns; answers whether there was anything to do.

        Raises what says that the database is away.
        """
        async with self._database.pool.acquire() as db:
            if not await inbox.any_due(db):  # a look costs less than a transaction
                return False
        try:
            return await self._transaction(self._people, MESSAGES)
        except Spoilt as spoilt:
            log.warning("worker.spoilt", error=type(spoilt.cause).__name__)
            if isinstance(spoilt.cause, TimeoutError):  # once was long enough
                await self._blame(spoilt)
        for _ in range(self._people):
            try:
                if not await self._transaction(1, 1):
                    break
            except Spoilt as spoilt:
                await self._blame(spoilt)
        return True

    async def _transaction(self, people: int, most: int) -> bool:
        """Raises Spoilt for what these turns did, and what says that the database is away."""
        desk = Desk()
        running: list[Waiting] = []
        try:
            async with self._database.engine.begin() as connection:
                db = await driver(connection)
                claimed = await sessions.claim(db, people)
                if not claimed:
                    return False
                if len(claimed) == people > 1:
                    self._bell.ring()  # there may be work for two
                ids = [c.user_id for c in claimed]
                running += await inbox.waiting(db, ids, most, self._language)
                await self._turns.learn(db, _numbers(running) | {c.channel_id for c in claimed})
                mine = _by_person(running)
                until = time.monotonic() + self._span
                for one in claimed:
                    if messages := mine.get(one.user_id):
                        visit = self._turns.visit(one, messages[0])
                        await self._turns.take(connection, db, visit, messages, desk)
                    if time.monotonic() >= until:  # a machine too slow must not lose it all
                        break
                await desk.write(db)
        except Spoilt:
            raise
        except Exception as error:
            if is_away(error):
                raise
            raise Spoilt(error, running[0] if len(running) == 1 else None) from error
        finally:
            correlation.bind(None)
        desk.count()
        return True

    async def _blame(self, spoilt: Spoilt) -> None:
        """Count the failure of a turn that could not be rolled back by itself."""
        if (message := spoilt.message) is None:
            raise spoilt.cause
        desk = Desk()
        desk.record(spoilt.recorded)
        async with self._database.engine.begin() as connection:
            db = await driver(connection)
            claimed = await sessions.claim_one(db, message.person.id)
            waiting = await inbox.waiting(db, [message.person.id], 1, self._language)
            if claimed is None or waiting != [message]:
                return  # somebody else was quicker
            visit = self._turns.visit(claimed, message)
            await self._turns.learn(db, _numbers([message]))
            await self._turns.failed(db, visit, message, spoilt.cause, desk)
            await self._turns.take(connection, db, visit, [], desk)
            await desk.write(db)
        desk.count()


def _numbers(messages: list[Waiting]) -> set[int]:
    return {message.channel_id for message in messages if message.channel_id is not None}


def _by_person(messages: list[Waiting]) -> dict[int, list[Waiting]]:
    found: dict[int, list[Waiting]] = {}
    for message in messages:
        found.setdefault(message.person.id, []).append(message)
    return found
