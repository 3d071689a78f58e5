"""`run`, `start`, `chat`, `simulator`: commands that go on until they are told to stop."""

from pathlib import Path
from typing import Annotated

import typer

from bot import app
from bot.commands.chat import EXAMPLE, HELP, Screen, Visitor
from bot.commands.operating import QUIET, say
from bot.commands.preparing import migrated, must_be_migrated
from bot.commands.running import go, settings_or_fail
from bot.commands.transcript import Recorder
from bot.database.address import database_address
from bot.database.migrations import upgrade
from bot.language import LANGUAGES
from bot.settings import Settings


def run() -> None:
    """Everything in one process; with the simulator while no WhatsApp token is set."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            await upgrade(url)
            await app.run(settings, url)

    go(program)


def start(
    roles: Annotated[list[str], typer.Argument(help=f"Some of: {', '.join(app.ROLES)}.")],
) -> None:
    """The named roles in one process, on a migrated database."""
    unknown = [role for role in roles if role not in app.ROLES]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: known roles are {', '.join(app.ROLES)}")

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            await must_be_migrated(url)
            await app.run(settings, url, tuple(roles))

    go(program)


def web() -> None:
    """Webhooks, health and metrics (role web)."""
    start(["web"])


def worker() -> None:
    """Webhooks taken apart, turns and payments (role worker)."""
    start(["worker"])


def sender() -> None:
    """What goes out (role sender)."""
    start(["sender"])


def scheduler() -> None:
    """Timers and what happens by the clock (role scheduler)."""
    start(["scheduler"])


def chat(
    language: Annotated[
        str | None, typer.Option(help=f"Begin in one of: {', '.join(LANGUAGES)}.")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write a transcript as tests/conversations has them."),
    ] = None,
    name: Annotated[str, typer.Option(help="Who you are; the same name goes on.")] = "Terminal",
    fresh: Annotated[bool, typer.Option(help="Be somebody who never wrote before.")] = False,
) -> None:
    """Talk with the bot here, without a network: inbox, worker, outbox and a printing channel."""
    if language is not None and language not in LANGUAGES:
        raise typer.BadParameter(f"{language}: known languages are {', '.join(LANGUAGES)}")
    screen = Screen(say, Recorder(record, f"Talking with {name}") if record else None)
    visitor = Visitor(name, fresh or record is not None, language)

    async def program(settings: Settings) -> None:
        async with migrated(settings) as url:
            say(HELP)
            public = EXAMPLE if record else settings.public_address
            await app.chat(settings, url, screen, visitor, public)

    go(program, log_level=QUIET)


def simulator(
    product: Annotated[
        str, typer.Option(help="Where the product answers, http://…: webhooks go there.")
    ],
) -> None:
    """Only the simulator of WhatsApp and payments, for a product that runs elsewhere."""
    settings = settings_or_fail()
    if not settings.simulator_on:
        raise typer.BadParameter("a real token is set here: the simulator plays no real number")
    if not product.startswith(("http://", "https://")):
        raise typer.BadParameter(f"{product} is no http address")

    async def program(settings: Settings) -> None:
        await app.simulate(settings, product.rstrip("/"))

    go(program, settings)
