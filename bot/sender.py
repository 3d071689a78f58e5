"""Sending what waits: leases people's lanes, sends each in order, writes down what came of it.

Lanes run side by side, a lane's bubbles one after the other. Outcomes are written by one
task for all, whenever the last writing is done.
"""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from bot import holds, lanes, statuses
from bot.channels.channel import Channel
from bot.channels.outcome import Outcome
from bot.database.connections import FAILED, Database, Raw
from bot.delivery import Delivery, address_of
from bot.holds import PROBE, Consequence
from bot.lanes import Opening
from bot.lease import Lane, Leased, Line, lease
from bot.observe import correlation
from bot.observe.metrics import sent
from bot.outbox import BULK, CERTAIN, Mark, State
from bot.recipients import PACE_BURST, PACE_SECONDS
from bot.repeats import MOST, Repeats
from bot.uploads import Uploads
from bot.verdicts import judge, named, shows
from bot.wakeups import Wakeups

log = structlog.get_logger()

LEASE = 8.0  # seconds a lane is ours; made longer while its bubbles take longer
UNKNOWN_WAIT = 30.0  # seconds a status may take to tell whether a send that timed out arrived
AT_ONCE = 64  # lanes in flight
PER_LEASE = 200  # bubbles
QUIET = 16  # lanes in flight, up to which read marks are worth their request


@dataclass(slots=True)
class _Finished:
    """A lane that was sent, or sent in part: what to write, and when it may open again."""

    lane: Lane
    pace_at: datetime
    lease: str
    marks: list[Mark] = field(default_factory=list)
    closed: float = 0.0
    consequences: list[Consequence] = field(default_factory=list)
    shown: list[bool | None] = field(default_factory=list)  # by probes of a stopped number


