"""A select that stands in a module, put into words once and then asked as it stands.

SQLAlchemy's way from a statement to rows costs a few times what PostgreSQL takes to answer by
key. The way past it is for what people do all day, looking around; everything else goes the
usual way.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, TextClause
from sqlalchemy.dialects.postgresql.asyncpg import dialect

_DIALECT = dialect()  # type: ignore[no-untyped-call]


class Question(NamedTuple):
    """A select as PostgreSQL is asked it: `names` of its parameters in their places, with what
    is `fixed` of them; `row` makes a row of values."""

    sql: str
    names: Sequence[str]
    fixed: Mapping[str, Any]
    writers: Mapping[str, Callable[[Any], Any]]
    row: Callable[[Sequence[Any]], Any]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """Raises KeyError when one is missing."""
        return [self._argument(name, given) for name in self.names]

    def _argument(self, name: str, given: Mapping[str, Any]) -> Any:
        value = given[name] if name in given else self.fixed[name]
        write = self.writers.get(name)
        return write(value) if write is not None else value


@cache
def question(statement: Select[*tuple[Any, ...]] | TextClause) -> Question:
    """The words of a statement that stands in a module: kept for good. Columns come as asyncpg
    gives them; one of a type that SQLAlchemy translates would need SQLAlchemy's way."""
    compiled: Any = statement.compile(dialect=_DIALECT)
    fixed = {name: bind.value for bind, name in compiled.bind_names.items() if not bind.required}
    row = namedtuple("row", [column.keyname for column in compiled._result_columns])  # type: ignore[misc]
    return Question(
        compiled.string, compiled.positiontup, fixed, compiled._bind_processors, row._make
    )
