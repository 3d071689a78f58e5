"""`replay`, `shadow`, `diagram`, `trial-balance`, `payouts`, `payments`, `parked payments`:
commands that need this code's own dialog and services to tell what they find."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot import app
from bot.commands import books, parked, reconciled
from bot.commands import replay as replaying
from bot.commands import shadow as shadowing
from bot.commands.operating import QUIET, Json, Words, say
from bot.commands.running import Mendable, fail, go
from bot.database.address import database_address
from bot.settings import Settings

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]

reconciling = typer.Typer(
    no_args_is_help=True, help="Money beside what it was paid for, and what providers told of it."
)


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


def payments(
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


def trial_balance(json: Json = False) -> None:
    """What all accounts come to by currency; 1 if it is not zero, or a balance is not the sum of
    its entries."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            trials, wrong = await app.trial_balance(url)
        say(books.trial_json(trials, wrong) if json else books.trial_text(trials, wrong))
        raise SystemExit(1 if wrong or any(trial.total for trial in trials) else 0)

    go(program, log_level=QUIET)


@reconciling.command()
def check(
    days: Annotated[
        int, typer.Option(min=1, max=3660, help="How far back what was paid is compared.")
    ] = 90,
    json: Json = False,
) -> None:
    """Payments beside orders: paid without order, order without payment, paid twice, amounts
    that differ; and held and unknown payments, refunds and events that wait for somebody.
    1 if there is anything, 0 if all fits. Nothing is changed."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            found = await app.unreconciled(url, days)
        told = reconciled.as_json(found) if json else reconciled.as_text(found, datetime.now(UTC))
        say(told)
        raise SystemExit(1 if found else 0)

    go(program, log_level=QUIET)


def payouts(since: Day = None, until: Day = None, json: Json = False) -> None:
    """What each business sold, and what it is to get; days are of UTC, the last not counted."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            found = await app.payouts(url, _utc(until), _utc(since))
        say(books.payouts_json(found) if json else books.payouts_text(found))

    go(program, log_level=QUIET)


@reconciling.command()
def events(
    payment: Annotated[int, typer.Argument(help="A payment's id, as `payments check` shows it.")],
    json: Json = False,
) -> None:
    """What the provider told of one payment, and what became of it."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            found = await app.payment_events(url, payment)
        if not found and not json:
            raise Mendable(f"Nothing was told of a payment {payment}.")
        say(parked.payments_json(found) if json else parked.events_text(found))

    go(program, log_level=QUIET)


def _utc(day: datetime | None) -> datetime | None:
    return None if day is None else day.replace(tzinfo=UTC)


@reconciling.command("replay")
def replay_event(
    event: Annotated[str, typer.Argument(help="The provider's id of any stored event: evt_….")],
    provider: Annotated[str, typer.Option(help="Whose event it is.")] = "stripe",
) -> None:
    """Settle a stored event once more, whatever became of it. What it did is not done twice."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            if not await app.settle_again(url, provider, event):
                raise Mendable(f"There is no event {event} of {provider}.")
        say(f"back in line: {event}")

    go(program, log_level=QUIET)


def diagram(
    service: Annotated[str, typer.Argument(help="shopping, business, …: what tags begin with.")],
) -> None:
    """Draw the conversation of a service, in Mermaid."""
    try:
        say(app.drawn(service).rstrip())
    except Mendable as error:
        fail(str(error))
