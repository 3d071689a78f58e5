"""Random shoppers and sellers, 2,400 steps in all: stock, money and vouchers stay whole."""

import random
from collections import Counter

import pytest
from sqlalchemy import func, select, update

from services.ground.errors import NotFound
from services.ground.money import Money
from services.ledger import Ledger
from services.ledger.account import cash, clearing
from services.ledger.audit import differences, trial_balance
from services.payments.tables import AttemptRow, PaymentRow
from services.reconciliation import reconcile
from services.shopping import (
    Cart,
    Choice,
    Kind,
    Method,
    NewReturn,
    OnlyLeft,
    Order,
    OrderStatus,
    PaymentStatus,
    Return,
    ReturnStatus,
    ShoppingError,
    SoldOut,
    VoucherRefused,
)
from services.shopping.moves import ALLOCATED
from services.shopping.tables import (
    OrderItemRow,
    OrderRow,
    ProductRow,
    ReservationRow,
    ReturnRow,
    StockRow,
    VariantRow,
    VoucherRow,
    VoucherUseRow,
)
from tests.services.shopping.conftest import MONDAY

SEEDS, STEPS = range(4), 600
CODES = ("HALF", "FIFTY", "ALL")
METHODS: tuple[Method, ...] = ("stripe", "stripe", "cash")


