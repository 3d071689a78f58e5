"""Carrying webhooks to the product: signed, in order per phone, again and again until the answer
is 200.

A lane holds what one phone (or one payment) has to tell. While the product is away the lane
waits, so order is kept; an update that is refused three times is set aside and tried again on
its own, so that one poisonous update does not hold up its neighbours, which is how the providers
do it too.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from enum import Enum

import aiohttp

from bot.simulator.faults import Faults
from bot.simulator.updates import Envelopes, Receiver, Update

ANSWER_WITHIN_SECONDS = 15
REFUSALS_IN_LANE = 3
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_AWAY = 3.0
LONGEST_PAUSE_REFUSED = 300.0
OVERTAKEN_AFTER_SECONDS = 0.4
BATCH_WAIT_SECONDS = 0.2
BATCH_SIZE = 1000


class Answer(Enum):
    """What became of one POST."""

    TAKEN = "taken"
    REFUSED = "refused"
    AWAY = "away"


class Delivery:
    """All lanes, the batch that is gathering, and the HTTP client they share."""

    def __init__(
        self, envelopes: Envelopes, faults: Faults, on_taken: Callable[[Update], None]
    ) -> None:
        self._envelopes = envelopes
        self._faults = faults
        self._on_taken = on_taken
        self._lanes: dict[str, deque[Update]] = {}
        self._batch: list[Update] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: aiohttp.ClientSession | None = None
        self.posts = 0

    async def start(self) -> None:
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_SECONDS)
        connector = aiohttp.TCPConnector(limit=256)
        self._client = aiohttp.ClientSession(connector=connector, timeout=timeout)
        for lane in self._lanes:
            self._run(self._empty_lane(lane))

    async def stop(self) -> None:
        """Drop the connections; what was not taken is in the journal."""
        client, self._client = self._client, None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if client is not None:
            await client.close()

    @property
    def waiting(self) -> int:
        """How many updates have not been taken yet, set-aside ones not counted."""
        return sum(map(len, self._lanes.values())) + len(self._batch)

    def send(self, update: Update) -> None:
        """Queue an update at the end of its lane."""
        lane = self._lanes.get(update.lane)
        if lane is not None:
            lane.append(update)
            return
        self._lanes[update.lane] = deque((update,))
        if self._client is not None:
            self._run(self._empty_lane(update.lane))

    async def send_together(self, updates: Sequence[Update]) -> None:
        """Deliver WhatsApp updates in one POST, past the lanes, until it is taken."""
        await self._insist(updates, LONGEST_PAUSE_AWAY)

    def _run(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _empty_lane(self, name: str) -> None:
        lane = self._lanes[name]
        while lane:
            await self._deliver(lane[0])
            lane.popleft()
        del self._lanes[name]

    async def _deliver(self, update: Update) -> None:
        if self._faults.delay_ms:
            await asyncio.sleep(self._faults.delay_ms / 1000)
        if self._faults.fires("reorder"):
            self._run(self._deliver_late(update))
        elif update.receiver == "whatsapp" and self._faults.fires("batch"):
            self._gather(update)
        else:
            await self._deliver_in_turn(update)

    async def _deliver_in_turn(self, update: Update) -> None:
        pause, refusals = FIRST_PAUSE_SECONDS, 0
        while (answer := await self._attempt(update)) is not Answer.TAKEN:
            refusals += answer is Answer.REFUSED
            if refusals >= REFUSALS_IN_LANE:
                self._run(self._insist([update], LONGEST_PAUSE_REFUSED))
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_AWAY)
        self._on_taken(update)

    async def _attempt(self, update: Update) -> Answer:
        if self._faults.fires("duplicate"):
            twice = await asyncio.gather(self._post([update]), self._post([update]))
            return Answer.TAKEN if Answer.TAKEN in twice else twice[0]
        if self._faults.fires("drop_200"):
            await self._post([update])
            await asyncio.sleep(FIRST_PAUSE_SECONDS)
        return await self._post([update])

    async def _deliver_late(self, update: Update) -> None:
        await asyncio.sleep(OVERTAKEN_AFTER_SECONDS)
        await self._insist([update], LONGEST_PAUSE_AWAY)

    def _gather(self, update: Update) -> None:
        self._batch.append(update)
        if len(self._batch) == 1:
            self._run(self._send_batch())

    async def _send_batch(self) -> None:
        await asyncio.sleep(BATCH_WAIT_SECONDS)
        batch, self._batch = self._batch, []
        for start in range(0, len(batch), BATCH_SIZE):
            await self._insist(batch[start : start + BATCH_SIZE], LONGEST_PAUSE_AWAY)

    async def _insist(self, updates: Sequence[Update], longest_pause: float) -> None:
        pause = FIRST_PAUSE_SECONDS
        while await self._post(updates) is not Answer.TAKEN:
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest_pause)
        for update in updates:
            self._on_taken(update)

    async def _post(self, updates: Sequence[Update]) -> Answer:
        if self._client is None:
            return Answer.AWAY
        receiver = updates[0].receiver
        body = self._envelopes.body(updates)
        headers = self._envelopes.headers(receiver, body)
        self.posts += 1
        try:
            async with self._client.post(
                self._envelopes.url(updates[0]), data=body, headers=headers, allow_redirects=False
            ) as response:
                await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Answer.AWAY
        return _judged(receiver, response.status)


def _judged(receiver: Receiver, status: int) -> Answer:
    """WhatsApp wants exactly 200, others any 2xx; a gateway's 5xx counts as nobody being there."""
    if status == 200 or (receiver != "whatsapp" and 200 <= status < 300):
        return Answer.TAKEN
    return Answer.AWAY if status in {502, 503, 504} else Answer.REFUSED
