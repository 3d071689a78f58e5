"""The tables of the ledger: accounts, journals, entries; and the days it was gone through."""

from datetime import date
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Cents, Created, Id, Ref, run_each
from services.ledger.ddl import AFTER_ACCOUNTS, AFTER_ENTRIES


class AccountRow(Base):
    """An account with the sum of its entries; both are credit when positive."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("id", "currency"),  # what an entry's currency is held to
        CheckConstraint("balance >= floor", name="floor"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("num_nonnulls(business_id, user_id, provider) <= 1", name="one_owner"),
        Index("ix_ledger_accounts_business_id", "business_id"),
        Index("ix_ledger_accounts_user_id", "user_id"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    business_id: Mapped[Ref | None] = mapped_column(ForeignKey("businesses.id"))
    user_id: Mapped[Ref | None] = mapped_column(ForeignKey("users.id"))
    provider: Mapped[str | None] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    balance: Mapped[Cents] = mapped_column(server_default="0")
    floor: Mapped[Cents | None]  # None: may fall as low as it will
    created_at: Mapped[Created]


class JournalRow(Base):
    """One thing that happened; its key happens once."""

    __tablename__ = "ledger_journals"
    __table_args__ = (Index("ix_ledger_journals_subject", "subject"),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(128), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[At]


class EntryRow(Base):
    """What a journal moves on one account."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("journal_id", "account_id"),
        ForeignKeyConstraint(
            ["account_id", "currency"], ["ledger_accounts.id", "ledger_accounts.currency"]
        ),
        CheckConstraint("amount <> 0", name="amount"),
        Index("ix_ledger_entries_account_id", "account_id", "id"),
    )

    id: Mapped[Id]
    journal_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_journals.id"))
    account_id: Mapped[Ref]
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[Cents]


class AuditRow(Base):
    """A day (UTC) on which every balance was counted again, and what was found."""

    __tablename__ = "ledger_audits"

    day: Mapped[date] = mapped_column(primary_key=True)
    audited_at: Mapped[At]
    differences: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


event.listen(AccountRow.__table__, "after_create", run_each(AFTER_ACCOUNTS))
event.listen(EntryRow.__table__, "after_create", run_each(AFTER_ENTRIES))
