"""`businesses`: the commands by which an operator looks at shops and lets them sell, or not."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import orjson
import typer

from bot import app
from bot.commands.operating import QUIET, Json, say
from bot.commands.running import Mendable, go
from bot.database.address import database_address
from bot.settings import Settings
from services.ground.errors import NotFound

businesses = typer.Typer(no_args_is_help=True, help="Those who sell: look at them, verify them.")
Slug = Annotated[str, typer.Argument(help="As `businesses list` shows it.")]
By = Annotated[str, typer.Option("--by", help="Who decides; kept in the history.")]


@businesses.command("list")
def list_(json: Json = False) -> None:
    """Every business, those whose papers wait for a decision first."""

    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            found = await app.businesses(url)
        say(_as_json(found) if json else _as_text(found))

    go(program, log_level=QUIET)


@businesses.command()
def show(slug: Slug) -> None:
    """One business: its papers, as files below the data folder, and its history."""

    async def work(url: str) -> str:
        return _file(await app.business(url, slug))

    _do(slug, work)


@businesses.command()
def approve(slug: Slug, by: By) -> None:
    """From now on it is listed, and sells; its owners are told."""

    async def work(url: str) -> str:
        return f"{(await app.approve_business(url, slug, by)).name} is listed."

    _do(slug, work)


@businesses.command()
def refuse(
    slug: Slug,
    by: By,
    reason: Annotated[str, typer.Option(help="Its owners read this.")],
) -> None:
    """It is not listed, or not any more; its owners read why and may send other papers."""

    async def work(url: str) -> str:
        return f"{(await app.refuse_business(url, slug, by, reason)).name} is not listed."

    _do(slug, work)


def _do(slug: str, work: Callable[[str], Awaitable[str]]) -> None:
    async def program(settings: Settings) -> None:
        async with database_address(settings) as url:
            try:
                say(await work(url))
            except NotFound as error:
                raise Mendable(
                    f"There is no business {slug}; see: python -m bot businesses list"
                ) from error
            except app.NothingToDecide as error:
                raise Mendable(f"{slug}: {error.__doc__}") from error

    go(program, log_level=QUIET)


def _as_text(found: Sequence[Any]) -> str:
    if not found:
        return "Nobody sells here yet."
    return "\n".join(
        f"{one.slug:<32}{one.verification:<12}{one.status:<8}{one.country} {one.currency}"
        f"  {one.name}"
        for one in found
    )


def _as_json(found: Sequence[Any]) -> str:
    fields = ("slug", "name", "verification", "status", "country", "currency")
    told = [{name: getattr(one, name) for name in fields} for one in found]
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def _file(file: Any) -> str:
    lines = [_as_text([file.business])]
    lines += [
        f"  paper  files/{one.file_key[:2]}/{one.file_key}  {one.name}" for one in file.papers
    ]
    lines += [_line(event) for event in file.history]
    return "\n".join(lines)


def _line(event: Any) -> str:
    who = event.operator or f"#{event.user_id}"
    about = f" #{event.about_id}" if event.about_id else ""
    why = f": {event.detail}" if event.detail else ""
    return f"  {event.created_at:%Y-%m-%d %H:%M}Z  {event.what}{about} by {who}{why}"
