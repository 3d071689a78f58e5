"""From cart to order: once per version of the cart, at the prices shown, with the stock held.

Locks are taken in one order everywhere: payment, cart, orders by id, vouchers by
id, stock by variant. Starting checkout twice gives the same order.
"""

from dataclasses import asdict, dataclass, field

from sqlalchemy import insert, select

from services.ground.money import Money
from services.shopping import stock
from services.shopping.addresses import Addresses
from services.shopping.cart import Cart, CartLine
from services.shopping.carts import Carts
from services.shopping.delivery import Deliveries, Delivery, Shop
from services.shopping.desk import whole
from services.shopping.errors import (
    CartChanged,
    EmptyCart,
    NotOffered,
    VoucherRefused,
    only_left,
)
from services.shopping.moves import Move, OrderStatus, PaymentStatus
from services.shopping.order import Address, Method, Order
from services.shopping.settling import Settling
from services.shopping.tables import OrderItemRow, OrderRow
from services.shopping.totals import Totals, line_total, spread, totals
from services.shopping.voucher import Kind, Voucher


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person chose beside the cart. `zone_id` None is fetching it oneself.

    `voucher_id` is the voucher that was counted in what they were shown.
    """

    zone_id: int | None
    address_id: int | None
    method: Method
    note: str | None = None
    payer: str | None = field(default=None, repr=False)  # whom "mpesa" asks (E.164)
    voucher_id: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What the cart would come to, and the voucher on it. `refused` says why it is not counted."""

    totals: Totals
    voucher: Voucher | None
    refused: VoucherRefused | None

    @property
    def counted(self) -> Voucher | None:
        return self.voucher if self.refused is None else None


class Checkout(Settling, Carts, Addresses, Deliveries):
    """Quoting and ordering."""

    async def quote(self, user_id: int, zone_id: int | None) -> Quote:
        """What the cart would come to, brought there. Raises EmptyCart, NotOffered."""
        cart = await self.cart(user_id)
        if cart is None:
            raise EmptyCart
        shop = await self.shop(cart.business_id)
        delivery = await self._delivery(cart.business_id, zone_id, cart.subtotal)
        voucher, refused = await self.voucher_on(cart, user_id, delivery.fee)
        counted = voucher if refused is None else None
        return Quote(_totals(cart, shop, delivery, counted), voucher, refused)

    @whole
    async def checkout(self, user_id: int, version: int, choice: Choice) -> Order:
        """Order the cart as shown (`version`). Doing it twice gives the same order.

        Through a provider the order is `pending`, its stock is held until `reserved_until` and
        payments sends the link; with "manual" it is held for a day and has left the cart; with
        "cash" it is `placed`; with "wallet" it is `paid`, as is a total of nothing.
        Another choice for the same cart replaces an order that is still unpaid.

        Raises EmptyCart, CartChanged (say `cart.differences`, then `keep_changes`),
        OnlyLeft or SoldOut (somebody was faster), VoucherRefused (what it took off would be gone),
        NotOffered, NotFound (address), NotEnough.
        """
        if (made := await self._made(user_id, version, choice)) is not None:
            return made
        await self._unchanged(user_id, version)
        await self._close_unpaid(user_id)
        cart_id = await self._lock_cart(user_id)
        if (made := await self._made(user_id, version, choice)) is not None:
            return made
        cart = await self._unchanged(user_id, version)
        shop = await self.shop(cart.business_id)
        delivery = await self._delivery(cart.business_id, choice.zone_id, cart.subtotal)
        address = await self._where(user_id, choice, shop)
        unpaid = await self._lock_unpaid(cart_id, keep=0)
        await self._lock_vouchers(unpaid, choice.voucher_id)
        await self._replace(unpaid)
        voucher = await self._counted(user_id, cart, choice, delivery)
        wanted = {line.variant_id: line.quantity for line in cart.lines}
        await self._still_there(user_id, cart)
        sums = _totals(cart, shop, delivery, voucher)
        due = Money(sums.total, cart.subtotal.currency)
        self._chargeable(choice.method, due)
        if choice.method == "wallet":
            await self._payments.require_wallet(user_id, due)
        order = await self._write(user_id, cart, choice, delivery, address, sums)
        await self._take_use(order)
        if order.status is OrderStatus.PENDING:
            return await self._await_payment(order, wanted, choice.payer)
        return await self._place(order, wanted)

    async def _made(self, user_id: int, version: int, choice: Choice) -> Order | None:
        """The order this very checkout has made already, unless it fell through."""
        o = OrderRow
        found = select(o.id).where(o.checkout_key == _key(user_id, version, choice))
        order_id = await self._tx.scalar(found)
        return None if order_id is None else await self._order(order_id)

    async def _unchanged(self, user_id: int, version: int) -> Cart:
        cart = await self.cart(user_id)
        if cart is None:
            raise EmptyCart
        # What is merely short is told later, under the lock, with what is left then.
        if cart.version != version or any(_has_changed(line) for line in cart.lines):
            raise CartChanged(cart)
        return cart

    async def _where(self, user_id: int, choice: Choice, shop: Shop) -> Address | None:
        if choice.method not in shop.methods:
            raise NotOffered(choice.method)
        if choice.zone_id is None:
            return None
        if choice.address_id is None:
            raise NotOffered("delivery without an address")
        return await self._use_address(user_id, choice.address_id)

    async def _counted(
        self, user_id: int, cart: Cart, choice: Choice, delivery: Delivery
    ) -> Voucher | None:
        """The voucher the person was promised, locked: whoever waited sees what is left now."""
        if choice.voucher_id is None:
            return None
        if choice.voucher_id != cart.voucher_id:
            raise CartChanged(cart)
        voucher, refused = await self.voucher_on(cart, user_id, delivery.fee)
        if refused is not None:
            raise refused
        return voucher

    async def _still_there(self, user_id: int, cart: Cart) -> None:
        """Lock what is wanted and look again: whoever waited here sees what is left now."""
        variants = [line.variant_id for line in cart.lines]
        await stock.lock(self._tx, variants)
        left = await stock.left(self._tx, self._now, user_id, variants)
        for line in cart.lines:
            if (remaining := left.get(line.variant_id, 0)) < line.quantity:
                raise only_left(remaining, line.name, line.variant_id, line.quantity)

    async def _write(
        self,
        user_id: int,
        cart: Cart,
        choice: Choice,
        delivery: Delivery,
        address: Address | None,
        sums: Totals,
    ) -> Order:
        values = _order_values(cart, choice, delivery, address, sums)
        values |= {"user_id": user_id, "created_at": self._now, "updated_at": self._now}
        values["checkout_key"] = _key(user_id, cart.version, choice)
        order_id = await self._tx.scalar(insert(OrderRow).values(values).returning(OrderRow.id))
        lines = zip(cart.lines, sums.lines, strict=True)
        await self._tx.execute(
            insert(OrderItemRow),
            [_item_values(order_id, line) | asdict(sold) for line, sold in lines],
        )
        order = await self._order(order_id)
        await self._note(order, Move.PLACE, order.status, user_id, None, is_new=True)
        return order

    def _chargeable(self, method: Method, total: Money) -> None:
        if method in ("cash", "wallet", "manual") or not total.amount:
            return
        if not self._payments.can_charge(method, total):
            raise NotOffered(method)

    async def _await_payment(
        self, order: Order, wanted: dict[int, int], payer: str | None
    ) -> Order:
        until = self._held_until(order.payment_method)
        await stock.reserve(self._tx, self._now, until, order.user_id, order.id, wanted)
        if order.is_by_transfer:
            await self._take_from_cart(order, wanted)
        asked = await self._ask_payment(order, order.payment_method, until, payer)
        await self._set(order.id, payment_id=asked, reserved_until=until)
        return await self._order(order.id)

    async def _place(self, order: Order, wanted: dict[int, int]) -> Order:
        """Nothing to wait for: promise the stock, empty the cart, tell the business."""
        await self._promise(order, wanted)
        if order.payment_method in ("cash", "wallet"):
            asked = await self._ask_payment(order, order.payment_method, None)
            paid_at = self._now if order.payment_method == "wallet" else None
            await self._set(order.id, payment_id=asked, paid_at=paid_at)
        return await self._order(order.id)


