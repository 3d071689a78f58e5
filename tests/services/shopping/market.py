"""A town with two shops of one currency, and people who buy of both at once."""

from dataclasses import dataclass

from services import open_services
from services.ground.money import Money
from services.ground.transaction import Transaction
from services.ledger import Account, Ledger
from services.ledger.audit import differences, trial_balance
from services.payments import Payment
from services.payments.provider import Mark, WentBack
from services.payments.settling import Settler
from services.reconciliation import reconcile
from services.settled import SettledServices
from services.shopping import Choice, Order
from tests.services.shopping.conftest import Town


@dataclass
class Market:
    """The corner shop sells tea (100.00), the other one mugs (60.00)."""

    town: Town
    business: int  # the other one
    owner: int
    tea: int
    mug: int

    async def filled(self, tx: Transaction, person: int, *, teas: int = 1, mugs: int = 1) -> int:
        """A cart with things of both; its version."""
        shop = self.town.at(tx)
        await shop.add_to_cart(person, self.tea, teas)
        return (await shop.add_to_cart(person, self.mug, mugs)).version

    async def order(
        self, tx: Transaction, person: int, method: str = "stripe", **chosen: object
    ) -> list[Order]:
        """One tea and one mug, to be fetched."""
        version = await self.filled(tx, person)
        choice = Choice((), None, method, **chosen)  # type: ignore[arg-type]
        return await self.town.at(tx).checkout(person, version, choice)

    async def paid(self, tx: Transaction, person: int) -> list[Order]:
        [first, *_] = await self.order(tx, person)
        await self.town.settle(tx, first)
        return await self.town.at(tx).purchase(person, first.id)

    async def payment(self, tx: Transaction, order: Order) -> Payment:
        return await self.town.payments(tx).payment(order.payment_id or 0)


async def open_market(tx: Transaction, town: Town, left: int = 9) -> Market:
    business, owner = await town.open_business(tx, "mugs")
    tea = await town.goods(tx, "TEA", left=left)
    mug = await town.goods(tx, "MUG", left=left, price=60_00, business=business)
    return Market(town, business, owner, tea, mug)


def shillings(amount: int) -> Money:
    return Money(amount * 100, "KES")


async def books(tx: Transaction, town: Town) -> None:
    """The ledger is at zero, and orders and payments agree."""
    assert {trial.total for trial in await trial_balance(tx)} <= {0}
    assert await differences(tx) == []
    assert await reconcile(tx, town.now, town.now.replace(year=2020)) == []


async def balance(tx: Transaction, town: Town, account: Account) -> int:
    return (await Ledger(tx=tx, now=town.now).balance(account)).amount


async def went_back(tx: Transaction, town: Town, order: Order, total: Money) -> None:
    """The provider says so much of an order's payment has gone back in all."""
    payment = await town.payments(tx).payment(order.payment_id or 0)
    word = WentBack(Mark(payment=payment.uuid, attempt=payment.attempt), total)
    settled = SettledServices(lambda tx: open_services(tx, town.now, town.told))
    await Settler(tx, town.now, town.told, settled).settle(word)
