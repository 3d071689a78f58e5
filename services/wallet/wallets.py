"""Wallets: a person's own account in the ledger, one for each currency."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert

from services.ground.facts import Facts
from services.ground.money import Money, decimals
from services.ground.transaction import Transaction
from services.ledger import Ledger, Posted
from services.ledger.account import wallet
from services.payments import Payment, Payments
from services.payments.books import TOP_UP, payment_of
from services.payments.charged import to_stripe
from services.wallet.facts import ToppedUp
from services.wallet.tables import TopUpRow


class Move(StrEnum):
    """What a movement of a wallet was."""

    TOP_UP = "top_up"
    PAID = "paid"
    BACK = "back"  # what was paid came back
    TAKEN = "taken"  # a top-up went back to where it came from
    EVENED = "evened"  # the platform stood in


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement; `about` is what was paid for, `balance` what there was then."""

    move: Move
    amount: Money
    balance: Money
    about: str
    at: datetime


MOVES = {
    ("captured", True): Move.TOP_UP,
    ("captured", False): Move.PAID,
    ("refunded", True): Move.BACK,
    ("refunded", False): Move.TAKEN,
}
"""By the kind of the journal, and whether it put something in."""


def _movement(posted: Posted, about: str) -> Movement:
    move = MOVES.get((posted.kind, posted.amount.amount > 0), Move.EVENED)
    return Movement(move, posted.amount, posted.balance, about, posted.at)


class Wallets:
    """Wallets as one transaction sees them. Paying from one is for `Payments.request`."""

    def __init__(self, *, tx: Transaction, now: datetime, facts: Facts, payments: Payments) -> None:
        self._tx = tx
        self._now = now
        self._facts = facts
        self._payments = payments
        self._ledger = Ledger(tx=tx, now=now)

    async def balances(self, user_id: int) -> list[Money]:
        """What the person has, by currency; empty for who never had anything."""
        return await self._ledger.wallets(user_id)

    async def balance(self, user_id: int, currency: str) -> Money:
        return await self._ledger.balance(wallet(user_id, currency))

    async def statement(self, user_id: int, currency: str, limit: int = 5) -> list[Movement]:
        """What went in and out, newest first."""
        posted = await self._ledger.statement(wallet(user_id, currency), limit)
        paid = {one.id: payment_of(one.subject) for one in posted}
        said = await self._payments.descriptions(filter(None, paid.values()))
        return [_movement(one, said.get(paid[one.id] or 0, "")) for one in posted]

    def most(self, currency: str) -> Money:
        """The most to be put in at once: Stripe takes eight digits."""
        return Money(999_999 * 10 ** min(decimals(currency), 2), currency)

    async def top_up(self, user_id: int, amount: Money) -> Payment:
        """Ask the person for what they want to put in. Raises NotChargeable."""
        to_stripe(amount)  # before anything is written
        values = {"user_id": user_id, "amount": amount.amount, "currency": amount.currency}
        made = insert(TopUpRow).values(created_at=self._now, **values).returning(TopUpRow.id)
        number = int(await self._tx.scalar(made))
        return await self._payments.request(user_id, amount, TOP_UP, number, "Wallet")

    async def topped_up(self, payment: Payment) -> None:
        """The money came; settling has put it in."""
        fact = ToppedUp(
            user_id=payment.user_id,
            payment_id=payment.id,
            amount=payment.amount.amount,
            currency=payment.amount.currency,
        )
        await self._facts.announce(self._tx, fact)
