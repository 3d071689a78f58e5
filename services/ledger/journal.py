"""A journal: one thing that happened to money, as entries that sum to zero per currency."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.ground.money import Money
from services.ledger.account import Account
from services.ledger.errors import Unbalanced


@dataclass(frozen=True, slots=True)
class Journal:
    """`entries`: minor units by account, credit positive. The same `key` is the same journal,
    posted once. `kind` says what happened, `subject` what it was about: both are for reading."""

    key: str
    kind: str
    entries: Mapping[Account, int]
    subject: str | None = None

    def __post_init__(self) -> None:
        """Raises Unbalanced."""
        sums: Counter[str] = Counter()
        for account, amount in self.entries.items():
            sums[account.currency] += amount
        if any(sums.values()) or not self.legs:
            raise Unbalanced(self.key)

    @property
    def legs(self) -> dict[Account, int]:
        """The entries that move something."""
        return {account: amount for account, amount in self.entries.items() if amount}


@dataclass(frozen=True, slots=True)
class Posted:
    """One entry of an account as its owner reads it; `balance` is what there was after it."""

    id: int
    kind: str
    subject: str | None
    amount: Money
    balance: Money
    at: datetime
