"""One payment of several sellers: whatever goes back of whose part, parts add up to the whole."""

import random
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from services.businesses.tables import BusinessRow
from services.ground.money import Money
from services.ground.people import User
from services.ground.transaction import Transaction
from services.ledger import Ledger
from services.ledger import account as accounts
from services.ledger.audit import differences, trial_balance
from services.payments import Payment, Payments, Seller, Status
from services.payments.errors import TooMuch
from services.payments.provider import Came, Mark, RefundSaid
from services.payments.settling import Settler
from services.payments.tables import RefundRow
from tests.services.payments.till import Book, Shop

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SEEDS, STEPS = range(6), 25
CURRENCIES = ("KES", "JPY", "KWD")  # of 2, 0 and 3 decimals


class Walk:
    """One payment, and what is left of it with whom."""

    def __init__(self, tx: Transaction, seed: int) -> None:
        self.tx, self.dice, self.book = tx, random.Random(seed), Book()
        self.currency = CURRENCIES[seed % len(CURRENCIES)]
        self.due: dict[int, int] = {}
        self.promised: Counter[int] = Counter()
        self.done: Counter[int] = Counter()
        self.payment_id = 0
        self.user_id = 0

    @property
    def payments(self) -> Payments:
        return Payments(tx=self.tx, now=NOW, facts=self.book)

    async def begin(self) -> None:
        named = [
            {"slug": f"s{n}", "name": "S", "country": "KE", "currency": "KES", "time_zone": "UTC"}
            for n in range(self.dice.randint(2, 4))
        ]
        made = insert(BusinessRow).values(named).returning(BusinessRow.id)
        self.due = {one: self.dice.randint(10, 1000) * 10 for one in await self.tx.scalars(made)}
        self.user_id = await self.tx.scalar(insert(User).values(name="N").returning(User.id))
        fee = self.dice.choice((0, 333, 1000))
        asked = await self.payments.request(
            self.user_id, Money(sum(self.due.values()), self.currency), "order", 1, "#1",
            sellers=[Seller(one, due, fee) for one, due in self.due.items()],
        )  # fmt: skip
        self.payment_id = asked.id
        await self.settle(Came(Mark(payment=asked.uuid, attempt=1), asked.amount))

    async def settle(self, word: Came | RefundSaid) -> None:
        settled = await Settler(self.tx, NOW, self.book, Shop()).settle(word)
        assert settled.kind == "settled"

    async def payment(self) -> Payment:
        return await self.payments.payment(self.payment_id)

    async def step(self, number: int) -> None:
        """A seller gives something back, at times more than there is; or the provider does one."""
        if self.dice.random() < 0.4:
            await self.provider_does_one()
            return
        seller = self.dice.choice(list(self.due))
        left = self.due[seller] - self.promised[seller]
        amount = self.dice.randint(1, max(left // 2, 1) + (left if self.dice.random() < 0.1 else 0))
        at_once = self.dice.random() < 0.3
        money = Money(amount, self.currency)
        if amount > left:
            with pytest.raises(TooMuch):
                await self.payments.refund(self.payment_id, "x", f"{number}", money, seller=seller)
            return
        await self.payments.refund(
            self.payment_id, "x", f"{number}", money, seller=seller, to_wallet=at_once
        )
        self.promised[seller] += amount
        self.done[seller] += amount if at_once else 0

    async def provider_does_one(self) -> None:
        r = RefundRow
        waiting = select(r.uuid, r.business_id, r.amount).where(r.status == "created")
        if rows := await self.tx.rows(waiting.order_by(r.id)):
            row = self.dice.choice(rows)
            await self.settle(RefundSaid(f"re_{row.uuid}", row.uuid, True))
            self.done[row.business_id] += row.amount

    async def check(self) -> None:
        payments, ledger = self.payments, Ledger(tx=self.tx, now=NOW)
        left = {one: (await payments.refundable(self.payment_id, one)).amount for one in self.due}
        assert left == {one: due - self.promised[one] for one, due in self.due.items()}
        assert sum(left.values()) == (await payments.refundable(self.payment_id)).amount
        for seller, due in self.due.items():
            fees = await ledger.balance(accounts.fees(seller, self.currency))
            rest = await ledger.balance(accounts.payable(seller, self.currency))
            assert fees.amount >= 0 and rest.amount >= 0
            assert fees.amount + rest.amount == due - self.done[seller]
            back = await payments.given_back(self.payment_id, seller)
            assert back.amount == self.done[seller]
            gone = self.done[seller] == due
            assert await payments.is_all_back(self.payment_id, seller) == gone
        assert {trial.total for trial in await trial_balance(self.tx)} == {0}
        assert await differences(self.tx) == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_parts_add_up_to_the_whole(tx: Transaction, seed: int) -> None:
    walk = Walk(tx, seed)
    await walk.begin()
    for number in range(STEPS):
        await walk.step(number)
        await walk.check()
    for seller in walk.due:  # and all the rest of it
        if walk.promised[seller] < walk.due[seller]:
            await walk.payments.refund(walk.payment_id, "x", f"last-{seller}", seller=seller)
            walk.promised[seller] = walk.due[seller]
    while walk.done != walk.promised:
        await walk.provider_does_one()
    await walk.check()
    payment = await walk.payment()
    assert (payment.status, payment.refunded) == (Status.REFUNDED, payment.amount)


async def test_what_went_back_of_everybodys_is_no_ones_to_give_again(tx: Transaction) -> None:
    """Somebody gave a part back at the provider's own desk, without a word about whose it is."""
    walk = Walk(tx, 0)
    await walk.begin()
    half = Money((await walk.payment()).amount.amount // 2, walk.currency)
    await walk.payments.refund(walk.payment_id, "x", "everybody's", half)
    left = [(await walk.payments.refundable(walk.payment_id, one)).amount for one in walk.due]
    assert sum(left) == (await walk.payments.refundable(walk.payment_id)).amount
    for seller in walk.due:
        await walk.payments.refund(walk.payment_id, "x", f"{seller}", seller=seller)
    assert not (await walk.payments.refundable(walk.payment_id)).amount
