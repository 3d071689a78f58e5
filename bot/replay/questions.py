"""What was asked of the database and what it answered, each in a form that can be kept."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
import orjson
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.engine import CursorResult, IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import Compiled

from bot.replay.values import Unkeepable, plain, revived
from services.ground.transaction import Parameters

_DIALECT = dialect()  # type: ignore[no-untyped-call]
_ADDRESS = re.compile(r"0x[0-9a-f]+")  # of an object in memory: another one every time
_ORIGIN = re.compile(r"^\([\w.]+\) ")  # the class below, which SQLAlchemy puts before its words

# -- errors ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception: the name of its class, and the first line of what it says."""

    kind: str
    words: str

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        first = str(error).partition("\n")[0]
        words = _ADDRESS.sub("0x…", _ORIGIN.sub("", first))
        return cls(type(error).__name__, words.encode("utf-8", "replace").decode())

    def again(self) -> Exception:
        """The database's error once more; of a class unknown by now it is a DBAPIError."""
        error: Exception
        if (kind := _DRIVERS.get(self.kind)) is not None:
            error = kind(self.words)
        else:
            error = _ERRORS.get(self.kind, DBAPIError)(None, None, Exception(self.words))
        return error


def _kinds(kind: Any) -> dict[str, Any]:
    """A class and all below it, by name."""
    below = [_kinds(child) for child in kind.__subclasses__()]
    return {kind.__name__: kind} | {name: cls for found in below for name, cls in found.items()}


ERRORS = (DBAPIError, asyncpg.PostgresError)  # what a statement ends in: by either way of asking
_ERRORS: Mapping[str, Any] = _kinds(DBAPIError)
_DRIVERS: Mapping[str, Any] = _kinds(asyncpg.PostgresError)

# -- answers -----------------------------------------------------------------------------


class Answer(IteratorResult[Any]):
    """Rows that can be read once, as those of a statement that has just been executed."""

    def __init__(self, keys: Sequence[str], rows: Sequence[Sequence[Any]], rowcount: int) -> None:
        super().__init__(SimpleResultMetaData(keys), iter([tuple(row) for row in rows]))
        self.rowcount = rowcount


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement by its fingerprint; its answer as JSON, or the error it ended in."""

    question: str
    keys: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    rowcount: int = -1
    error: Failure | None = None

    def answer(self) -> Answer:
        """Raises what the statement raised."""
        return Answer(self.keys, self.values(), self.rowcount)

    def values(self) -> list[list[Any]]:
        """The rows. Raises what the statement raised."""
        if self.error is not None:
            raise self.error.again()
        return [[revived(value) for value in row] for row in self.rows]

    def json(self) -> list[Any]:
        error = [self.error.kind, self.error.words] if self.error else None
        return [self.question, self.keys, self.rows, self.rowcount, error]


def asked_from(kept: Sequence[Any]) -> Asked:
    """What `Asked.json` wrote."""
    question, keys, rows, rowcount, error = kept
    return Asked(question, keys, rows, rowcount, Failure(*error) if error else None)


@dataclass(frozen=True, slots=True)
class Read:
    """A result, all of it: to be read by whoever asked, and to be kept."""

    result: CursorResult[Any]
    keys: Sequence[str]
    rows: Sequence[Sequence[Any]]
    rowcount: int

    def answer(self) -> Answer:
        return Answer(self.keys, self.rows, self.rowcount)

    def asked(self) -> Asked:
        """Raises Unkeepable."""
        context: Any = self.result.context
        question = fingerprint(context.compiled, context.compiled_parameters)
        rows = [[plain(value) for value in row] for row in self.rows]
        return Asked(question, self.keys, rows, self.rowcount)


def used_up(result: CursorResult[Any]) -> Read:
    """A result, read to its end."""
    rowcount = result.rowcount
    if not result.returns_rows:
        return Read(result, [], [], rowcount)
    keys = list(map(str, result.keys()))
    return Read(result, keys, result.all(), rowcount)


def looked_up(statement: Executable, parameters: Mapping[str, Any], rows: Sequence[Any]) -> Asked:
    """What `Transaction.read` answered. Raises Unkeepable."""
    keys = rows[0]._fields if rows else ()
    kept = [[plain(value) for value in row] for row in rows]
    return Asked(question(statement, parameters), keys, kept, len(rows))


# -- questions ---------------------------------------------------------------------------


def question(statement: Executable, parameters: Parameters) -> str:
    """The fingerprint of a statement that nobody has executed."""
    several = parameters if isinstance(parameters, Sequence) else [parameters or {}]
    compiled = _compiled(statement, tuple(sorted(several[0])) if several else (), len(several) > 1)
    filled = [compiled.construct_params(one, escape_names=False) or {} for one in several]
    return fingerprint(compiled, filled)


def fingerprint(compiled: Compiled, filled: Sequence[Mapping[str, Any]]) -> str:
    """Statements with one text and the same values have the same; the values cannot be read
    from it."""
    digest = hashlib.blake2b(str(compiled.string).encode(), digest_size=12)
    for one in filled:
        for name, values in sorted(_by_name(compiled, one).items()):
            digest.update(f"\0{name}=".encode() + b",".join(sorted(map(_written, values))))
    return digest.hexdigest()


def _by_name(compiled: Compiled, filled: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What each parameter stands for. One that follows IN stands for several values, whose order
    means nothing; a statement that was executed has a name for each: status_1_1, status_1_2."""
    names = {name: bind.expanding for bind, name in getattr(compiled, "bind_names", {}).items()}
    found: dict[str, list[Any]] = {name: [] for name in names}
    for name, value in filled.items():
        bind = name
        while bind not in names and "_" in bind:
            bind = bind.rpartition("_")[0]
        several = bind == name and names.get(name, False)
        found.setdefault(bind, []).extend(value if several else [value])
    return found


def _written(value: Any) -> bytes:
    try:
        return orjson.dumps(plain(value), option=orjson.OPT_SORT_KEYS)
    except (Unkeepable, orjson.JSONEncodeError):
        return repr(value).encode("utf-8", "surrogatepass")


_known: WeakKeyDictionary[Any, dict[Any, Compiled]] = WeakKeyDictionary()


def _compiled(statement: Any, keys: tuple[str, ...], is_many: bool) -> Compiled:
    """Statements that stand in a module are put into words once."""
    ways = _known.setdefault(statement, {})
    if (known := ways.get((keys, is_many))) is None:
        known = statement.compile(
            dialect=_DIALECT, column_keys=list(keys) or None, for_executemany=is_many
        )
        ways[keys, is_many] = known
    return known
