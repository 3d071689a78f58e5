"""`bot chat`: the real dialog in a terminal, through inbox, worker and outbox; no network.

The terminal is a number like any other, with a channel that prints instead of sending.
"""

import asyncio
import itertools
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot import arrivals
from bot.arrivals import Arrived
from bot.channels import cloud_in, cloud_out
from bot.channels.address import Address
from bot.channels.media import Download, MediaUnavailable
from bot.channels.outcome import Outcome, Sent
from bot.channels.reading import TERMINAL
from bot.channels.updates import Parsed, Update, Who
from bot.commands.transcript import Recorder, Shown, Tap, show
from bot.database.connections import Database
from bot.dialog.reply import Reply
from bot.dialog.said import Attachment, Said
from bot.identities import Arrival, recognise
from bot.numbers import Number, ensure
from bot.observe import correlation

RATE = 1000  # messages per second
PATIENCE = 15.0  # seconds a turn and its bubbles may take
POLL = 0.02  # seconds between looks whether all is said
EXAMPLE = "https://shop.example"  # where pictures are, in a transcript
HELP = """Type as you would on a phone. A number taps that choice, [Label] taps any you saw,
(location -1.28,36.82) shares a place. Ctrl-D leaves."""


async def terminal_number(db: Any) -> Number:
    return await ensure(db, TERMINAL, TERMINAL, TERMINAL, RATE)


@dataclass
class Screen:
    """What the terminal shows, and a recorder where one runs along."""

    write: Callable[[str], None]
    recorder: Recorder | None = None
    taps: list[Tap] = field(default_factory=list)  # every one seen, the newest last
    offered: tuple[Tap, ...] = ()  # those of the newest bubble that had any

    def bubble(self, shown: Shown) -> None:
        if self.recorder is not None:
            self.recorder.line(shown.transcript())
        self.write("\n".join(f"  {line}" for line in shown.lines))
        if shown.taps:
            self.offered = shown.taps
            self.taps += shown.taps
            rows = shown.choices[-len(shown.taps) :] if len(shown.taps) > 1 else ()
            listed = len(rows) == len(shown.taps) and rows[0].startswith("  [")
            labels = (
                [row.strip() for row in rows] if listed else [f"[{t.label}]" for t in shown.taps]
            )
            self.write("\n".join(f"    {n}  {label}" for n, label in enumerate(labels, start=1)))
        else:
            self.write("\n".join(f"    {choice}" for choice in shown.choices))

    def said(self, words: str) -> None:
        if self.recorder is not None:
            self.recorder.line(f"> {words}")


