"""A product file put into the shop: some hundred lines a transaction, each taken or refused.

Whatever happens, a line is in the shop whole or not at all. The same file again changes nothing,
so whoever was interrupted begins anew.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from services.ground.transaction import Transaction
from services.payments.due import Begin
from services.shopping.sheets.columns import BadFile, Problem, Row
from services.shopping.sheets.listing import Listing
from services.shopping.sheets.putting import Put, Sheets, settle
from services.shopping.sheets.reading import Sheet

BATCH = 500  # lines in a transaction

Open: TypeAlias = Callable[[Transaction], Sheets]
Told: TypeAlias = Callable[[float, int], Awaitable[None]]
"""Hears after each batch how much of the file is done (0 to 1), and how many lines."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file. `ended`: why it was not read further."""

    lines: int = 0
    put: Put = field(default_factory=Put)
    ended: BadFile | None = None
    unknown: tuple[str, ...] = ()  # columns that are none of ours

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.put.problems

    @property
    def taken(self) -> int:
        return self.put.added + self.put.changed + self.put.unchanged

    @property
    def is_well(self) -> bool:
        return not self.problems and self.ended is None


async def _nobody(done: float, lines: int) -> None:
    pass


@dataclass
class Importer:
    """One file of one business; `dry_run` only says what would become of it."""

    begin: Begin
    open: Open
    business_id: int
    currency: str
    dry_run: bool = False
    told: Told = _nobody

    def __post_init__(self) -> None:
        self._lines: dict[str, int] = {}  # by SKU, to see a second one
        self._made: dict[str, Listing] = {}  # by a dry run, which puts nothing down

    async def take(self, path: Path) -> Report:
        """Raises OSError."""
        report = Report()
        try:
            with await asyncio.to_thread(Sheet, path, self.currency) as sheet:
                report = replace(report, unknown=sheet.header.unknown)
                while found := await asyncio.to_thread(sheet.rows, BATCH):
                    put = await self._batch(found)
                    report = replace(report, lines=report.lines + len(found), put=report.put + put)
                    await self.told(sheet.done, report.lines)
        except BadFile as why:
            return replace(report, ended=why)
        return report

    async def _batch(self, found: list[Row | Problem]) -> Put:
        problems = [one for one in found if isinstance(one, Problem)]
        rows = []
        for row in (one for one in found if isinstance(one, Row)):
            first = self._lines.setdefault(row.sku, row.line)
            if first == row.line:
                rows.append(row)
            else:
                problems.append(Problem(row.line, row.sku, "sku", "sku twice", str(first)))
        done = await self._put(rows) if rows else Put()
        every = sorted((*problems, *done.problems), key=lambda one: one.line)
        return replace(done, problems=tuple(every))

    async def _put(self, rows: list[Row]) -> Put:
        async with self.begin() as tx:
            if not self.dry_run:
                return await self.open(tx).put_rows(self.business_id, rows)
            known = await self.open(tx).known(self.business_id, rows)
        for listing in self._made.values():
            if listing.sku not in known.listings:
                known.keep(listing)
        done = settle(rows, known)
        self._made = {sku: one for sku, one in known.listings.items() if not one.id}
        return done
