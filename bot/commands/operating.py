"""`explain`, `parked`, `numbers`: commands that only look at the database, or mend a row of it."""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

import asyncpg
import typer
from sqlalchemy.engine import make_url

from bot import webhooks
from bot.commands import numbers as our_numbers
from bot.commands import parked as parked_rows
from bot.commands.explain import explain as explained
from bot.commands.running import Mendable, go
from bot.database.address import database_address
from bot.database.connections import arguments, read_json
from bot.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Words = Annotated[
    bool, typer.Option("--with-words", help="Show what was said, and what errors quote of it.")
]
Ids = Annotated[list[int], typer.Argument(metavar="ID…", help="As `parked list` shows them.")]
QUIET = "ERROR"  # the log of a command that prints its own result

parked = typer.Typer(
    no_args_is_help=True, help="What failed too often: messages, webhooks, payment events."
)
numbers = typer.Typer(no_args_is_help=True, help="Our numbers, and what holds them back.")


@contextlib.asynccontextmanager
async def connection(settings: Settings) -> AsyncIterator[Any]:
    """One connection to the program's database."""
    async with database_address(settings) as url:
        db: Any = await asyncpg.connect(timeout=10, **arguments(make_url(url)))
        try:
            await read_json(db)
            yield db
        finally:
            await db.close()


def say(words: str) -> None:
    print(words)  # noqa: T201


def explain(
    what: Annotated[
        str,
        typer.Argument(
            help="An inbox id (17, in:17), an outbox id (out:17), WhatsApp's id of a message,"
            " a correlation id from the logs, or a person's phone or user id."
        ),
    ],
    last: Annotated[int, typer.Option(min=1, help="How many messages of a person.")] = 5,
    with_words: Words = False,
    json: Json = False,
) -> None:
    """Tell the story of a message: webhook, inbox, turn, bubbles, statuses, with times."""

    async def program(settings: Settings) -> None:
        async with connection(settings) as db:
            report = await explained(db, what, last=last, with_words=with_words, json=json)
        if report is None:
            raise Mendable("Nothing of that name is known: no message, no bubble, no person.")
        say(report)

    go(program, log_level=QUIET)


@parked.command("list")
def list_(
    most: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    with_words: Words = False,
    json: Json = False,
) -> None:
    """The parked messages, oldest first."""

    async def program(settings: Settings) -> None:
        async with connection(settings) as db:
            found = await parked_rows.find(db, most, with_words)
        say(parked_rows.as_json(found) if json else parked_rows.as_text(found))

    go(program, log_level=QUIET)


@parked.command()
def retry(ids: Ids, json: Json = False) -> None:
    """Put messages back in line: each is tried again from the start."""

    async def program(settings: Settings) -> None:
        async with connection(settings) as db, db.transaction():
            moved = await parked_rows.retry(db, ids)
        _report(moved, "back in line", json)

    go(program, log_level=QUIET)


@parked.command()
def drop(
    ids: Ids,
    why: Annotated[str, typer.Option(help="Kept beside the message, for whoever asks later.")],
    json: Json = False,
) -> None:
    """Give messages up for good."""

    async def program(settings: Settings) -> None:
        async with connection(settings) as db, db.transaction():
            moved = await parked_rows.drop(db, ids, why)
        _report(moved, "dropped", json)

    go(program, log_level=QUIET)


@parked.command("webhooks")
def webhooks_(
    retry: Annotated[bool, typer.Option("--retry", help="Take them all apart once more.")] = False,
    drop: Annotated[
        list[int] | None, typer.Option(help="Give this one up for good; may be said again.")
    ] = None,
    json: Json = False,
) -> None:
    """Requests of providers that could not be taken apart: kept until a release can."""
    if retry and drop:
        raise typer.BadParameter("either --retry or --drop")

    async def program(settings: Settings) -> None:
        async with connection(settings) as db:
            if retry:
                again = await webhooks.again(db)
                say(f'{{"again":{again}}}' if json else f"back in line: {again}")
            elif drop:
                gone = sorted(await webhooks.drop(db, drop))
                not_there = tuple(one for one in drop if one not in gone)
                _report(parked_rows.Moved(tuple(gone), not_there), "dropped", json)
            else:
                found = await webhooks.set_aside_rows(db)
                say(parked_rows.webhooks_json(found) if json else parked_rows.webhooks_text(found))

    go(program, log_level=QUIET)


@numbers.command("list")
def numbers_(json: Json = False) -> None:
    """Every number: whether it is stopped, paused or slowed, and by what."""

    async def program(settings: Settings) -> None:
        async with connection(settings) as db:
            found = await our_numbers.find(db)
        say(our_numbers.as_json(found) if json else our_numbers.as_text(found))

    go(program, log_level=QUIET)


@numbers.command()
def resume(
    id_: Annotated[int, typer.Argument(metavar="ID", help="As `numbers list` shows it.")],
) -> None:
    """Let a number go on at once, its held templates too."""

    async def program(settings: Settings) -> None:
        async with connection(settings) as db, db.transaction():
            resumed = await our_numbers.resume(db, id_)
        if resumed is None:
            raise Mendable(f"There is no number {id_}; see: python -m bot numbers list")
        say(f"Number {id_} goes on." if resumed else f"Nothing held number {id_} back.")

    go(program, log_level=QUIET)


def _report(moved: parked_rows.Moved, what: str, json: bool) -> None:
    """What was done; an id that is not parked is an error of the call."""
    if json:
        say(moved.json())
    elif moved.moved:
        say(f"{what}: {', '.join(map(str, moved.moved))}")
    if moved.not_parked:
        raise Mendable(f"Not parked: {', '.join(map(str, moved.not_parked))}")
