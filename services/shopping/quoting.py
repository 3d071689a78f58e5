"""What a cart would come to: each seller's part with its fee, tax and voucher, and all of it."""

from collections.abc import Collection
from dataclasses import dataclass

from services.ground.money import Money
from services.shopping.cart import Cart, Part
from services.shopping.delivery import Deliveries, Delivery, Shop
from services.shopping.errors import EmptyCart, VoucherRefused
from services.shopping.redeeming import Redeeming
from services.shopping.totals import Totals, line_total, spread, totals
from services.shopping.voucher import Kind, Voucher


@dataclass(frozen=True, slots=True)
class Bill:
    """What a seller's part would come to, and the voucher on it. `refused` says why it is not
    counted."""

    part: Part
    delivery: Delivery
    totals: Totals
    voucher: Voucher | None
    refused: VoucherRefused | None

    @property
    def counted(self) -> Voucher | None:
        return self.voucher if self.refused is None else None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a cart would come to, by who sells."""

    bills: tuple[Bill, ...]

    @property
    def total(self) -> Money:
        currency = self.bills[0].part.subtotal.currency
        return Money(sum(bill.totals.total for bill in self.bills), currency)

    @property
    def counted(self) -> tuple[int, ...]:
        """The vouchers that are counted in it."""
        return tuple(bill.counted.id for bill in self.bills if bill.counted is not None)


class Quoting(Redeeming, Deliveries):
    """Reckoning."""

    async def quote(self, user_id: int, zones: Collection[int] = ()) -> Quote:
        """What the cart would come to, brought to those zones; what has none is fetched.

        Raises EmptyCart, NotOffered.
        """
        cart = await self.cart(user_id)
        if cart is None:
            raise EmptyCart
        return await self._quote(user_id, cart, await self._ways_of(cart, zones))

    async def _quote(self, user_id: int, cart: Cart, ways: list[Delivery]) -> Quote:
        bills = [
            await self._bill(user_id, part, way) for part, way in zip(cart.parts, ways, strict=True)
        ]
        return Quote(tuple(bills))

    async def _bill(self, user_id: int, part: Part, way: Delivery) -> Bill:
        shop = await self.shop(part.business_id)
        voucher, refused = await self.voucher_on(part, user_id, way.fee)
        counted = voucher if refused is None else None
        return Bill(part, way, _totals(part, shop, way, counted), voucher, refused)


def _totals(part: Part, shop: Shop, way: Delivery, voucher: Voucher | None) -> Totals:
    off = 0 if voucher is None else voucher.off(part.subtotal).amount
    free = voucher is not None and voucher.kind is Kind.DELIVERY
    discounts = spread(off, [line.total.amount for line in part.lines])
    lines = [
        line_total(line.price.amount, line.quantity, line.tax_basis_points, shop.tax_included, less)
        for line, less in zip(part.lines, discounts, strict=True)
    ]
    return totals(lines, 0 if free else way.fee.amount, shop.tax_included)
