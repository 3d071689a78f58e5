"""Sending what waits: leases people's lanes, sends each in order, writes down what came of it.

Lanes run side by side, a lane's bubbles one after the other. Outcomes are written by one
task for all, whenever the last writing is done.
"""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import asyncpg
import structlog

from bot import lanes, statuses
from bot.channels.address import Address
from bot.channels.channel import Channel
from bot.channels.errors import Action, Failure
from bot.channels.outcome import Failed, Outcome, Sent, Unknown
from bot.database.connections import AWAY, Database
from bot.dialog.reply import reply_from
from bot.lanes import Lane, Line, Opening
from bot.observe import correlation
from bot.observe.metrics import sent
from bot.outbox import Mark, State
from bot.recipients import PACE_BURST, PACE_SECONDS
from bot.wakeups import Wakeups

log = structlog.get_logger()

LEASE = 8.0  # seconds a lane is ours; made longer while its bubbles take longer
UNKNOWN_WAIT = 30.0  # seconds a status may take to tell whether a send that timed out arrived
AT_ONCE = 64  # lanes in flight
PER_LEASE = 200  # bubbles
MOST_TRIES = 8
_PAUSES = {  # seconds before the second try, and how much longer each further one waits
    Action.RETRY: (0.5, 2),
    Action.SLOW_PAIR: (4.0, 4),  # providers.md B: 4^X seconds
    Action.SLOW_NUMBER: (1.0, 2),
    Action.PAUSE_NUMBER: (60.0, 2),
    Action.PAUSE_CAMPAIGNS: (3600.0, 2),
    Action.WAIT_DAY: (86_400.0, 1),
}
_LONGEST_PAUSE = 86_400.0
QUIET = 16  # lanes in flight, up to which read marks are worth their request


