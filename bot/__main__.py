"""The command line: `python -m bot --help`."""

from typing import Annotated

import typer

from bot import app
from bot.commands.running import go, settings_or_fail
from bot.database.address import database_address
from bot.database.migrations import upgrade
from bot.settings import Settings, simulated

cli = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    help="A WhatsApp service platform: shop, book, learn, get help and pay in chat.",
)


@cli.command()
def run() -> None:
    """Everything in one process; with the simulator when no WhatsApp token is set."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            await upgrade(url)
            await app.run(settings, url)

    go(program, with_simulator(settings_or_fail()))


@cli.command()
def start(
    roles: Annotated[list[str], typer.Argument(help="web, worker, sender, scheduler")],
) -> None:
    """The named roles in one process, on a migrated database."""
    unknown = [role for role in roles if role not in app.ROLES]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: known roles are {', '.join(app.ROLES)}")

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            await app.run(settings, url, tuple(roles))

    go(program, with_simulator(settings_or_fail()))


def with_simulator(settings: Settings) -> Settings:
    return simulated(settings) if settings.simulator_on else settings


@cli.command()
def web() -> None:
    """Webhooks, health and metrics."""
    start(["web"])


@cli.command()
def worker() -> None:
    """Turns and payments."""
    start(["worker"])


@cli.command()
def sender() -> None:
    """What goes out."""
    start(["sender"])


@cli.command()
def scheduler() -> None:
    """Timers and what happens by the clock."""
    start(["scheduler"])


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            await upgrade(url)

    go(program)


def main() -> None:
    cli()


if __name__ == "__main__":
    main()