class Walk:
    """One little world. Remembers what was put on the shelves and what was sent from them."""

    def __init__(self, tx, town, seed: int) -> None:
        self.tx, self.town, self.dice = tx, town, random.Random(seed)
        self.people: list[int] = []
        self.goods: list[int] = []
        self.sellers: list[int] = []  # of each of the goods
        self.given: set[int] = set()  # orders of which a member gave something back
        self.owners: dict[int, int] = {}  # by business
        self.orders: list[int] = []
        self.counted: dict[int, int] = {}
        self.sent: Counter[int] = Counter()
        self.done: Counter[str] = Counter()

    async def begin(self) -> None:
        self.people = [await self.town.person(self.tx) for _ in range(4)]
        other, owner = await self.town.open_business(self.tx, "other")
        self.owners = {self.town.business: self.town.owner, other: owner}
        sellers = (*3 * (self.town.business,), other, other)
        for number, business in enumerate(sellers):
            left = self.dice.randint(3, 9)
            price = (number * 50) % 200
            variant = await self.town.goods(
                self.tx, f"G{number}", left=left, price=price, business=business
            )
            self.goods.append(variant)
            self.sellers.append(business)
            self.counted[variant] = left
        await self.pair()
        half = {"basis_points": 5000, "most": 90, "max_uses": 6, "max_per_person": None}
        await self.town.voucher(self.tx, "HALF", Kind.PERCENT, **half)
        await self.town.voucher(self.tx, "FIFTY", amount=50, minimum=100, max_per_person=2)
        await self.town.voucher(self.tx, "ALL", amount=10_000, max_uses=4, max_per_person=2)

    async def pair(self) -> None:
        """The last two are of one kind: who brings one back may have the other for it."""
        first, second = self.goods[-2:]
        kind = select(VariantRow.product_id).where(VariantRow.id == first).scalar_subquery()
        same = update(VariantRow).where(VariantRow.id == second)
        await self.tx.execute(same.values(product_id=kind, title="Other"))

    @property
    def shop(self):
        return self.town.at(self.tx)

    async def step(self) -> None:
        name = self.dice.choices(list(ACTIONS), [weight for _, weight in ACTIONS.values()])[0]
        try:
            await ACTIONS[name][0](self)
        except (ShoppingError, NotFound) as refused:
            self.done[type(refused).__name__] += 1
        else:
            self.done[name] += 1

    # -- what people do -----------------------------------------------------------

    def who(self) -> int:
        return self.dice.choice(self.people)

    def what(self) -> int:
        return self.dice.choice(self.goods)

    async def an_order(self, *fitting: str):
        """Mostly one the verb fits, at times any: refusals are part of life."""
        fits = select(OrderRow.id).where(OrderRow.status.in_(fitting)).order_by(OrderRow.id)
        found = list(await self.tx.scalars(fits)) if self.dice.random() < 0.8 else []
        if not (found := found or self.orders):
            raise NotFound("order")
        return await self.shop._order(self.dice.choice(found))

    async def add(self) -> None:
        await self.shop.add_to_cart(self.who(), self.what(), self.dice.randint(1, 3))

    async def change(self) -> None:
        await self.shop.set_quantity(self.who(), self.what(), self.dice.randint(0, 3))

    async def keep(self) -> None:
        await self.shop.keep_changes(self.who())

    async def gather(self) -> None:
        """Something of each seller, ordered at once."""
        person = self.who()
        for seller in sorted(set(self.sellers)):
            sold = zip(self.goods, self.sellers, strict=True)
            its = [goods for goods, of in sold if of == seller]
            await self.shop.add_to_cart(person, self.dice.choice(its))
        await self.order(person)

    async def checkout(self) -> None:
        await self.order(self.who())

    async def order(self, person: int) -> None:
        cart = await self.shop.cart(person)
        if cart is None:
            raise NotFound("cart")
        method = self.dice.choice(METHODS)
        quote = await self.shop.quote(person)
        choice = Choice((), None, method, vouchers=quote.counted)
        made: list[list[Order]] = []
        for _ in range(self.dice.choice([1, 2])):
            orders = await self.shop.checkout(person, cart.version, choice)
            made.append(orders)
            if orders[0].id not in self.orders:
                reckoned = [bill.totals.total for bill in quote.bills]
                assert [order.total.amount for order in orders] == reckoned
            self.orders += [order.id for order in orders]
            assert [order.business_id for order in orders] == self.sold_by(cart)
            assert {order.voucher_id for order in orders} - {None} == set(choice.vouchers)
            for order in orders:
                assert sum(item.discount.amount for item in order.items) == order.discount.amount
        assert made[0] == made[-1]
        self.done["several"] += len(made[0]) > 1

    def sold_by(self, cart: Cart) -> list[int]:
        return [part.business_id for part in cart.parts]

    def owner_of(self, order: Order) -> int:
        return self.owners[order.business_id]

    async def redeem(self) -> None:
        await self.shop.use_voucher(self.who(), self.dice.choice(CODES))

    async def drop(self) -> None:
        await self.shop.drop_vouchers(self.who())

    async def switch(self) -> None:
        page = await self.shop.vouchers(self.town.owner, self.town.business)
        voucher = self.dice.choice(page.items)
        on = self.dice.random() < 0.8
        await self.shop.switch_voucher(self.town.owner, voucher.id, on=on)

    async def settle(self) -> None:
        order = await self.an_order("pending", "expired")
        if order.payment_method == "stripe":
            await self.town.settle(self.tx, order)

    async def fail(self) -> None:
        await self.shop.payment_failed((await self.an_order("pending")).id)

    async def renew(self) -> None:
        order = await self.an_order("expired")
        await self.shop.renew(order.user_id, order.id)

    async def cancel(self) -> None:
        order = await self.an_order("placed", "paid", "accepted")
        by = self.dice.choice([order.user_id, self.owner_of(order), 0])
        await self.shop.cancel(order.id, by, "because")

    async def accept(self) -> None:
        order = await self.an_order("placed", "paid")
        await self.shop.accept(order.id, self.owner_of(order))

    async def ship(self) -> None:
        order = await self.an_order("accepted", "partly_shipped")
        await self.shop.ship(order.id, self.owner_of(order))
        if order.status is not OrderStatus.SHIPPED:
            self.sent.update({item.variant_id: item.to_send for item in order.items})

    async def part(self) -> None:
        order = await self.an_order("accepted", "partly_shipped")
        item = self.dice.choice(order.items)
        count = self.dice.randint(1, 2)
        await self.shop.ship_part(order.id, self.owner_of(order), {item.id: count}, order.shipped)
        self.sent[item.variant_id] += count

    async def rest(self) -> None:
        order = await self.an_order("partly_shipped")
        await self.shop.cancel_rest(order.id, self.owner_of(order), "because")

    async def deliver(self) -> None:
        order = await self.an_order("shipped")
        await self.shop.deliver(order.id, self.owner_of(order))

    async def give_back(self) -> None:
        """A part of an order's money, never all of it."""
        order = await self.an_order("paid", "accepted", "shipped", "delivered")
        if order.payment_status is not PaymentStatus.PAID or order.payment_id is None:
            raise NotFound("payment")
        owner = self.owner_of(order)
        left = await self.shop.returnable(order.id, owner)
        if left.amount < 2:
            raise NotFound("money")
        amount = Money(self.dice.randint(1, left.amount - 1), left.currency)
        await self.shop.give_back(order.id, owner, amount, "because", str(self.done["give_back"]))
        self.given.add(order.id)

    async def arrive(self) -> None:
        order = await self.an_order("partly_shipped", "shipped")
        parcels = await self.shop.parcels(order.user_id, order.id)
        if not parcels:
            raise NotFound("parcel")
        await self.shop.deliver_parcel(self.dice.choice(parcels).id, self.owner_of(order))

    # -- what comes back ----------------------------------------------------------

    async def bring(self) -> None:
        order = await self.an_order("delivered", "completed")
        item, count = self.dice.choice(order.items), self.dice.randint(1, 2)
        others = await self.shop.exchanges(order.user_id, item.id, count)
        variant = self.dice.choice([None, *[other.id for other in others]])
        new = NewReturn(count, "size", variant)
        await self.shop.ask_return(order.user_id, item.id, new)

    async def a_return(self, *fitting: str):
        fits = select(ReturnRow.id).where(ReturnRow.status.in_(fitting)).order_by(ReturnRow.id)
        found = list(
            await self.tx.scalars(fits if self.dice.random() < 0.8 else select(ReturnRow.id))
        )
        if not found:
            raise NotFound("return")
        return await self.shop._return(self.dice.choice(found))

    async def decide(self) -> None:
        return_ = await self.a_return("asked")
        match self.dice.randrange(4):
            case 0:
                await self.shop.decline_return(return_.id, self.owners[return_.business_id], "worn")
            case 1:
                await self.shop.cancel_return(return_.id, return_.user_id)
            case _:
                await self.shop.accept_return(return_.id, self.owners[return_.business_id])

    async def receive(self) -> None:
        return_ = await self.a_return("accepted")
        if self.dice.random() < 0.1:
            await self.shop.never_came(return_.id, self.owners[return_.business_id])
            return
        sell = self.dice.random() < 0.7
        await self.shop.receive_return(
            return_.id, self.owners[return_.business_id], sell_again=sell
        )
        if sell and return_.status is ReturnStatus.ACCEPTED:
            order = await self.shop._order(return_.order_id)
            item = next(item for item in order.items if item.id == return_.item_id)
            self.sent[item.variant_id] -= return_.quantity

    async def end(self) -> None:
        return_ = await self.a_return("received")
        if not return_.is_exchange:
            await self.shop.refund_return(return_.id, self.owners[return_.business_id])
            return
        await self.shop.send_exchange(return_.id, self.owners[return_.business_id])
        if return_.status is ReturnStatus.RECEIVED:
            self.sent[return_.variant_id] += return_.quantity

    async def count(self) -> None:
        variant, quantity = self.what(), self.dice.randint(0, 10)
        number = self.goods.index(variant)
        await self.shop.set_stock(self.owners[self.sellers[number]], f"G{number}", quantity)
        self.counted[variant] = quantity + self.sent[variant]

    async def reprice(self) -> None:
        price = update(ProductRow).where(ProductRow.sku == f"G{self.dice.randrange(5)}")
        await self.tx.execute(price.values(price=self.dice.randint(0, 300)))

    async def hide(self) -> None:
        shown = update(VariantRow).where(VariantRow.id == self.what())
        await self.tx.execute(shown.values(is_active=self.dice.random() < 0.9))

    async def wait(self) -> None:
        self.town.later(minutes=self.dice.choice([1, 10, 36]))

    async def ask(self) -> None:
        await self.shop.wait_for(self.who(), self.what())

    async def leave(self) -> None:
        await self.shop.stop_waiting(self.who(), self.what())

    async def sweep(self) -> None:
        await self.shop.expire_unpaid_orders()
        await self.shop.expire_reservations()
        await self.shop.tell_waiting()

    # -- what must hold ------------------------------------------------------------

    async def check_stock(self) -> None:
        promised = await self.promised()
        for row in await self.tx.rows(
            select(StockRow.variant_id, StockRow.quantity, StockRow.allocated)
        ):
            variant = row.variant_id
            assert 0 <= row.allocated <= row.quantity
            assert row.quantity == self.counted[variant] - self.sent[variant]
            assert row.allocated == promised.get(variant, 0)
            waited, held = await self.held(variant)
            assert not waited or held <= row.quantity - row.allocated

    async def held(self, variant: int) -> tuple[int, int]:
        """How many are held for who waited, and for them and for orders together."""
        r = ReservationRow
        live = select(r.order_id, r.quantity).where(
            r.variant_id == variant, r.reserved_until > self.town.now
        )
        rows = await self.tx.rows(live)
        waited = sum(row.quantity for row in rows if row.order_id is None)
        return waited, sum(row.quantity for row in rows)

    async def promised(self) -> dict[int, int]:
        to_send = OrderItemRow.quantity - OrderItemRow.shipped - OrderItemRow.called_off
        rows = await self.tx.rows(
            select(OrderItemRow.variant_id, func.sum(to_send).label("total"))
            .join(OrderRow, OrderRow.id == OrderItemRow.order_id)
            .where(OrderRow.status.in_(list(ALLOCATED)))
            .group_by(OrderItemRow.variant_id)
        )
        promised = Counter({row.variant_id: row.total for row in rows})
        kept = select(ReturnRow.variant_id, ReturnRow.quantity).where(
            ReturnRow.status.in_(["accepted", "received"]), ReturnRow.title.is_not(None)
        )
        for row in await self.tx.rows(kept):
            promised[row.variant_id] += row.quantity
        return promised

    async def check_holds(self) -> None:
        """Of orders, only one that waits for its money holds anything."""
        holding = select(OrderRow.status).join(
            ReservationRow, ReservationRow.order_id == OrderRow.id
        )
        assert set(await self.tx.scalars(holding)) <= {"pending"}

    async def check_counters(self) -> None:
        """A voucher counts its uses, of which there are never more than it has."""
        taken = Counter(await self.tx.scalars(select(VoucherUseRow.voucher_id)))
        for row in await self.tx.rows(select(VoucherRow.id, VoucherRow.uses, VoucherRow.max_uses)):
            assert row.uses == taken[row.id] <= (row.max_uses or row.uses)

    async def check_vouchers(self) -> None:
        """Uses taken are the uses of orders that stand."""
        used = set(await self.tx.scalars(select(VoucherUseRow.order_id)))
        for order_id in set(self.orders):
            order = await self.shop._order(order_id)
            stands = order.voucher_id is not None and await self.stands(order)
            assert (order_id in used) == stands, order
        assert used

    async def stands(self, order: Order) -> bool:
        """It waits for its money, or has or had it; late money for what was gone is none."""
        if order.status is OrderStatus.EXPIRED:
            return False
        if order.status is not OrderStatus.CANCELLED:
            return True
        if order.payment_status is PaymentStatus.CANCELLED:
            return False
        events = await self.shop.order_events(order.user_id, order.id)
        return OrderStatus.PAID in [event.to_status for event in events]

    async def check_money(self) -> None:
        """What came in for an order is kept, or on its way back, and never both; what is paid
        together adds up to the payment."""
        payments, together = self.town.payments(self.tx), Counter[int]()
        for order_id in set(self.orders):
            order = await self.shop._order(order_id)
            if order.payment_method != "stripe":
                continue
            payment = await payments.payment(order.payment_id)
            together[payment.id] += order.total.amount
            refunds = await payments.refunds(payment.id)
            mine = [one for one in refunds if one.business_id in (None, order.business_id)]
            whole = any(one.business_id is None for one in mine)
            back = sum(refund.amount.amount for refund in mine)
            assert payment.is_paid == (order.payment_status in ("paid", "refunding"))
            limit = payment.amount.amount if whole else order.total.amount
            assert 0 <= back <= limit
            if order.payment_status == "refunding":
                assert back == limit
            elif order.id not in self.given and not whole:
                assert back == order.called_off.amount + await self.paid_for_returns(order)
        for payment_id, total in together.items():
            assert total == (await payments.payment(payment_id)).amount.amount

    async def paid_for_returns(self, order: Order) -> int:
        returns = await self.shop.returns_of(order.user_id, order.id)
        return sum(one.amount.amount for one in returns if one.amount and one.status == "refunded")

    async def check_returns(self) -> None:
        """Lines count what their returns say; an order that all came back is returned."""
        for order_id in set(self.orders):
            order = await self.shop._order(order_id)
            returns = await self.shop.returns_of(order.user_id, order.id)
            for item in order.items:
                mine = [one for one in returns if one.item_id == item.id]
                counted = Counter[str]()
                for one in mine:
                    counted[_counter_of(one)] += one.quantity
                assert counted["coming_back"] == item.coming_back
                assert counted["returned"] == item.returned
                assert counted["exchanged"] == item.exchanged
            ended = all(one.status != "received" for one in returns)
            if order.status != "refunded":  # by hand, before the last of it came back
                assert (order.status == "returned") == (order.came_all_back and ended)

    async def check_books(self) -> None:
        """What came in is the businesses', in cash or with the provider; nothing the provider has
        went back yet, and what did of the cash did at once."""
        assert {trial.total for trial in await trial_balance(self.tx)} == {0}
        assert await differences(self.tx) == []
        left = func.sum(AttemptRow.received - AttemptRow.refunded).label("left")
        paid = await self.tx.rows(
            select(PaymentRow.method, left)
            .join(PaymentRow, PaymentRow.id == AttemptRow.payment_id)
            .where(AttemptRow.received > 0)
            .group_by(PaymentRow.method)
        )
        ledger = Ledger(tx=self.tx, now=self.town.now)
        held = {
            "stripe": (await ledger.balance(clearing("stripe", "KES"))).amount,
            "cash": sum([(await ledger.balance(cash(one, "KES"))).amount for one in self.owners]),
        }
        assert {row.method: -row.left for row in paid if row.left} == {
            method: amount for method, amount in held.items() if amount
        }
        found = {one.kind for one in await reconcile(self.tx, self.town.now, MONDAY)}
        assert found <= {"unknown"}  # links that no provider was asked for


