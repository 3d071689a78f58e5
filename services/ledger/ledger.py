"""Posting to the ledger and reading accounts, in one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from services.ground.money import Money
from services.ground.transaction import Transaction
from services.ledger import posting
from services.ledger.account import Account, Kind
from services.ledger.journal import Journal, Posted
from services.ledger.tables import AccountRow, EntryRow, JournalRow


class Ledger:
    """The ledger as one transaction sees it.

    Accounts come last in whatever a transaction locks; what it posts in one call is locked in
    one order, so that two never wait for each other in a ring.
    """

    def __init__(self, *, tx: Transaction, now: datetime) -> None:
        self._tx = tx
        self._now = now

    async def post(self, *journals: Journal) -> None:
        """Write journals, all or none; one whose key is known is not written again.

        Raises NotEnough, SameKeyOtherJournal.
        """
        locked = await posting.lock(self._tx, {leg for one in journals for leg in one.legs})
        fresh = await posting.unknown(self._tx, journals)
        if fresh:
            posting.check(fresh, locked)
            await posting.write(self._tx, self._now, fresh, locked)

    async def balance(self, account: Account) -> Money:
        """Credit positive; nothing for an account that was never posted to."""
        mine = select(AccountRow.balance).where(AccountRow.name == account.name)
        return Money(await self._tx.scalar(mine) or 0, account.currency)

    async def wallets(self, user_id: int) -> list[Money]:
        """What a person's accounts hold, by currency."""
        a = AccountRow
        mine = select(a.balance, a.currency).where(a.user_id == user_id).order_by(a.currency)
        return [Money(row.balance, row.currency) for row in await self._tx.rows(mine)]

    async def lock(self, accounts: Iterable[Account]) -> None:
        """Let nobody else post to them until the transaction ends: all that it will post to."""
        await posting.lock(self._tx, accounts)

    async def about(self, subject: str) -> dict[Account, int]:
        """What all journals about a subject come to, by account: minor units, credit positive."""
        a, total = AccountRow, func.sum(EntryRow.amount).label("total")
        rows = await self._tx.rows(
            select(a.kind, a.currency, a.business_id, a.user_id, a.provider, total)
            .join(EntryRow, EntryRow.account_id == a.id)
            .join(JournalRow, JournalRow.id == EntryRow.journal_id)
            .where(JournalRow.subject == subject)
            .group_by(a.id)
            .order_by(a.id)
        )
        return {_account(row): int(row.total) for row in rows}

    async def statement(self, account: Account, limit: int = 10) -> list[Posted]:
        """The account's last entries, newest first, each with the balance it left."""
        e, j, a = EntryRow, JournalRow, AccountRow
        mine = (
            select(e.id, j.kind, j.subject, e.amount, j.created_at, a.balance)
            .join(j, j.id == e.journal_id)
            .join(a, a.id == e.account_id)
            .where(a.name == account.name)
        )
        rows = await self._tx.rows(mine.order_by(e.id.desc()).limit(limit))
        return list(_posted(rows, account.currency))


def _account(row: Row[Any]) -> Account:
    return Account(Kind(row.kind), row.currency, row.business_id, row.user_id, row.provider)


def _posted(rows: Sequence[Row[Any]], currency: str) -> Iterator[Posted]:
    balance = rows[0].balance if rows else 0
    for row in rows:
        amount, after = Money(row.amount, currency), Money(balance, currency)
        yield Posted(row.id, row.kind, row.subject, amount, after, row.created_at)
        balance -= row.amount
