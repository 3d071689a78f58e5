"""The statements that write the ledger: however many journals, each of them is one round trip."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, TableValuedAlias, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from services.ground.money import Money
from services.ground.transaction import Transaction
from services.ledger.account import FLOORS, Account
from services.ledger.errors import NotEnough, SameKeyOtherJournal
from services.ledger.journal import Journal
from services.ledger.tables import AccountRow, EntryRow, JournalRow


@dataclass(frozen=True, slots=True)
class Locked:
    """An account that is ours until the transaction ends. `left`: what may be taken from it."""

    id: int
    left: Money | None


async def lock(tx: Transaction, accounts: Iterable[Account]) -> dict[Account, Locked]:
    """Open the accounts that are new, and lock all of them, in the order of their ids."""
    named = {account.name: account for account in accounts}
    names = sorted(named)
    known = set(await tx.scalars(select(AccountRow.name).where(AccountRow.name.in_(names))))
    if missing := [_opening(named[name]) for name in names if name not in known]:
        await tx.execute(insert(AccountRow).values(missing).on_conflict_do_nothing())
    rows = await tx.rows(
        select(AccountRow.id, AccountRow.name, AccountRow.balance, AccountRow.floor)
        .where(AccountRow.name.in_(names))
        .order_by(AccountRow.id)
        .with_for_update(key_share=True)  # an entry's foreign key may look at it meanwhile
    )
    return {named[row.name]: Locked(row.id, _left(named[row.name], row)) for row in rows}


def _opening(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "kind": account.kind,
        "business_id": account.business_id,
        "user_id": account.user_id,
        "provider": account.provider,
        "currency": account.currency,
        "floor": FLOORS.get(account.kind),
    }


def _left(account: Account, row: Any) -> Money | None:
    return None if row.floor is None else Money(row.balance - row.floor, account.currency)


async def unknown(tx: Transaction, journals: Iterable[Journal]) -> list[Journal]:
    """Those that are not posted yet. Raises SameKeyOtherJournal.

    Their accounts must be locked: whoever posts the same journal meanwhile waits there.
    """
    named = _by_key(journals)
    known = await _known(tx, list(named))
    for key, legs in known.items():
        if legs != {account.name: amount for account, amount in named[key].legs.items()}:
            raise SameKeyOtherJournal(key)
    return [journal for key, journal in named.items() if key not in known]


def _by_key(journals: Iterable[Journal]) -> dict[str, Journal]:
    named: dict[str, Journal] = {}
    for journal in journals:
        if named.setdefault(journal.key, journal).legs != journal.legs:
            raise SameKeyOtherJournal(journal.key)
    return named


async def _known(tx: Transaction, keys: list[str]) -> dict[str, dict[str, int]]:
    """The entries of posted journals, by key and the name of the account."""
    rows = await tx.rows(
        select(JournalRow.key, AccountRow.name, EntryRow.amount)
        .join(EntryRow, EntryRow.journal_id == JournalRow.id)
        .join(AccountRow, AccountRow.id == EntryRow.account_id)
        .where(JournalRow.key.in_(keys))
    )
    known: dict[str, dict[str, int]] = {}
    for row in rows:
        known.setdefault(row.key, {})[row.name] = row.amount
    return known


def check(journals: Iterable[Journal], locked: dict[Account, Locked]) -> None:
    """Before the database has to: that would end the whole transaction. Raises NotEnough."""
    change: Counter[Account] = Counter()
    for journal in journals:
        change.update(journal.legs)
    for account, amount in change.items():
        left = locked[account].left
        if left is not None and left.amount + amount < 0:
            raise NotEnough(account.name, left)


async def write(
    tx: Transaction, now: datetime, journals: Sequence[Journal], locked: dict[Account, Locked]
) -> None:
    """Write journals and their entries; the database adds these to the balances."""
    made = await tx.execute(
        _NEW_JOURNALS,
        {
            "keys": [journal.key for journal in journals],
            "kinds": [journal.kind for journal in journals],
            "subjects": [journal.subject for journal in journals],
            "at": now,
        },
    )
    ids = {row.key: row.id for row in made}
    legs = [
        (ids[journal.key], locked[account].id, account.currency, amount)
        for journal in journals
        for account, amount in journal.legs.items()
    ]
    columns = ("journals", "accounts", "currencies", "amounts")
    values = dict(zip(columns, map(list, zip(*legs, strict=True)), strict=True))
    await tx.execute(_NEW_ENTRIES, values)


def _unnested(**columns: tuple[str, type[TypeEngine[Any]]]) -> TableValuedAlias:
    """Parameters that are lists, side by side as rows: {parameter: (column, type)}."""
    lists = (bindparam(name, type_=ARRAY(kind)) for name, (_, kind) in columns.items())
    named = (column(name, kind) for name, kind in columns.values())
    return func.unnest(*lists).table_valued(*named).render_derived()


def _new_journals() -> Insert:
    rows = _unnested(keys=("key", String), kinds=("kind", String), subjects=("subject", String))
    at = bindparam("at", type_=JournalRow.created_at.type)
    values = select(rows.c.key, rows.c.kind, rows.c.subject, at)
    inserted = insert(JournalRow).from_select(["key", "kind", "subject", "created_at"], values)
    return inserted.returning(JournalRow.id, JournalRow.key)


def _new_entries() -> Insert:
    rows = _unnested(
        journals=("journal_id", BigInteger),
        accounts=("account_id", BigInteger),
        currencies=("currency", String),
        amounts=("amount", BigInteger),
    )
    columns = ["journal_id", "account_id", "currency", "amount"]
    return insert(EntryRow).from_select(columns, select(rows))


_NEW_JOURNALS = _new_journals()
_NEW_ENTRIES = _new_entries()