def _counter_of(return_: Return) -> str:
    """Of its line, where it is counted."""
    if return_.status in ("asked", "accepted"):
        return "coming_back"
    if return_.status in ("declined", "cancelled"):
        return "nowhere"
    return "exchanged" if return_.is_exchange else "returned"


ACTIONS = {
    "add": (Walk.add, 30),
    "gather": (Walk.gather, 14),
    "change": (Walk.change, 6),
    "keep": (Walk.keep, 14),
    "checkout": (Walk.checkout, 28),
    "settle": (Walk.settle, 14),
    "fail": (Walk.fail, 5),
    "renew": (Walk.renew, 8),
    "cancel": (Walk.cancel, 5),
    "accept": (Walk.accept, 16),
    "ship": (Walk.ship, 14),
    "part": (Walk.part, 12),
    "rest": (Walk.rest, 4),
    "deliver": (Walk.deliver, 10),
    "arrive": (Walk.arrive, 8),
    "bring": (Walk.bring, 14),
    "decide": (Walk.decide, 10),
    "receive": (Walk.receive, 8),
    "end": (Walk.end, 8),
    "give_back": (Walk.give_back, 6),
    "count": (Walk.count, 14),
    "reprice": (Walk.reprice, 3),
    "hide": (Walk.hide, 3),
    "wait": (Walk.wait, 8),
    "sweep": (Walk.sweep, 4),
    "redeem": (Walk.redeem, 36),
    "drop": (Walk.drop, 3),
    "switch": (Walk.switch, 3),
    "ask": (Walk.ask, 8),
    "leave": (Walk.leave, 3),
}


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_people_do_stock_and_money_stay_whole(tx, town, seed) -> None:
    walk = Walk(tx, town, seed)
    await walk.begin()
    for _ in range(STEPS):
        await walk.step()
        await walk.check_stock()
        await walk.check_counters()
    await walk.check_vouchers()
    await walk.check_holds()
    await walk.check_money()
    await walk.check_returns()
    await walk.check_books()
    assert await walk.shop.stock_drifts() == []
    # The walk went somewhere: every kind of thing happened, and people were refused too.
    assert set(ACTIONS) - {"renew", "ask", "leave", "rest"} <= set(walk.done)
    assert sum(walk.sent.values()) > 10
    assert walk.done["several"] > 5
    assert walk.done[VoucherRefused.__name__] > 0
    assert walk.done[SoldOut.__name__] + walk.done[OnlyLeft.__name__] > 10
