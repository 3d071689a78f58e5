"""Taking turns: claims people who wait, lets the dialog answer them, commits it whole.

Several people's turns share a transaction. Where something spoils it for all, they are
run again one by one, so that whoever is to blame is found and the others are answered.
"""

import asyncio
import enum
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from bot import claims, inbox, sessions
from bot.channels.channel import Channel
from bot.claims import Claim
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


class Work(enum.IntEnum):
    """What a worker found to do."""

    NONE = 0
    DONE = 1  # all there was: what comes now rings the bell
    MORE = 2  # and there may be more of it


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
        self._bell, self._gate = wakeups.shared_bell("inbox")
        self._people = people
        self._span = span
        self._language = language  # in which strangers are met

    async def run(self, stop: asyncio.Event) -> None:
        """Take turns until told to stop; what has begun is finished."""
        more = True
        while not stop.is_set():
            async with self._gate.through() as alone:
                if more or self._bell.unanswered:
                    if alone:  # else who rang may be in the hands of whoever is slow
                        self._bell.answer()
                    more = await self._take_some() is Work.MORE
            if not more and not self._bell.unanswered:
                more = not await self._bell.wait()
        self._bell.ring()  # the next one at it is to stop as well

    async def _take_some(self) -> Work:
        try:
            return await self.take_turns()
        except Exception as error:  # whatever it is: what was not committed is still waiting
            if is_away(error):
                log.warning("worker.database", error=type(error).__name__)
            else:
                log.error("worker.failed", exc_info=error)
            return Work.NONE

    async def take_turns(self) -> Work:
        """One transaction's worth of turns.

        Raises what says that the database is away.
        """
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
        return Work.MORE

    async def _transaction(self, people: int, most: int) -> Work:
        """Raises Spoilt for what these turns did, and what says that the database is away."""
        desk = Desk()
        claimed: list[Claim] = []
        try:
            async with self._database.engine.begin() as connection:
                db, claimed = await claims.claim(connection, people, most, self._language)
                if not claimed:
                    return Work.NONE
                if len(claimed) == people > 1:
                    self._bell.ring()  # there may be work for two
                await self._turns.learn(db, _numbers(claimed))
                until = time.monotonic() + self._span
                for person, messages in claimed:
                    visit = self._turns.visit(person, messages[0])
                    await self._turns.take(connection, db, visit, messages, desk)
                    if late := time.monotonic() >= until:  # slow machines must not lose it all
                        break
                await desk.write(db)
        except Spoilt:
            raise
        except Exception as error:
            if is_away(error):
                raise
            raise Spoilt(error, _only(claimed)) from error
        finally:
            correlation.bind(None)
        desk.count()
        more = late or len(claimed) == people or _count(claimed) == most
        return Work.MORE if more else Work.DONE

    async def _blame(self, spoilt: Spoilt) -> None:
        """Count the failure of a turn that could not be rolled back by itself."""
        if (message := spoilt.message) is None:
            raise spoilt.cause
        desk = Desk()
        desk.record(spoilt.recorded)
        async with self._database.engine.begin() as connection:
            db = await driver(connection)
            claimed = await sessions.claim_one(db, message.person.id)
            waiting = await inbox.first_waiting(db, message.person.id, self._language)
            if claimed is None or waiting != message:
                return  # somebody else was quicker
            visit = self._turns.visit(claimed, message)
            await self._turns.learn(db, _numbers([Claim(claimed, [message])]))
            await self._turns.failed(db, visit, message, spoilt.cause, desk)
            await self._turns.take(connection, db, visit, [], desk)
            await desk.write(db)
        desk.count()


def _numbers(claimed: list[Claim]) -> set[int]:
    numbers = {one.person.channel_id for one in claimed}
    return numbers.union(
        message.channel_id
        for one in claimed
        for message in one.messages
        if message.channel_id is not None
    )


def _count(claimed: list[Claim]) -> int:
    return sum(len(one.messages) for one in claimed)


def _only(claimed: list[Claim]) -> Waiting | None:
    """The message, where it is clear whose turn it was."""
    return claimed[0].messages[0] if _count(claimed) == 1 else None
