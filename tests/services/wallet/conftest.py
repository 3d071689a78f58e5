"""What the tests of the wallet share: a shop, and people with money in their wallets."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from services import Services, open_services
from services.businesses.tables import BusinessRow
from services.ground.facts import Fact
from services.ground.money import Money
from services.ground.people import User
from services.ground.recurrence import Recurrence
from services.ground.transaction import Transaction
from services.payments import Payment
from services.payments.provider import Came, Mark
from services.payments.settling import Outcome, Settler
from services.settled import SettledServices

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Told:
    """The facts port, in memory."""

    facts: list[Fact] = field(default_factory=list)

    async def announce(self, tx: Transaction, fact: Fact) -> None:
        self.facts.append(fact)

    async def schedule(self, tx: Transaction, fact: Fact, at: datetime) -> None:
        """A business is reminded of its order: not looked at here."""

    async def repeat(
        self, tx: Transaction, fact: Fact, recurrence: Recurrence, after: datetime
    ) -> bool:
        raise NotImplementedError("a wallet schedules nothing")

    async def cancel(self, tx: Transaction, fact: Fact) -> None:
        raise NotImplementedError("a wallet schedules nothing")


@dataclass
class Purse:
    """Somebody with a wallet, and a business to spend at."""

    user_id: int
    business_id: int
    told: Told

    def at(self, tx: Transaction) -> Services:
        return open_services(tx, NOW, self.told)

    async def came(self, tx: Transaction, payment: Payment) -> Outcome:
        """The provider says the money of a payment came in."""
        word = Came(Mark(payment=payment.uuid, attempt=payment.attempt), payment.amount)
        settled = SettledServices(self.at)
        return await Settler(tx, NOW, self.told, settled).settle(word)

    async def fill(self, tx: Transaction, amount: Money) -> Payment:
        asked = await self.at(tx).wallet.top_up(self.user_id, amount)
        await self.came(tx, asked)
        return await self.at(tx).payments.payment(asked.id)


async def open_purse(tx: Transaction) -> Purse:
    user = await tx.scalar(insert(User).values(name="Somebody").returning(User.id))
    values = {"slug": "basket", "name": "Basket", "country": "KE", "currency": "KES"}
    made = insert(BusinessRow).values(time_zone="UTC", fee_basis_points=1000, **values)
    return Purse(user, await tx.scalar(made.returning(BusinessRow.id)), Told())


@pytest.fixture
async def purse(tx: Transaction) -> Purse:
    return await open_purse(tx)


@pytest.fixture
async def busy_purse(connect) -> Purse:
    """One that is committed: for tests with several connections."""
    async with connect() as tx:
        return await open_purse(tx)
