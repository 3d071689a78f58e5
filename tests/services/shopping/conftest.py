"""A little shop to test with: people, two businesses, goods, and a clock that is turned by hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from services import open_services
from services.businesses import Businesses
from services.ground.money import Money
from services.ground.people import User
from services.ground.transaction import Transaction
from services.payments import Payments
from services.payments.provider import Came, Mark
from services.payments.settling import Settler
from services.settled import SettledServices
from services.shopping import (
    Choice,
    Kind,
    NewAddress,
    NewProduct,
    NewShop,
    NewVariant,
    NewVoucher,
    NewZone,
    Order,
    Shopping,
    Voucher,
)
from tests.services.told import Told

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Town:
    """Who and what there is. `at(tx)` opens the shop on a transaction, now."""

    now: datetime = MONDAY
    told: Told = field(default_factory=Told)
    owner: int = 0
    business: int = 0
    zone: int = 0

    def at(self, tx: Transaction) -> Shopping:
        return Shopping(
            tx=tx,
            now=self.now,
            facts=self.told,
            businesses=Businesses(tx=tx, now=self.now, facts=self.told),
            payments=Payments(tx=tx, now=self.now, facts=self.told),
        )

    def businesses(self, tx: Transaction) -> Businesses:
        return Businesses(tx=tx, now=self.now, facts=self.told)

    def payments(self, tx: Transaction) -> Payments:
        return Payments(tx=tx, now=self.now, facts=self.told)

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)

    async def person(self, tx: Transaction) -> int:
        return int(await tx.scalar(insert(User).values(name="Somebody").returning(User.id)))

    async def open_business(
        self, tx: Transaction, slug: str, shop: NewShop | None = None, currency: str = "KES"
    ) -> tuple[int, int]:
        """A business with its owner: (business id, owner id)."""
        owner = await self.person(tx)
        business = await self.businesses(tx).register(
            owner_id=owner,
            slug=slug,
            name=slug.title(),
            country="KE",
            currency=currency,
            time_zone="Africa/Nairobi",
            verification="approved",
        )
        zones = (NewZone("Town", 200_00, free_from=3000_00),)
        opened = shop or NewShop(tax_basis_points=1600, pickup_address="Market row 4", zones=zones)
        await self.at(tx).put_shop(business.id, opened)
        return business.id, owner

    async def goods(
        self, tx: Transaction, sku: str, *, left: int, price: int = 100_00, **about: object
    ) -> int:
        """A product with one variant; returns the variant's id."""
        business = int(str(about.pop("business", self.business)))
        variant = NewVariant(sku, left)
        fields = {"name": sku, "slug": sku.lower(), "price": price, "variants": (variant,)} | about
        product = NewProduct(sku=sku, **fields)  # type: ignore[arg-type]
        made = await self.at(tx).put_product(business, None, product)
        return (await self.at(tx).product(made)).variants[0].id

    async def voucher(
        self, tx: Transaction, code: str = "KARIBU", kind: Kind = Kind.FIXED, **terms: object
    ) -> Voucher:
        """A voucher of the corner shop; without terms it takes 20.00 off, once a person."""
        if kind is Kind.FIXED:
            terms = {"amount": 20_00} | terms
        new = NewVoucher(code, kind, **terms)  # type: ignore[arg-type]
        return await self.at(tx).make_voucher(self.owner, self.business, new)

    async def with_voucher(
        self, tx: Transaction, person: int, variant: int, code: str = "KARIBU", **chosen: object
    ) -> Order:
        """Put one in the cart, use the voucher, and order what the summary says."""
        shop = self.at(tx)
        await shop.add_to_cart(person, variant)
        return await self.again(tx, person, code, **chosen)

    async def again(
        self, tx: Transaction, person: int, code: str = "KARIBU", **chosen: object
    ) -> Order:
        """Order what is in the cart, with the voucher."""
        shop = self.at(tx)
        voucher = await shop.use_voucher(person, code)
        cart = await shop.cart(person)
        assert cart is not None
        fields = {"zones": (), "address_id": None, "method": "stripe"} | chosen
        choice = Choice(vouchers=(voucher.id,), **fields)  # type: ignore[arg-type]
        [order] = await shop.checkout(person, cart.version, choice)
        return order

    async def address(self, tx: Transaction, person: int) -> int:
        saved = await self.at(tx).save_address(person, NewAddress(line="House 7"))
        assert saved.id is not None
        return saved.id

    async def order(
        self,
        tx: Transaction,
        person: int,
        variant: int,
        count: int = 1,
        method: str = "stripe",
    ) -> Order:
        """Put so many in the cart and order what is in it, to be fetched."""
        cart = await self.at(tx).add_to_cart(person, variant, count)
        choice = Choice(zones=(), address_id=None, method=method)  # type: ignore[arg-type]
        [order] = await self.at(tx).checkout(person, cart.version, choice)
        return order

    async def paid(self, tx: Transaction, person: int, variant: int, count: int = 1) -> Order:
        """An order that is paid for, as settlement does it."""
        order = await self.order(tx, person, variant, count)
        return await self.settle(tx, order)

    async def settle(self, tx: Transaction, order: Order) -> Order:
        """The provider says the money came in: payments settle it, and the shop hears of it."""
        if order.payment_id is not None:
            payment = await self.payments(tx).payment(order.payment_id)
            came = Came(Mark(payment=payment.uuid, attempt=payment.attempt), payment.amount)
            settled = SettledServices(lambda tx: open_services(tx, self.now, self.told))
            await Settler(tx, self.now, self.told, settled).settle(came)
            return await self.at(tx).order(order.user_id, order.id)
        [paid] = await self.at(tx).mark_paid(order.id)
        assert isinstance(paid, Order)
        return paid


async def build(tx: Transaction) -> Town:
    town = Town()
    town.business, town.owner = await town.open_business(tx, "corner")
    shop = town.at(tx)
    offered = await shop.deliveries(town.business, Money(0, "KES"))
    town.zone = offered[0].zone_id or 0
    return town


@pytest.fixture
async def town(tx: Transaction) -> Town:
    """A town in the transaction that is rolled back."""
    return await build(tx)


@pytest.fixture
async def busy_town(connect) -> Town:
    """A town that is committed: for tests with several connections."""
    async with connect() as tx:
        return await build(tx)
