"""Rows as PostgreSQL is handed them: one array a column, so that a statement writes many."""

from collections.abc import Sequence
from typing import NamedTuple


class Columns(NamedTuple):
    """The types of rows that are written together, and a statement that takes them: `{rows}` in
    it stands for all rows as a table. It can be one of several in a larger statement."""

    statement: str
    types: tuple[str, ...]

    def sql(self, first: int = 1) -> str:
        """The statement, its parameters numbered from `first`."""
        numbered = (f"${n}::{type_}[]" for n, type_ in enumerate(self.types, first))
        return self.statement.format(rows=f"unnest({', '.join(numbered)})")

    def values(self, rows: Sequence[tuple[object, ...]]) -> list[Sequence[object]]:
        """What the parameters are: the rows, column by column."""
        return [*zip(*rows, strict=True)] if rows else [()] * len(self.types)
