"""Whole processes, from their start until they are told to stop."""

import asyncio
import contextlib
from dataclasses import replace

from bot.app.background import ROLES, roles, worker
from bot.app.endpoints import serving, telling
from bot.app.resources import Line, parts
from bot.app.simulated import play, seed
from bot.commands.chat import Screen, Talk, TerminalChannel, Visitor, terminal_number
from bot.commands.running import Mendable
from bot.dialog import checks
from bot.observe import lag
from bot.roles import Role, run_until_stopped
from bot.sender import Sender
from bot.settings import Settings
from handlers.chat import dialog


async def run(settings: Settings, url: str, names: tuple[str, ...] = ROLES) -> None:
    """The named roles in one process until it is told to stop; with them all, and no real
    number, the simulator stands in for the world."""
    if "worker" in names:
        check_dialog()
    async with contextlib.AsyncExitStack() as stack:
        opened = await stack.enter_async_context(parts(settings, url))
        simulator = await play(opened) if "web" in names and settings.simulator_on else None
        stop = asyncio.Event()
        if "web" in names:
            await stack.enter_async_context(serving(opened, simulator))
            print(_address(settings), flush=True)  # noqa: T201
        else:
            await stack.enter_async_context(telling(opened))
        await run_until_stopped(
            [*roles(opened, names), lag.ROLE],
            settings.graceful_stop_seconds,
            stop,
            opened.wakeups.wake_all,
        )


def check_dialog() -> None:
    """Before anybody is talked to. Raises Mendable with a line for each thing that is wrong."""
    try:
        checks.check(dialog)
    except checks.BadDialog as error:
        raise Mendable(f"The conversations cannot be used:\n{error}") from error


def _address(settings: Settings) -> str:
    where = settings.public_address
    return f"Open {where}/simulator" if settings.simulator_on else f"Listening at {where}"


async def chat(settings: Settings, url: str, screen: Screen, visitor: Visitor, public: str) -> None:
    """The dialog in a terminal, until its input ends; pictures are shown as at `public`."""
    async with parts(settings, url) as opened:
        if settings.simulator_on:
            await seed(opened)
        async with opened.database.pool.acquire() as db:
            number = await terminal_number(db)
        channel = TerminalChannel(screen)
        here = replace(opened, lines=(*opened.lines, Line(number, channel)))
        sender = Sender(opened.database, number.id, channel, opened.wakeups, public_address=public)
        talk = Talk(opened.database, number, screen, visitor)
        share = 1.0 if settings.record_turns is None else settings.record_turns
        mine = [worker(here, share), Role("sender", sender.run), Role("terminal", talk.run)]
        wake = opened.wakeups.wake_all
        await run_until_stopped(mine, settings.graceful_stop_seconds, asyncio.Event(), wake)
