"""How a shop brings things, and what that costs."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from services.ground.money import Money
from services.payments.methods import Provided
from services.shopping.cart import Cart, Part
from services.shopping.desk import Desk
from services.shopping.errors import NotOffered
from services.shopping.order import Method
from services.shopping.tables import DeliveryZoneRow, ShopRow
from services.shopping.totals import delivery_fee

_z = DeliveryZoneRow


@dataclass(frozen=True, slots=True)
class Delivery:
    """One way to receive an order. `zone_id` None is fetching it oneself, which costs nothing."""

    zone_id: int | None
    name: str  # the zone's, or where to fetch it
    fee: Money  # for the subtotal asked about
    free_from: Money | None

    @property
    def kind(self) -> str:
        return "pickup" if self.zone_id is None else "delivery"


@dataclass(frozen=True, slots=True)
class Shop:
    """How a business sells."""

    business_id: int
    currency: str
    tax_basis_points: int
    tax_included: bool
    cash_on_delivery: bool
    pickup_address: str | None
    max_per_line: int
    providers: tuple[Provided, ...]
    transfer_to: str | None  # where people transfer money to; None: not taken
    return_days: int  # after delivery, in which goods may come back

    @property
    def methods(self) -> tuple[Method, ...]:
        """By cash only where the business takes it; from a wallet that holds enough."""
        cash: tuple[Method, ...] = ("cash",) if self.cash_on_delivery else ()
        transfer: tuple[Method, ...] = ("manual",) if self.transfer_to else ()
        return (*self.providers, *cash, *transfer, "wallet")


class Deliveries(Desk):
    """What a shop offers."""

    async def shop(self, business_id: int) -> Shop:
        """Raises NotOffered when the business sells nothing."""
        s = ShopRow
        row = await self._tx.row(
            select(
                s.business_id, s.currency, s.tax_basis_points, s.tax_included,
                s.cash_on_delivery, s.pickup_address, s.max_per_line, s.transfer_to,
                s.return_days,
            ).where(s.business_id == business_id)
        )  # fmt: skip
        if row is None:
            raise NotOffered("no shop")
        return Shop(**row._mapping, providers=self._payments.offered(row.currency))

    async def deliveries(self, business_id: int, subtotal: Money) -> list[Delivery]:
        """The ways to receive an order of `subtotal`: the zones in their order, then pick-up."""
        shop = await self.shop(business_id)
        zones = select(_z.id, _z.name, _z.fee, _z.free_from).where(
            _z.business_id == business_id, _z.is_active
        )
        rows = await self._tx.rows(zones.order_by(_z.position, _z.id))
        offered = [_delivery(row, subtotal) for row in rows]
        if shop.pickup_address is not None:
            offered.append(Delivery(None, shop.pickup_address, Money(0, shop.currency), None))
        return offered

    async def methods(self, cart: Cart) -> tuple[Method, ...]:
        """How all of it can be paid: as every seller takes it. A transfer goes to one of them, so
        that several take none."""
        shops = [await self.shop(part.business_id) for part in cart.parts]
        first, *others = (shop.methods for shop in shops)
        common = [method for method in first if all(method in other for other in others)]
        return tuple(method for method in common if not others or method != "manual")

    async def _ways_of(self, cart: Cart, zones: Collection[int]) -> list[Delivery]:
        """How each part comes: by the zone of its seller's that was chosen, else it is fetched.
        Raises NotOffered, for a zone of nobody in the cart as well."""
        ways = [await self._way(part, zones) for part in cart.parts]
        if set(zones) != {way.zone_id for way in ways if way.zone_id is not None}:
            raise NotOffered("delivery")
        return ways

    async def _way(self, part: Part, zones: Collection[int]) -> Delivery:
        offered = await self.deliveries(part.business_id, part.subtotal)
        fetched = [way for way in offered if way.zone_id is None]
        for way in [*(way for way in offered if way.zone_id in zones), *fetched]:
            return way
        raise NotOffered("delivery")


def _delivery(row: Row[Any], subtotal: Money) -> Delivery:
    fee = Money(delivery_fee(row.fee, row.free_from, subtotal.amount), subtotal.currency)
    free_from = None if row.free_from is None else Money(row.free_from, subtotal.currency)
    return Delivery(row.id, row.name, fee, free_from)
