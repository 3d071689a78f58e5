"""10,000 random movements of money in three currencies: always zero, never overdrawn."""

import random
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from services.ledger import Account, Journal, Ledger, NotEnough
from services.ledger import account as accounts
from services.ledger.audit import differences, trial_balance

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SEEDS, BATCHES, SIZE = range(2), 100, 50
CURRENCIES = ("JPY", "KES", "KWD")  # of 0, 2 and 3 decimals
FRESH, AGAIN = 0.97, 0.05  # how often journals fit what is there; how often one comes again


class Walk:
    """Remembers what every account must hold, and moves money among them at random."""

    def __init__(self, ledger: Ledger, people: list[int], seed: int) -> None:
        self.ledger, self.people, self.dice = ledger, people, random.Random(seed)
        self.held: Counter[Account] = Counter()
        self.posted: dict[str, Journal] = {}
        self.refused = 0

    async def batch(self) -> None:
        """Some journals posted together. They go in exactly if nobody ends below their floor."""
        self.keys = list(self.posted)
        journals = [self.journal() for _ in range(SIZE)]
        after = self.held.copy()
        for journal in journals:
            if journal.key not in self.posted:
                after.update(journal.entries)
        fits = all(amount >= 0 for account, amount in after.items() if account.kind == "wallet")
        if not fits:
            with pytest.raises(NotEnough):
                await self.ledger.post(*journals)
            self.refused += 1
            return
        await self.ledger.post(*journals)
        self.held = after
        self.posted |= {journal.key: journal for journal in journals}

    def journal(self) -> Journal:
        if self.posted and self.dice.random() < AGAIN:
            return self.posted[self.dice.choice(self.keys)]
        currency = self.dice.choice(CURRENCIES)
        entries = self.dice.choice(MOVES)(self, currency)
        return Journal(f"key {self.dice.getrandbits(64)}", "walked", entries)

    # -- what may happen ------------------------------------------------------------

    def amount(self) -> int:
        return self.dice.randint(1, 10_000)

    def wallet(self, currency: str) -> Account:
        return accounts.wallet(self.dice.choice(self.people), currency)

    def top_up(self, currency: str) -> dict[Account, int]:
        amount = self.amount()
        return {accounts.clearing("stripe", currency): -amount, self.wallet(currency): amount}

    def spend(self, currency: str) -> dict[Account, int]:
        """From a wallet into suspense: sometimes more than there is."""
        wallet = self.wallet(currency)
        most = self.held[wallet] // SIZE if self.dice.random() < FRESH else self.held[wallet] + 1
        amount = self.dice.randint(1, max(1, most))
        return {wallet: -amount, accounts.suspense(currency): amount}

    def back(self, currency: str) -> dict[Account, int]:
        amount = self.amount()
        return {accounts.suspense(currency): -amount, self.wallet(currency): amount}

    def fee(self, currency: str) -> dict[Account, int]:
        amount = self.amount()
        provider = accounts.provider_fees("stripe", currency)
        return {accounts.clearing("stripe", currency): amount, provider: -amount}


MOVES = (Walk.top_up, Walk.top_up, Walk.spend, Walk.back, Walk.fee)


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_moves_the_books_stay_whole(tx, crowd_here, seed) -> None:
    walk = Walk(Ledger(tx=tx, now=NOW), crowd_here, seed)
    for _ in range(BATCHES):
        await walk.batch()
    await tx.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # what is looked at on commit
    assert [trial.total for trial in await trial_balance(tx)] == [0, 0, 0]
    assert await differences(tx) == []
    for account, amount in walk.held.items():
        assert (await walk.ledger.balance(account)).amount == amount
    assert len(walk.posted) > BATCHES * SIZE // 2
    assert walk.refused > 0
