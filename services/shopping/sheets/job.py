"""The job that takes the files of products that members sent: outside any turn."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from services.ground.facts import Facts
from services.ground.files import Files
from services.ground.transaction import Transaction
from services.payments.due import Begin, Clock
from services.shopping.facts import ProductsImported
from services.shopping.sheets import requests
from services.shopping.sheets.columns import BadFile, Problem
from services.shopping.sheets.importing import Importer, Report
from services.shopping.sheets.requests import Wanted
from services.shopping.shopping import Shopping

log = structlog.get_logger()
TOLD = 3  # problems that are told at once; where there are more, all are in a document

Draw = Callable[[tuple[Problem, ...], str], bytes]
"""All problems as a workbook, in a language."""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """`open` is the platform's shop in a transaction."""

    begin: Begin
    open: Callable[[Transaction], Shopping]
    files: Files
    draw: Draw
    facts: Facts
    clock: Clock

    async def step(self) -> int:
        """Take one file; 0 when none is due."""
        async with self.begin() as tx:
            wanted = await requests.claim(tx, self.clock())
        if wanted is None:
            return 0
        try:
            await self._tell(wanted, await self._take(wanted))
        except Exception as error:
            log.error("products.import", file=wanted.id, exc_info=error)
            async with self.begin() as tx:
                again = await requests.put_off(tx, self.clock(), wanted)
            if not again:
                await self._tell(wanted, Report(ended=BadFile("failed")))
        return 1

    async def _take(self, wanted: Wanted) -> Report:
        async def told(done: float, lines: int) -> None:
            async with self.begin() as tx:
                await requests.renew(tx, self.clock(), wanted)

        async with self.begin() as tx:
            currency = await self.open(tx).currency(wanted.user_id, wanted.business_id)
        importer = Importer(self.begin, self.open, wanted.business_id, currency, told=told)
        content = await self.files.get(wanted.file_key)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "products"
            await asyncio.to_thread(path.write_bytes, content)
            return await importer.take(path)

    async def _tell(self, wanted: Wanted, report: Report) -> None:
        problems, key = report.problems, None
        if len(problems) > TOLD:
            content = await asyncio.to_thread(self.draw, problems, wanted.language)
            key = await self.files.put(content, "xlsx")
        fact = ProductsImported(
            user_id=wanted.user_id,
            business_id=wanted.business_id,
            import_id=wanted.id,
            added=report.put.added,
            changed=report.put.changed,
            unchanged=report.put.unchanged,
            refused=len(problems),
            first=tuple(_plain(one) for one in problems[:TOLD]),
            ended=_why(report.ended),
            report_key=key,
        )
        async with self.begin() as tx:
            if await requests.done(tx, self.clock(), wanted):
                await self.facts.announce(tx, fact)


def _plain(one: Problem) -> tuple[int, str, str, str, str]:
    return one.line, one.sku, one.column, one.why, one.given


def _why(ended: BadFile | None) -> tuple[str, str, int] | None:
    return None if ended is None else (ended.why, ended.given, ended.line)
