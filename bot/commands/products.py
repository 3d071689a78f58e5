"""`products import`, `products export`: a business's products as CSV or Excel."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from bot import app
from bot.commands.operating import QUIET, Json, say
from bot.commands.preparing import migrated
from bot.commands.running import WRONG, go
from bot.settings import Settings

FORMATS = (".csv", ".xlsx")

products = typer.Typer(no_args_is_help=True, help="The products of a business, as CSV or Excel.")
Slug = Annotated[str, typer.Option("--business", metavar="SLUG", help="Whose products.")]


@products.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or .xlsx.")],
    business: Slug,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become.")] = False,
    json: Json = False,
) -> None:
    """Take products line by line: good lines are taken, the others listed with what to mend; 1 if
    there are any."""

    async def program(settings: Settings) -> None:
        async with migrated(settings) as url:
            with _bar() as bar:
                task = bar.add_task("", total=1.0)

                async def told(done: float, lines: int) -> None:
                    bar.update(task, completed=done, description=f"{lines:,} lines")

                taken = await app.import_products(url, business, file, dry_run, told)
        say(_as_json(taken, dry_run) if json else _as_text(taken, dry_run))
        if not taken.report.is_well:
            raise SystemExit(WRONG)

    go(program, log_level=QUIET)


@products.command()
def export(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="FILE.csv or FILE.xlsx.")],
    business: Slug,
    json: Json = False,
) -> None:
    """Write every product to a file; importing it again changes nothing."""
    if file.suffix.casefold() not in FORMATS:
        raise typer.BadParameter(f"{file.name}: the name must end with {' or '.join(FORMATS)}")
    if not file.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {file.parent}")

    async def program(settings: Settings) -> None:
        async with migrated(settings) as url:
            count = await app.export(url, business, file)
        said = {"file": str(file), "lines": count}
        say(orjson.dumps(said).decode() if json else f"{count:,} lines are in {file}.")

    go(program, log_level=QUIET)


@contextlib.contextmanager
def _bar() -> Iterator[Progress]:
    """On a terminal; nothing in a pipe."""
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
    shown = sys.stderr.isatty()
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), disable=not shown,
        transient=True,
    ) as bar:  # fmt: skip
        yield bar


def _as_text(taken: app.Taken, dry_run: bool) -> str:
    put = taken.report.put
    lines = [f"line {line}: {what} [{sku or '-'}]" for line, sku, _column, what in taken.problems]
    if taken.ended:
        lines.append(taken.ended)
        lines.append(f"Not read beyond that; {taken.report.lines:,} lines before it were.")
    if taken.report.unknown:
        lines.append(f"Columns I do not know: {', '.join(taken.report.unknown)}")
    did = "would be" if dry_run else "were"
    lines.append(
        f"{taken.report.lines:,} lines: {put.added:,} {did} added, {put.changed:,} {did} changed,"
        f" {put.unchanged:,} were the same, {len(taken.problems):,} refused."
    )
    return "\n".join(lines)


def _as_json(taken: app.Taken, dry_run: bool) -> str:
    put = taken.report.put
    told = {
        "dry_run": dry_run,
        "lines": taken.report.lines,
        "added": put.added,
        "changed": put.changed,
        "unchanged": put.unchanged,
        "refused": len(taken.problems),
        "ended": taken.ended,
        "unknown_columns": taken.report.unknown,
        "problems": [
            {"line": line, "sku": sku, "column": column, "problem": what}
            for line, sku, column, what in taken.problems
        ],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