class TerminalChannel:
    """Prints what it is given to send."""

    window = None

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._numbers = itertools.count(time.time_ns())

    def read(self, payload: dict[str, Any]) -> Said:
        return cloud_in.read(payload)

    def parts(self, reply: Reply) -> list[Reply]:
        return cloud_out.parts(reply)

    async def send(
        self, to: Address, reply: Reply, ours: int, reply_to: str | None = None
    ) -> Outcome:
        self._screen.bubble(show(reply))
        return Sent(f"terminal.{next(self._numbers)}")

    async def send_template(self, to: Address, reply: Reply, language: str, ours: int) -> Outcome:
        return await self.send(to, reply, ours)

    async def seen(self, to: Address, message_id: str) -> None:
        """The person sits before the screen."""

    async def fetch(self, attachment: Attachment, limit: int) -> Download:
        raise MediaUnavailable


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sits at the keyboard; a `fresh` one has never written before."""

    name: str = "Terminal"
    fresh: bool = False
    language: str | None = None


class Talk:
    """Reads lines, stores them as messages, and waits for each to be answered."""

    def __init__(
        self, database: Database, number: Number, screen: Screen, visitor: Visitor
    ) -> None:
        self._database = database
        self._number = number
        self._screen = screen
        self._visitor = visitor
        run = f".{time.time_ns()}" if visitor.fresh else ""
        self._who = Who(bsuid=f"terminal.{visitor.name}{run}"[:160], name=visitor.name)
        self._ids = itertools.count(time.time_ns())

    async def run(self, stop: asyncio.Event) -> None:
        """Until the input ends or we are told to stop."""
        user_id = await self._meet()
        lines = _input()
        ending = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._prompt()
                line = asyncio.create_task(lines.get())
                await asyncio.wait([line, ending], return_when=asyncio.FIRST_COMPLETED)
                if not line.done() or (words := line.result()) is None:
                    line.cancel()
                    break
                if words.strip():
                    await self._say(words.strip(), user_id)
        finally:
            ending.cancel()

    async def _meet(self) -> int:
        async with self._database.pool.acquire() as db, db.transaction():
            [user_id] = await recognise(db, [Arrival(self._number, self._who)])
            if self._visitor.language is not None:
                await db.execute(
                    "UPDATE users SET language = $2 WHERE id = $1", user_id, self._visitor.language
                )
        return user_id

    def _prompt(self) -> None:
        if sys.stdin.isatty():
            sys.stdout.write("> ")
            sys.stdout.flush()

    async def _say(self, words: str, user_id: int) -> None:
        try:
            message, as_written = understood(words, self._screen)
        except NotSeen as nothing:
            self._screen.write(f"  {nothing}")
            return
        self._screen.said(as_written)
        id_ = f"terminal.{next(self._ids)}"
        payload = {"id": id_, **message}
        update = Update(
            address=self._number.address,
            provider_id=id_,
            kind=str(message["type"]),
            payload=payload,
            who=self._who,
            sent_at=datetime.now(UTC),
        )
        await self._unhurried(user_id)
        arrived = Arrived(
            {self._number.address: self._number},
            Parsed([update]),
            correlation.new(),
            datetime.now(UTC),
        )
        async with self._database.pool.acquire() as db, db.transaction():
            await arrivals.write(db, [arrived])
        if not await self._answered(user_id):
            self._screen.write("  (no answer yet; `bot explain` may say why)")

    async def _unhurried(self, user_id: int) -> None:
        """WhatsApp's pace of a bubble in six seconds is not the terminal's."""
        await self._database.pool.execute(
            "UPDATE recipients SET pace_at = now() WHERE user_id = $1 AND channel_id = $2",
            user_id,
            self._number.id,
        )

    async def _answered(self, user_id: int) -> bool:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            open_ = await self._database.pool.fetchval(
                """SELECT EXISTS (SELECT FROM inbox WHERE user_id = $1 AND state = 'waiting')
                       OR EXISTS (SELECT FROM outbox WHERE user_id = $1 AND channel_id = $2
                                  AND state IN ('waiting', 'sending'))""",
                user_id,
                self._number.id,
            )
            if not open_:
                return True
            await asyncio.sleep(POLL)
        return False


class NotSeen(Exception):
    """A tap on something that was never on the screen."""


def understood(words: str, screen: Screen) -> tuple[dict[str, Any], str]:
    """The Cloud API message that typed words stand for, and how a transcript writes them.

    A number that is itself a label ("How many? [1] [2] [3]") means that label. Raises NotSeen.
    """
    if words.isdecimal() and (tap := _numbered(words, screen.offered)):
        return _tapped(tap)
    if label := re.fullmatch(r"\[(.+)\]", words):
        for tap in reversed(screen.taps):
            if tap.label == label[1]:
                return _tapped(tap)
        raise NotSeen(f"There was no {words} to tap.")
    if place := re.fullmatch(r"\(location (-?[\d.]+),\s*(-?[\d.]+)(?: (.+))?\)", words):
        spot = {"latitude": float(place[1]), "longitude": float(place[2])}
        named = {"name": place[3]} if place[3] else {}
        return {"type": "location", "location": {**spot, **named}}, words
    return {"type": "text", "text": {"body": words.replace("\\n", "\n")}}, words


def _numbered(digits: str, offered: tuple[Tap, ...]) -> Tap | None:
    for tap in offered:
        if tap.label == digits:
            return tap
    return offered[int(digits) - 1] if 1 <= int(digits) <= len(offered) else None


def _tapped(tap: Tap) -> tuple[dict[str, Any], str]:
    return tap.sends, f"[{tap.label}]"


def _input() -> "asyncio.Queue[str | None]":
    """Lines of standard input, None at its end; read by a thread that nobody waits for."""
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        rest = b""
        while chunk := os.read(0, 65536):  # unbuffered: a buffer's lock would outlive us
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                loop.call_soon_threadsafe(lines.put_nowait, line.decode(errors="replace"))
        if rest:
            loop.call_soon_threadsafe(lines.put_nowait, rest.decode(errors="replace"))
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True, name="keyboard").start()
    return lines