@dataclass(slots=True)
class _Finished:
    """A lane that was sent, or sent in part: what to write, and when it may open again."""

    lane: Lane
    pace_at: datetime
    marks: list[Mark] = field(default_factory=list)
    closed: float = 0.0


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
        at_once: int = AT_ONCE,
        lease: float = LEASE,
        unknown_wait: float = UNKNOWN_WAIT,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._channel_id = channel_id
        self._channel = channel
        self._bell = wakeups.bell("outbox")
        self._public_address = public_address
        self._at_once = at_once
        self._lease = lease
        self._unknown_wait = unknown_wait
        self._clock = clock
        self._stop = asyncio.Event()
        self._held: dict[int, datetime] = {}  # whose lanes are ours, and until when for certain
        self._lease_id = str(uuid.uuid4())
        self._flying: set[asyncio.Task[None]] = set()
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
        """Lease what there is room for; answers whether there was anything."""
        room = self._at_once - len(self._flying)
        if room < self._at_once // 2:  # few at a time would cost a statement for each
            self._landed_one.clear()
            await self._landed_one.wait()
            return True
        until = self._clock() + timedelta(seconds=self._lease)
        try:
            async with self._database.pool.acquire() as db:
                leased, patience = await lanes.lease(
                    db, self._channel_id, self._lease_id, self._lease, room, PER_LEASE
                )
        except (*AWAY, asyncpg.PostgresError) as error:
            log.warning("sender.database", error=type(error).__name__)
            return False
        for lane in leased:
            self._held[lane.user_id] = until
            task = asyncio.create_task(self._fly(lane))
            self._flying.add(task)
            task.add_done_callback(self._land)
        if patience:  # the rate is used up: there may well be more to send
            await asyncio.sleep(patience)
        return bool(leased or patience)

    async def _keep_leases(self) -> None:
        """What takes longer stays ours, until it is written down."""
        while True:
            await asyncio.sleep(self._lease / 3)
            if not self._held:
                continue
            until = self._clock() + timedelta(seconds=self._lease)
            try:
                async with self._database.pool.acquire() as db:
                    kept = await lanes.renew(
                        db, self._channel_id, self._lease_id, [*self._held], self._lease
                    )
            except (*AWAY, asyncpg.PostgresError) as error:
                log.warning("sender.database", error=type(error).__name__)
                continue
            self._held.update((user_id, until) for user_id in kept if user_id in self._held)

    def _land(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._landed_one.set()

    async def _fly(self, lane: Lane) -> None:
        finished = _Finished(lane, lane.pace_at)
        try:
            await self._send_lane(lane, finished)
        except Exception as error:
            log.error("sender.lane", user_id=lane.user_id, exc_info=error)
            finished.closed = self._unknown_wait
        done = {mark.id for mark in finished.marks}
        finished.marks += [
            Mark(line.id, State.WAITING, tried=False) for line in lane.lines if line.id not in done
        ]
        self._finished.append(finished)
        self._to_write.set()

    async def _send_lane(self, lane: Lane, finished: _Finished) -> None:
        to = _address(lane)
        if lane.last_message_id and len(self._flying) <= QUIET and lane.lines:
            await self._channel.seen(to, lane.last_message_id)
        for line in lane.lines:
            now = self._clock()
            if self._stop.is_set() or now >= self._held[lane.user_id]:
                break
            ahead = (finished.pace_at - now).total_seconds() - (PACE_BURST - 1) * PACE_SECONDS
            if ahead > 0:
                finished.closed = ahead
                break
            correlation.bind(line.correlation_id)
            outcome = await self._send(lane, to, line)
            sent(*_named(outcome)).inc()
            if not isinstance(outcome, Mark):
                finished.pace_at = max(finished.pace_at, now) + timedelta(seconds=PACE_SECONDS)
            mark, finished.closed = self._judge(line, outcome)
            finished.marks.append(mark)
            if finished.closed:
                break

    async def _send(self, lane: Lane, to: Address, line: Line) -> Outcome | Mark:
        """One bubble, by its template where the window is closed. Never raises: a bubble that
        cannot be sent must not hold up the ones behind it for ever."""
        try:
            reply = reply_from(line.content).at(self._public_address)
            if self._is_open(lane):
                outcome = await self._channel.send(to, reply, line.id)
                if not _needs_template(outcome):
                    return outcome
            if reply.template is None:
                return Mark(line.id, State.SKIPPED, reason="window closed")
            return await self._channel.send_template(to, reply, line.language, line.id)
        except Exception as error:
            log.error("sender.bubble", outbox_id=line.id, exc_info=error)
            return Failed(Failure(Action.BUG, text=type(error).__name__))

    def _is_open(self, lane: Lane) -> bool:
        if (window := self._channel.window) is None:
            return True
        return lane.talked_at is not None and self._clock() - lane.talked_at < window

    def _judge(self, line: Line, outcome: Outcome | Mark) -> tuple[Mark, float]:
        """What to write of a bubble, and for how many seconds its lane stays closed."""
        match outcome:
            case Mark():
                return outcome, 0.0
            case Sent(provider_id):
                return Mark(line.id, State.SENT, provider_id), 0.0
            case Unknown(why):
                return Mark(line.id, State.UNKNOWN, reason=why[:500]), self._unknown_wait
            case Failed(failure) if failure.action.again and line.attempts < MOST_TRIES:
                first, growth = _PAUSES[failure.action]
                pause = min(first * growth ** (line.attempts - 1), _LONGEST_PAUSE)
                return Mark(line.id, State.WAITING, None, failure.text[:500], failure.code), pause
            case Failed(failure):
                _alert(failure)
                return Mark(line.id, State.FAILED, None, failure.text[:500], failure.code), 0.0

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
                    await self._write(batch)
                except (*AWAY, asyncpg.PostgresError) as error:
                    log.warning("sender.not_written", error=type(error).__name__)
                    self._finished = batch + self._finished
                    await asyncio.sleep(0.5)
        self._bell.ring()

    async def _write(self, batch: list[_Finished]) -> None:
        marks = [mark for finished in batch for mark in finished.marks]
        given_back = [Opening(f.lane.user_id, f.closed, f.pace_at) for f in batch]
        async with self._database.pool.acquire() as db:
            early = await lanes.write_down(db, self._channel_id, self._lease_id, marks, given_back)
            for lane in given_back:
                self._held.pop(lane.user_id, None)
            if early:
                async with db.transaction():
                    await statuses.unpark(db, [m.provider_id for m in marks if m.provider_id])


def _needs_template(outcome: Outcome) -> bool:
    """The provider knows better than we do that the window is closed."""
    return isinstance(outcome, Failed) and outcome.failure.action is Action.NEEDS_TEMPLATE


def _address(lane: Lane) -> Address:
    match lane.address_kind:
        case "phone":
            return Address(phone=lane.address)
        case "bsuid":
            return Address(bsuid=lane.address)
        case _:
            return Address(chat_id=lane.address)


def _named(outcome: Outcome | Mark) -> tuple[str, int]:
    """What became of a bubble, and the provider's code."""
    match outcome:
        case Mark(state=state):
            return state.value, 0
        case Failed(failure):
            return failure.action.value, failure.code
        case _:
            return type(outcome).__name__.lower(), 0


def _alert(failure: Failure) -> None:
    """What an operator must hear of: nothing else will mend it."""
    if failure.action in (Action.STOP_CHANNEL, Action.BUG, Action.DISABLE_TEMPLATE):
        log.error("sender.refused", action=failure.action, code=failure.code)
