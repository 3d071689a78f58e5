"""The command line: `python -m bot --help`."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer

from bot import app
from bot.commands import doctor as checks
from bot.commands import operating, parked, talking
from bot.commands import replay as replaying
from bot.commands import shadow as shadowing
from bot.commands.chat import EXAMPLE, HELP, Screen, Visitor
from bot.commands.operating import QUIET, Json, Words, say
from bot.commands.running import Mendable, fail, go, settings_or_fail
from bot.commands.transcript import Recorder
from bot.database.address import database_address
from bot.database.migrations import is_newest, upgrade
from bot.language import LANGUAGES
from bot.settings import Settings, SettingsError, read, simulated

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A WhatsApp service platform: shop, book, learn, get help and pay in chat."
    " Settings come from the environment and .env; .env.example explains each.",
)
cli.add_typer(operating.parked, name="parked")
cli.add_typer(operating.numbers, name="numbers")
cli.add_typer(talking.handover, name="handover")

# -- running --------------------------------------------------------------------------


@cli.command()
def run() -> None:
    """Everything in one process; with the simulator while no WhatsApp token is set."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            await upgrade(url)
            await app.run(settings, url)

    go(program)


@cli.command()
def start(
    roles: Annotated[list[str], typer.Argument(help=f"Some of: {', '.join(app.ROLES)}.")],
) -> None:
    """The named roles in one process, on a migrated database."""
    unknown = [role for role in roles if role not in app.ROLES]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: known roles are {', '.join(app.ROLES)}")

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            await _must_be_migrated(url)
            await app.run(settings, url, tuple(roles))

    go(program)


async def _must_be_migrated(url: str) -> None:
    if not await is_newest(url):
        raise Mendable("The database is not migrated; run: python -m bot migrate")


@contextlib.asynccontextmanager
async def _migrated(settings: Settings) -> AsyncIterator[str]:
    """A migrated database; only the embedded one, which is ours alone, is brought there here."""
    async with database_address(settings) as url:
        if settings.database_url is None:
            await upgrade(url)
        await _must_be_migrated(url)
        yield url


@cli.command()
def web() -> None:
    """Webhooks, health and metrics (role web)."""
    start(["web"])


@cli.command()
def worker() -> None:
    """Webhooks taken apart, turns and payments (role worker)."""
    start(["worker"])


@cli.command()
def sender() -> None:
    """What goes out (role sender)."""
    start(["sender"])


@cli.command()
def scheduler() -> None:
    """Timers and what happens by the clock (role scheduler)."""
    start(["scheduler"])


# -- preparing ------------------------------------------------------------------------


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema; again does no harm."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            say(f"The database is at {await upgrade(url)}.")

    go(program)


@cli.command()
def seed() -> None:
    """Put the demo business into the database; again does no harm."""

    async def program(settings: Settings) -> None:
        async with _migrated(settings) as url, app.parts(settings, url) as opened:
            if not opened.lines:
                raise Mendable("The demo needs a number: set a channel, or SIMULATOR=true.")
            await app.seed(opened)
        say("The demo business is in the database.")

    go(program)


@cli.command()
def doctor(json: Json = False) -> None:
    """Check settings, database, providers and clock, and say what to do; 1 if one is wrong."""
    try:
        settings = read()
        settings = simulated(settings) if settings.simulator_on else settings
    except SettingsError as error:
        _tell(checks.of_settings(str(error)), json)

    async def program(settings: Settings) -> None:
        wanted = [checks.Wanted(one.name, one.language) for one in app.templates()]
        _tell(await checks.examine(settings, wanted), json)

    go(program, settings, log_level=QUIET)


def _tell(found: list[checks.Finding], json: bool) -> None:
    say(checks.as_json(found) if json else checks.as_text(found))
    raise SystemExit(0 if checks.is_well(found) else 1)


# -- looking inside -------------------------------------------------------------------

cli.command()(operating.explain)


