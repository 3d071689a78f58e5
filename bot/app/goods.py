"""Products of a business in files, for the command line."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bot.app.inspection import briefly
from bot.app.resources import platform
from bot.commands.running import Mendable
from bot.database.connections import Database
from bot.language import DEFAULT, speaking
from handlers.documents import products
from services.businesses import Business
from services.ground.errors import NotFound
from services.shopping.sheets import Importer, Report, export_products
from services.shopping.sheets.importing import Told


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file, with its problems in words."""

    report: Report
    problems: tuple[tuple[int, str, str, str], ...]  # line, SKU, column, what to mend
    ended: str | None


async def import_products(url: str, slug: str, file: Path, dry_run: bool, told: Told) -> Taken:
    """Raises Mendable, OSError."""
    async with _shop(url, slug) as (database, business):
        importer = Importer(
            database.transaction,
            lambda tx: platform(tx).shopping,
            business.id,
            business.currency,
            dry_run,
            told,
        )
        report = await importer.take(file)
    with speaking(DEFAULT):
        problems = tuple(
            (one.line, one.sku, one.column, products.problem(one)) for one in report.problems
        )
        ended = None if report.ended is None else products.ended(report.ended)
        return Taken(report, problems, ended)


async def export(url: str, slug: str, file: Path) -> int:
    """Answers how many lines were written. Raises Mendable, OSError."""
    async with _shop(url, slug) as (database, business):
        return await export_products(database.transaction, business.id, business.currency, file)


@contextlib.asynccontextmanager
async def _shop(url: str, slug: str) -> AsyncIterator[tuple[Database, Business]]:
    async with briefly(url) as database:
        async with database.transaction() as tx:
            try:
                business = await platform(tx).businesses.by_slug(slug)
            except NotFound:
                raise Mendable(f"There is no business {slug}.") from None
        yield database, business
