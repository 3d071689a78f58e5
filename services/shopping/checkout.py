"""From cart to orders: once per version of the cart, at the prices shown, with the stock held.

Each seller's part becomes one order; they are paid together, or in cash each. Locks are taken in
one order everywhere: payment, cart, orders by id, vouchers by id, stock by variant. Starting
checkout twice gives the same orders.
"""

from dataclasses import asdict, dataclass, field, replace

from sqlalchemy import insert, select

from services.ground.money import Money
from services.shopping import stock
from services.shopping.addresses import Addresses
from services.shopping.cart import Cart, CartLine
from services.shopping.delivery import Delivery
from services.shopping.desk import whole
from services.shopping.errors import CartChanged, EmptyCart, NotOffered, only_left
from services.shopping.journey import wanted
from services.shopping.moves import Move, OrderStatus, PaymentStatus
from services.shopping.order import Address, Method, Order
from services.shopping.quoting import Bill, Quote, Quoting
from services.shopping.settling import Settling
from services.shopping.tables import OrderItemRow, OrderRow


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person chose beside the cart. What its seller brings to none of `zones` is fetched.

    `vouchers` are those that were counted in what they were shown.
    """

    zones: tuple[int, ...]
    address_id: int | None
    method: Method
    note: str | None = None
    payer: str | None = field(default=None, repr=False)  # whom "mpesa" asks (E.164)
    vouchers: tuple[int, ...] = ()


class Checkout(Settling, Quoting, Addresses):
    """Ordering."""

    @whole
    async def checkout(self, user_id: int, version: int, choice: Choice) -> list[Order]:
        """Order the cart as shown (`version`), one order a seller. Doing it twice gives the same
        orders.

        Through a provider they are `pending` together, their stock is held until `reserved_until`
        and payments sends one link; with "manual" it is held for a day and has left the cart; with
        "cash" they are `placed`, each for its own seller; with "wallet" they are `paid`, as is a
        total of nothing. Another choice for the same cart replaces orders that are still unpaid.

        Raises EmptyCart, CartChanged (say `cart.differences`, then `keep_changes`),
        OnlyLeft or SoldOut (somebody was faster), VoucherRefused (what it took off would be gone),
        NotOffered, NotFound (address), NotEnough.
        """
        if made := await self._made(user_id, version, choice):
            return made
        await self._unchanged(user_id, version)
        await self._close_unpaid(user_id)
        cart_id = await self._lock_cart(user_id)
        if made := await self._made(user_id, version, choice):
            return made
        cart = await self._unchanged(user_id, version)
        ways = await self._ways_of(cart, choice.zones)
        address = await self._where(user_id, cart, choice)
        unpaid = await self._lock_unpaid(cart_id, keep=0)
        await self._lock_vouchers(unpaid, choice.vouchers)
        await self._replace(unpaid)
        quote = await self._promised(user_id, cart, ways, choice)
        await self._still_there(user_id, cart)
        await self._chargeable(user_id, choice.method, quote.total)
        orders = await self._write(user_id, cart, choice, quote, address)
        for order in orders:
            await self._take_use(order)
        if orders[0].status is OrderStatus.PENDING:
            return await self._await_payment(orders, choice)
        return await self._place(orders, choice.method)

    async def _made(self, user_id: int, version: int, choice: Choice) -> list[Order]:
        """The orders this very checkout has made already, but those that fell through."""
        o = OrderRow
        found = select(o.id).where(o.checkout_key == _key(user_id, version, choice))
        return [await self._order(one) for one in await self._tx.scalars(found.order_by(o.id))]

    async def _unchanged(self, user_id: int, version: int) -> Cart:
        cart = await self.cart(user_id)
        if cart is None:
            raise EmptyCart
        # What is merely short is told later, under the lock, with what is left then.
        if cart.version != version or any(_has_changed(line) for line in cart.lines):
            raise CartChanged(cart)
        return cart

    async def _where(self, user_id: int, cart: Cart, choice: Choice) -> Address | None:
        if choice.method not in await self.methods(cart):
            raise NotOffered(choice.method)
        if not choice.zones:
            return None
        if choice.address_id is None:
            raise NotOffered("delivery without an address")
        return await self._use_address(user_id, choice.address_id)

    async def _promised(
        self, user_id: int, cart: Cart, ways: list[Delivery], choice: Choice
    ) -> Quote:
        """With the vouchers the person was promised, locked: whoever waited sees what is left
        now."""
        if not {part.voucher_id for part in cart.parts} >= set(choice.vouchers):
            raise CartChanged(cart)
        parts = (
            part if part.voucher_id in choice.vouchers else replace(part, voucher_id=None)
            for part in cart.parts
        )
        quote = await self._quote(user_id, replace(cart, parts=tuple(parts)), ways)
        for bill in quote.bills:
            if bill.refused is not None:
                raise bill.refused
        return quote

    async def _still_there(self, user_id: int, cart: Cart) -> None:
        """Lock what is wanted and look again: whoever waited here sees what is left now."""
        variants = [line.variant_id for line in cart.lines]
        await stock.lock(self._tx, variants)
        left = await stock.left(self._tx, self._now, user_id, variants)
        for line in cart.lines:
            if (remaining := left.get(line.variant_id, 0)) < line.quantity:
                raise only_left(remaining, line.name, line.variant_id, line.quantity)

    async def _chargeable(self, user_id: int, method: Method, total: Money) -> None:
        if method == "wallet":
            await self._payments.require_wallet(user_id, total)
        if method in ("cash", "wallet", "manual") or not total.amount:
            return
        if not self._payments.can_charge(method, total):
            raise NotOffered(method)

    async def _write(
        self, user_id: int, cart: Cart, choice: Choice, quote: Quote, address: Address | None
    ) -> list[Order]:
        shared: dict[str, object] = {"user_id": user_id, "cart_id": cart.id}
        shared |= {"created_at": self._now, "updated_at": self._now}
        shared |= {"checkout_key": _key(user_id, cart.version, choice), "paid_with": None}
        waits = choice.method not in ("cash", "wallet") and quote.total.amount > 0
        orders: list[Order] = []
        for bill in quote.bills:
            values = _order_values(bill, choice, address, waits=waits)
            orders.append(await self._write_one(bill, shared | values))
            if choice.method != "cash":
                shared["paid_with"] = orders[0].id
        return orders

    async def _write_one(self, bill: Bill, values: dict[str, object]) -> Order:
        order_id = await self._tx.scalar(insert(OrderRow).values(values).returning(OrderRow.id))
        lines = zip(bill.part.lines, bill.totals.lines, strict=True)
        await self._tx.execute(
            insert(OrderItemRow),
            [_item_values(order_id, line) | asdict(sold) for line, sold in lines],
        )
        order = await self._order(order_id)
        await self._note(order, Move.PLACE, order.status, order.user_id, None, is_new=True)
        return order

    async def _await_payment(self, orders: list[Order], choice: Choice) -> list[Order]:
        until = self._held_until(choice.method)
        for order in orders:
            need = wanted(order)
            await stock.reserve(self._tx, self._now, until, order.user_id, order.id, need)
            if order.is_by_transfer:
                await self._take_from_cart(order, need)
        asked = await self._ask_payment(orders, choice.method, until, choice.payer)
        for order in orders:
            paid_by = asked if order.total.amount else None
            await self._set(order.id, payment_id=paid_by, reserved_until=until)
        return [await self._order(order.id) for order in orders]

    async def _place(self, orders: list[Order], method: Method) -> list[Order]:
        """Nothing to wait for: promise the stock, empty the cart, tell the businesses."""
        for order in orders:
            await self._promise(order, wanted(order))
        due = [order for order in orders if order.total.amount]
        paid_at = self._now if method == "wallet" else None
        for together in [[order] for order in due] if method == "cash" else [due] if due else []:
            asked = await self._ask_payment(together, method, None)
            for order in together:
                await self._set(order.id, payment_id=asked, paid_at=paid_at)
        return [await self._order(order.id) for order in orders]


def _has_changed(line: CartLine) -> bool:
    return line.is_gone or line.price != line.price_shown


def _key(user_id: int, version: int, choice: Choice) -> str:
    method = choice.method + (choice.payer or "")
    chosen = f"{_listed(choice.zones)}:{choice.address_id or 0}:{method}"
    return f"{user_id}:{version}:{chosen}:{_listed(choice.vouchers)}"


def _listed(ids: tuple[int, ...]) -> str:
    return ",".join(map(str, sorted(ids))) or "0"


def _order_values(
    bill: Bill, choice: Choice, address: Address | None, *, waits: bool
) -> dict[str, object]:
    """`waits`: for the money of all orders together; one that costs nothing waits with them."""
    sums, way = bill.totals, bill.delivery
    method = choice.method if sums.total else "free"
    status, payment_status = _AWAITED if waits else _BEGINNINGS[method]
    return {
        "business_id": bill.part.business_id,
        "currency": bill.part.subtotal.currency,
        "subtotal": sums.subtotal,
        "shipping": sums.shipping,
        "tax": sums.tax,
        "tax_included": sums.tax_included,
        "discount": sums.discount,
        "voucher_id": None if bill.voucher is None else bill.voucher.id,
        "total": sums.total,
        "status": status,
        "payment_method": method,
        "payment_status": payment_status,
        "delivery": way.kind,
        "delivery_zone": None if way.zone_id is None else way.name,
        "shipping_address": None if way.zone_id is None else _copied(address),
        "customer_notes": choice.note,
    }


def _copied(address: Address | None) -> dict[str, object] | None:
    where = None if address is None else asdict(address)
    if where is not None:
        del where["id"]
    return where


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
