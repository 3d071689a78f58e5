"""Sending one bubble: what keeps it back, by its words or by its template, its files first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.channels.address import Address
from bot.channels.channel import Channel
from bot.channels.errors import Action, Failure
from bot.channels.outcome import Failed, Outcome
from bot.database.connections import is_away
from bot.dialog.reply import Reply, reply_from
from bot.lease import Lane, Line
from bot.outbox import Mark, State
from bot.repeats import Repeats
from bot.uploads import Uploads

log = structlog.get_logger()

Ours = Callable[[], bool]
"""Whether the lane is still the sender's."""


class _NotOurs(Exception):
    """The lease ran out while the bubble was made ready."""


@dataclass(frozen=True)
class Delivery:
    """Everything that comes between a leased bubble and what came of it."""

    channel: Channel
    public_address: str
    repeats: Repeats
    uploads: Uploads | None  # None: files go by address
    clock: Callable[[], datetime]

    async def attempt(self, lane: Lane, to: Address, line: Line, ours: Ours) -> Outcome | Mark:
        """Never raises: a bubble that cannot be sent must not hold up the ones behind it for
        ever. A Mark says that the provider was not asked at all: also where the lane was not
        `ours` any more when everything was ready, for the database may take its time."""
        try:
            if line.skip is not None:
                return _skipped(line, line.skip)
            reply = reply_from(line.content)
            if await self.repeats.too_often(line.id, line.user_id, reply):
                log.error("sender.said_too_often", user_id=line.user_id, outbox_id=line.id)
                return _skipped(line, "said too often")
            if self._is_open(lane):
                outcome = await self._send(to, reply, line, ours)
                if not _needs_template(outcome):
                    return outcome
            return await self._send_template(to, reply, line, ours)
        except _NotOurs:
            return Mark(line.id, State.WAITING, tried=False)
        except Exception as error:
            if is_away(error):  # the database, before anything was sent
                return Failed(Failure(Action.RETRY, text=type(error).__name__))
            log.error("sender.bubble", outbox_id=line.id, exc_info=error)
            return Failed(Failure(Action.BUG, text=type(error).__name__))

    async def _send(self, to: Address, reply: Reply, line: Line, ours: Ours) -> Outcome:
        async def send(ready: Reply) -> Outcome:
            if not ours():
                raise _NotOurs
            return await self.channel.send(to, ready.at(self.public_address), line.id)

        if self.uploads is None or not self.uploads.has_files(reply):
            return await send(reply)
        return await self.uploads.send(reply, send)

    async def _send_template(
        self, to: Address, reply: Reply, line: Line, ours: Ours
    ) -> Outcome | Mark:
        if reply.template is None:
            return _skipped(line, "window closed")
        if line.template_held is not None:
            return _skipped(line, f"template held, code {line.template_held}")
        if not ours():
            raise _NotOurs
        return await self.channel.send_template(to, reply, line.language, line.id)

    def _is_open(self, lane: Lane) -> bool:
        if (window := self.channel.window) is None:
            return True
        return lane.talked_at is not None and self.clock() - lane.talked_at < window


def _skipped(line: Line, why: str) -> Mark:
    return Mark(line.id, State.SKIPPED, reason=why)


def _needs_template(outcome: Outcome) -> bool:
    """The provider knows better than we do that the window is closed."""
    return isinstance(outcome, Failed) and outcome.failure.action is Action.NEEDS_TEMPLATE


def address_of(lane: Lane) -> Address:
    match lane.address_kind:
        case "phone":
            return Address(phone=lane.address)
        case "bsuid":
            return Address(bsuid=lane.address)
        case _:
            return Address(chat_id=lane.address)
