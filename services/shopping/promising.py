"""What follows when an order stands: stock promised, cart emptied, people told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, func, select, update

from services.ground.money import Money
from services.payments import Seller
from services.shopping import stock
from services.shopping.facts import LowStock, NewOrder, OrderWaits
from services.shopping.journey import Journey
from services.shopping.moves import Move, PaymentStatus
from services.shopping.order import Order
from services.shopping.redeeming import Redeeming
from services.shopping.tables import (
    CartItemRow,
    CartVoucherRow,
    OrderRow,
    ProductRow,
    StockRow,
    VariantRow,
)

LINK_LIVES = timedelta(minutes=35)
"""How long a payment link is open and its stock held: Stripe wants 30 minutes at least."""
TRANSFER_TAKES = timedelta(days=1)
"""How long what is paid by transfer is held for its photo. One that is found later is taken if
there is stock."""

_purchase = func.coalesce(OrderRow.paid_with, OrderRow.id)


class Promising(Journey, Redeeming):
    """Shared by checkout, settlement and renewal."""

    def _held_until(self, method: str) -> datetime:
        """The time to pay what is ordered now."""
        return self._now + (TRANSFER_TAKES if method == "manual" else LINK_LIVES)

    async def _promise(self, order: Order, wanted: dict[int, int]) -> None:
        """Promise locked stock, known to be there, to an order, and tell the business of it."""
        await stock.release(self._tx, order.id)
        await stock.let_go(self._tx, order.user_id, wanted)
        await stock.allocate(self._tx, self._now, wanted)
        if not order.is_by_transfer:  # which was taken out when it was ordered
            await self._take_from_cart(order, wanted)
        await self._businesses.tell_until_answered(
            order.business_id,
            "orders",
            lambda member: NewOrder(
                **_of(order, member),
                total=order.total.amount,
                currency=order.total.currency,
                payment_method=order.payment_method,
            ),
            lambda member: OrderWaits(**_of(order, member)),
        )
        await self._tell_low_stock(order, wanted)

    async def _take_from_cart(self, order: Order, wanted: dict[int, int]) -> None:
        """What was ordered leaves the cart, and its voucher; what was added since stays."""
        cart_id = await self._lock_cart(order.user_id)
        for variant_id, count in sorted(wanted.items()):
            mine = (CartItemRow.cart_id == cart_id, CartItemRow.variant_id == variant_id)
            await self._tx.execute(delete(CartItemRow).where(*mine, CartItemRow.quantity <= count))
            await self._tx.execute(
                update(CartItemRow).where(*mine).values(quantity=CartItemRow.quantity - count)
            )
        if order.voucher_id is not None:
            v = CartVoucherRow
            spent = (v.cart_id == cart_id, v.voucher_id == order.voucher_id)
            await self._tx.execute(delete(v).where(*spent))
        await self._let_vouchers_go(cart_id)
        await self._count_up(cart_id, ordered=True)

    async def _tell_low_stock(self, order: Order, wanted: dict[int, int]) -> None:
        free = (StockRow.quantity - StockRow.allocated).label("free")
        rows = await self._tx.rows(
            select(
                VariantRow.id, VariantRow.sku, ProductRow.name, free,
                ProductRow.low_stock_threshold.label("threshold"),
            )
            .join(StockRow, StockRow.variant_id == VariantRow.id)
            .join(ProductRow, ProductRow.id == VariantRow.product_id)
            .where(VariantRow.id.in_(sorted(wanted)), free <= ProductRow.low_stock_threshold)
            .order_by(VariantRow.id)
        )  # fmt: skip
        # Told when the threshold is crossed and when the last one goes, not with every order.
        low = [row for row in rows if row.free + wanted[row.id] > row.threshold or not row.free]
        if not low:
            return
        for row in low:
            about = {"variant_id": row.id, "sku": row.sku, "name": row.name, "left": row.free}
            about |= {"business_id": order.business_id, "order_id": order.id}
            await self._businesses.tell(order.business_id, "stock", partial(_low_stock, about))

    async def _ask_payment(
        self,
        orders: Sequence[Order],
        method: str,
        until: datetime | None,
        payer: str | None = None,
    ) -> int:
        """One payment for all of them, in the name of the first; each seller has their part."""
        first, due = orders[0], [order for order in orders if order.total.amount]
        total = Money(sum(order.total.amount for order in due), first.total.currency)
        asked = await self._payments.request(
            first.user_id, total, "order", first.purchase_id,
            ", ".join(f"#{order.order_number}" for order in due), expires_at=until, method=method,
            sellers=[await self._seller(order) for order in due], payer=payer,
        )  # fmt: skip
        return asked.id

    async def _seller(self, order: Order) -> Seller:
        business = await self._businesses.get(order.business_id)
        return Seller(business.id, order.total.amount, business.fee_basis_points)

    async def _close_unpaid(self, user_id: int, keep: int = 0) -> None:
        """Close the links of the person's unpaid orders, before anything else is locked; but not
        of the purchase `keep`.

        A settlement locks the payment first and the cart after it; so do we. What is paid by
        transfer stands beside any other order: its money may be on its way.
        """
        unpaid = select(OrderRow.payment_id).where(
            OrderRow.user_id == user_id,
            OrderRow.status == "pending",
            OrderRow.payment_method != "manual",
            _purchase != keep,
        )
        once = unpaid.distinct().order_by(OrderRow.payment_id)
        for payment_id in await self._tx.scalars(once):
            await self._withdraw(payment_id)

    async def _lock_overtaken(self, cart_id: int, order: Order) -> list[int]:
        """The orders of a cart that do not stand if this one does, ours until the end."""
        if order.is_by_transfer:
            return []
        return await self._lock_unpaid(cart_id, keep=order.purchase_id)

    async def _lock_unpaid(self, cart_id: int, keep: int) -> list[int]:
        """The orders of a cart that wait for their money but those of the purchase `keep`, ours
        until the end. Those paid by transfer are of no cart any more."""
        unpaid = (
            select(OrderRow.id)
            .where(
                OrderRow.cart_id == cart_id,
                OrderRow.status == "pending",
                OrderRow.payment_method != "manual",
                _purchase != keep,
            )
            .order_by(OrderRow.id)
            .with_for_update()
        )
        return list(await self._tx.scalars(unpaid))

    async def _replace(self, unpaid: list[int]) -> None:
        """Another order is made of their cart: these are off, and hold nothing."""
        for order_id in unpaid:
            order = await self._order(order_id)
            await self._withdraw(order.payment_id)
            await stock.release(self._tx, order.id)
            await self._give_back_use(order)
            await self._move(
                order, Move.CANCEL, by=0, reason="replaced", checkout_key=None,
                payment_status=PaymentStatus.CANCELLED, cancelled_at=self._now,
            )  # fmt: skip


def _of(order: Order, member: int) -> dict[str, Any]:
    """What tells a member which order it is."""
    return {
        "user_id": member,
        "business_id": order.business_id,
        "order_id": order.id,
        "order_number": order.order_number,
    }


def _low_stock(about: dict[str, Any], member: int) -> LowStock:
    return LowStock(user_id=member, **about)