@cli.command()
def replay(
    what: Annotated[
        str,
        typer.Argument(
            help="An inbox id (17, in:17), WhatsApp's id of a message, a correlation id, or a"
            " person's phone or user id: then their last turns."
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only look: write nothing, send nothing. Needed.")
    ] = False,
    last: Annotated[int, typer.Option(min=1, help="How many turns of a person.")] = 5,
    with_words: Words = False,
    json: Json = False,
) -> None:
    """Take a turn again on this code and show what would be said otherwise than it was then.
    A recorded turn reads what it read then; one that was not recorded reads the data of today.
    Nothing is written either way."""
    if not dry_run:
        raise typer.BadParameter(
            "it only looks, so say --dry-run; a parked message is run again for good by:"
            " python -m bot parked retry ID"
        )

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url, app.trial(settings, url) as trial:
            compared = await replaying.replayed(trial, what, last)
        if not compared:
            raise Mendable("Nothing of that name is known: no message, no person.")
        told = replaying.as_json if json else replaying.as_text
        say(told(compared, with_words))

    go(program, log_level=QUIET)


@cli.command()
def shadow(
    last: Annotated[int, typer.Option(min=1, help="How many conversations.")] = 100,
    service: Annotated[
        str | None, typer.Option(help="Only turns of this one: shopping, business, …")
    ] = None,
    with_words: Words = False,
    json: Json = False,
) -> None:
    """Take the last recorded conversations again on this code, and tell what differs.
    The check before a deploy: 1 if anything does, 0 if everybody would have been told the
    same. Nothing is written or sent. RECORD_TURNS says whose turns are recorded."""
    if service is not None and service not in app.services():
        raise typer.BadParameter(f"{service}: known services are {', '.join(app.services())}")

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url, app.trial(settings, url) as trial:
            found = await shadowing.shadowed(trial, last, service)
        if found.is_empty:
            raise Mendable("No turn is recorded that could be tried; RECORD_TURNS says whose are.")
        told = shadowing.as_json if json else shadowing.as_text
        say(told(found, with_words))
        raise SystemExit(1 if found.differing else 0)

    go(program, log_level=QUIET)


@operating.parked.command("payments")
def payments_(
    retry: Annotated[
        str | None, typer.Option(help="Settle this event once more: its id, evt_….")
    ] = None,
    provider: Annotated[str, typer.Option(help="Whose event it is.")] = "stripe",
    most: Annotated[int, typer.Option(min=1, help="How many at most, the newest.")] = 50,
    json: Json = False,
) -> None:
    """Payment events that could not be settled, fit nothing, or hold money for somebody to see."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            if retry is None:
                found = await app.troubled_payments(url, most)
                say(parked.payments_json(found) if json else parked.payments_text(found))
            elif not await app.settle_again(url, provider, retry):
                raise Mendable(f"There is no event {retry} of {provider}.")
            else:
                say(f"back in line: {retry}")

    go(program, log_level=QUIET)


@cli.command()
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
        async with _migrated(settings) as url:
            say(HELP)
            public = EXAMPLE if record else settings.public_address
            await app.chat(settings, url, screen, visitor, public)

    go(program, log_level=QUIET)


@cli.command()
def diagram(
    service: Annotated[str, typer.Argument(help="shopping, business, …: what tags begin with.")],
) -> None:
    """Draw the conversation of a service, in Mermaid."""
    try:
        say(app.drawn(service).rstrip())
    except Mendable as error:
        fail(str(error))


@cli.command()
def simulator(
    product: Annotated[
        str, typer.Option(help="Where the product answers, http://…: webhooks go there.")
    ],
) -> None:
    """Only the simulator of WhatsApp and Stripe, for a product that runs elsewhere."""
    settings = settings_or_fail()
    if not settings.simulator_on:
        raise typer.BadParameter("a real token is set here: the simulator plays no real number")
    if not product.startswith(("http://", "https://")):
        raise typer.BadParameter(f"{product} is no http address")

    async def program(settings: Settings) -> None:
        await app.simulate(settings, product.rstrip("/"))

    go(program, settings)


def main() -> None:
    cli()


if __name__ == "__main__":
    main()