class Sender:
    """Sends for one of our numbers; run one for each."""

    def __init__(
        self,
        database: Database,
        channel_id: int,
        channel: Channel,
        wakeups: Wakeups,
        *,
        public_address: str,
        uploads: Uploads | None = None,
        at_once: int = AT_ONCE,
        lease: float = LEASE,
        unknown_wait: float = UNKNOWN_WAIT,
        probe: float = PROBE,
        most_repeats: int = MOST,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._channel_id = channel_id
        self._channel = channel
        self._bell = wakeups.bell("outbox")
        repeats = Repeats(database, channel_id, clock, most_repeats)
        self._delivery = Delivery(channel, public_address, repeats, uploads, clock)
        self._at_once = at_once
        self._lease = lease
        self._unknown_wait = unknown_wait
        self._probe = probe
        self._clock = clock
        self._stop = asyncio.Event()
        self._held: dict[int, datetime] = {}  # whose lanes are ours, and until when for certain
        self._leases: dict[int, str] = {}  # under which lease each of them is
        self._flying: set[asyncio.Task[None]] = set()
        self._asked = 0  # leases, so far
        self._bulk = 0  # of them bulk: answers always find room
        self._holds = 0  # times that what was leased before must not go on
        self._finished: list[_Finished] = []
        self._landed_one = asyncio.Event()
        self._to_write = asyncio.Event()
        self._writing = asyncio.Lock()  # so that leaving waits for a writing under way

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop; what is in the air lands and is written down."""
        self._stop = stop
        writer = asyncio.create_task(self._write_down(), name="sender.writer")
        keeper = asyncio.create_task(self._keep_leases(), name="sender.keeper")
        try:
            while not stop.is_set():
                if not await self._start_some():
                    await self._bell.wait()
        finally:
            if self._flying:
                await asyncio.wait(self._flying)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            await self._write_finished()
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def _start_some(self) -> bool:
        """Lease what there is room for; answers whether there may be more to lease now."""
        room = self._at_once - len(self._flying)
        if room < self._at_once // 2:  # few at a time would cost a statement for each
            self._landed_one.clear()
            await self._landed_one.wait()
            return True
        until = self._clock() + timedelta(seconds=self._lease)
        bulk = self._at_once // 2 - self._bulk
        lease_id = str(uuid.uuid4())
        self._asked += 1
        try:
            async with self._database.pool.acquire() as db:
                leased = await lease(
                    db, self._channel_id, lease_id, self._lease, room, PER_LEASE,
                    bulk, self._probe,
                )  # fmt: skip
        except FAILED as error:
            log.warning("sender.database", error=type(error).__name__)
            return False
        for lane in leased.lanes:
            self._held[lane.user_id], self._leases[lane.user_id] = until, lease_id
            self._bulk += _is_bulk(lane)
            task = asyncio.create_task(self._fly(lane, lease_id, self._holds))
            self._flying.add(task)
            task.add_done_callback(self._land)
        if leased.patience:  # the rate is used up: there may well be more to send
            await asyncio.sleep(leased.patience)
        elif leased.bulk_patience and not leased.lanes:
            await self._bell.wait(leased.bulk_patience)
            return True
        return _may_be_more(leased, room)

    async def _keep_leases(self) -> None:
        """What takes longer stays ours, until it is written down."""
        while True:
            await asyncio.sleep(self._lease / 3)
            if not self._held:
                continue
            until = self._clock() + timedelta(seconds=self._lease)
            try:
                async with self._database.pool.acquire() as db:
                    kept = await lanes.renew(db, self._channel_id, self._leases, self._lease)
            except FAILED as error:
                log.warning("sender.database", error=type(error).__name__)
                continue
            self._held.update((user_id, until) for user_id in kept if user_id in self._held)

    def _land(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._landed_one.set()

    async def _fly(self, lane: Lane, lease_id: str, holds: int) -> None:
        finished = _Finished(lane, lane.pace_at, lease_id)
        try:
            await self._send_lane(lane, finished, holds)
        except Exception as error:
            log.error("sender.lane", user_id=lane.user_id, exc_info=error)
            finished.closed = self._unknown_wait
        done = {mark.id for mark in finished.marks}
        finished.marks += [
            Mark(line.id, State.WAITING, tried=False) for line in lane.lines if line.id not in done
        ]
        self._finished.append(finished)
        self._bulk -= _is_bulk(lane)
        self._to_write.set()

    async def _send_lane(self, lane: Lane, finished: _Finished, holds: int) -> None:
        to = address_of(lane)
        speaks = any(line.skip is None for line in lane.lines)
        if lane.last_message_id and len(self._flying) <= QUIET and speaks:
            await self._channel.seen(to, lane.last_message_id)
        for line in lane.lines:
            now = self._clock()
            if self._stop.is_set() or not self._is_ours(finished) or holds != self._holds:
                break
            if line.skip is None and any(m.state is not State.SENT for m in finished.marks):
                break  # should we die before that is written, it is tried again: after this one
            ahead = (finished.pace_at - now).total_seconds() - (PACE_BURST - 1) * PACE_SECONDS
            if ahead > 0:
                finished.closed = ahead
                break
            correlation.bind(line.correlation_id)
            outcome = await self._delivery.attempt(lane, to, line, partial(self._is_ours, finished))
            sent(*named(outcome)).inc()
            if not isinstance(outcome, Mark):
                finished.pace_at = max(finished.pace_at, now) + timedelta(seconds=PACE_SECONDS)
            if lane.probing:
                finished.shown.append(shows(outcome))
            if not self._note(line, outcome, finished):
                break

    def _is_ours(self, flight: _Finished) -> bool:
        """Whether the lane is still under the lease it was taken with: after a while without the
        database it may have run out, and we may have leased it anew."""
        user_id = flight.lane.user_id
        return self._is_newest(flight) and self._clock() < self._held[user_id]

    def _is_newest(self, flight: _Finished) -> bool:
        return self._leases.get(flight.lane.user_id) == flight.lease

    def _note(self, line: Line, outcome: Outcome | Mark, finished: _Finished) -> bool:
        """Keep what came of a bubble, to be written; answers whether the next may go."""
        verdict = judge(self._channel_id, line, outcome, self._unknown_wait)
        finished.marks.append(verdict.mark)
        finished.closed = verdict.closed
        if verdict.consequence is not None:
            finished.consequences.append(verdict.consequence)
        self._holds += verdict.holds_number
        return verdict.goes_on

    # -- writing down -----------------------------------------------------------------

    async def _write_down(self) -> None:
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            await asyncio.shield(self._write_finished())

    async def _write_finished(self) -> None:
        """Write outcomes until there are none; while the database is away, they wait here
        (and if we die now, the lease runs out and the rows become unknown)."""
        async with self._writing:
            while self._finished:
                batch, self._finished = self._finished, []
                try:
                    more = await self._write(batch)
                except FAILED as error:
                    log.warning("sender.not_written", error=type(error).__name__)
                    self._finished = batch + self._finished
                    await asyncio.sleep(0.5)
                    continue
                if more:
                    self._bell.ring()

    async def _write(self, batch: list[_Finished]) -> bool:
        """Answers whether there may be something to lease in the lanes that are given back: what
        came meanwhile, or what a lease found before they were open again."""
        leases = self._asked
        given_back = [self._opening(finished) for finished in batch]
        async with self._database.pool.acquire() as db:
            await self._carry_out(db, batch)
            early, more = await lanes.write_down(db, self._channel_id, given_back)
            for lane in given_back:
                if self._leases.get(lane.user_id) == lane.lease:
                    del self._held[lane.user_id], self._leases[lane.user_id]
            marks = [mark for lane in given_back for mark in lane.marks]
            if early:
                async with db.transaction():
                    await statuses.unpark(db, [m.provider_id for m in marks if m.provider_id])
        return more or leases != self._asked or any(m.state is State.WAITING for m in marks)

    def _opening(self, flight: _Finished) -> Opening:
        """Of a lane that we have leased again since, only what is certain is told."""
        marks = [m for m in flight.marks if self._is_newest(flight) or m.state in CERTAIN]
        return Opening(flight.lane.user_id, flight.closed, flight.pace_at, flight.lease, marks)

    async def _carry_out(self, db: Raw, batch: list[_Finished]) -> None:
        """What failures lead to stands before their bubbles are back in line."""
        if found := [each for finished in batch for each in finished.consequences]:
            async with db.transaction():
                await holds.carry_out(db, found, self._probe)
        for works in (shown for finished in batch for shown in finished.shown):
            await holds.probed(db, self._channel_id, works)


def _may_be_more(leased: Leased, room: int) -> bool:
    """Whether another lease now could give anything; else the bell tells when one could."""
    if leased.patience or leased.bulk_patience or any(map(_is_bulk, leased.lanes)):
        return True
    lines = sum(len(lane.lines) for lane in leased.lanes)
    return len(leased.lanes) >= room or lines >= PER_LEASE


def _is_bulk(lane: Lane) -> bool:
    """Whether it may wait for all the others: a lane with an answer in it may not."""
    return bool(lane.lines) and lane.lines[0].priority == BULK