def _has_changed(line: CartLine) -> bool:
    return line.is_gone or line.price != line.price_shown


def _key(user_id: int, version: int, choice: Choice) -> str:
    method = choice.method + (choice.payer or "")
    chosen = f"{choice.zone_id or 0}:{choice.address_id or 0}:{method}"
    return f"{user_id}:{version}:{chosen}:{choice.voucher_id or 0}"


def _totals(cart: Cart, shop: Shop, delivery: Delivery, voucher: Voucher | None) -> Totals:
    off = 0 if voucher is None else voucher.off(cart.subtotal).amount
    free = voucher is not None and voucher.kind is Kind.DELIVERY
    parts = spread(off, [line.total.amount for line in cart.lines])
    lines = [
        line_total(line.price.amount, line.quantity, line.tax_basis_points, shop.tax_included, part)
        for line, part in zip(cart.lines, parts, strict=True)
    ]
    return totals(lines, 0 if free else delivery.fee.amount, shop.tax_included)


def _order_values(
    cart: Cart, choice: Choice, delivery: Delivery, address: Address | None, sums: Totals
) -> dict[str, object]:
    method = choice.method if sums.total else "free"
    status, payment_status = _BEGINNINGS.get(method, _AWAITED)
    where = None if address is None else asdict(address)
    if where is not None:
        del where["id"]
    return {
        "business_id": cart.business_id,
        "cart_id": cart.id,
        "currency": cart.subtotal.currency,
        "subtotal": sums.subtotal,
        "shipping": sums.shipping,
        "tax": sums.tax,
        "tax_included": sums.tax_included,
        "discount": sums.discount,
        "voucher_id": choice.voucher_id,
        "total": sums.total,
        "status": status,
        "payment_method": method,
        "payment_status": payment_status,
        "delivery": delivery.kind,
        "delivery_zone": None if delivery.zone_id is None else delivery.name,
        "shipping_address": where,
        "customer_notes": choice.note,
    }


_AWAITED = (OrderStatus.PENDING, PaymentStatus.PENDING)
_BEGINNINGS = {
    "cash": (OrderStatus.PLACED, PaymentStatus.DUE),
    "wallet": (OrderStatus.PAID, PaymentStatus.PAID),
    "free": (OrderStatus.PAID, PaymentStatus.PAID),
}


def _item_values(order_id: int, line: CartLine) -> dict[str, object]:
    return {
        "order_id": order_id,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "name": line.name,
        "title": line.title,
        "sku": line.sku,
        "price": line.price.amount,
        "quantity": line.quantity,
        "tax_basis_points": line.tax_basis_points,
    }
