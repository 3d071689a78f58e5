"""Using a voucher: put on the cart by its code, and whether it works there."""

from sqlalchemy import func, select, update

from services.ground.money import Money
from services.shopping.cart import Cart
from services.shopping.carts import Carts
from services.shopping.errors import EmptyCart, VoucherRefused
from services.shopping.tables import CartRow, OrderRow, VoucherRow, VoucherUseRow
from services.shopping.uses import Uses
from services.shopping.voucher import Kind, Voucher, Why, code_of
from services.shopping.vouchers import Vouchers, voucher_of, vouchers

_v, _u = VoucherRow, VoucherUseRow


class Redeeming(Carts, Vouchers, Uses):
    """What a buyer does with a voucher."""

    async def use_voucher(self, user_id: int, words: str) -> Voucher:
        """Put a voucher on the cart by its code, instead of another. Again is fine.

        Raises EmptyCart, VoucherRefused (and nothing is changed).
        """
        cart_id = await self._lock_cart(user_id)
        cart = await self.cart(user_id)
        if cart is None:
            raise EmptyCart
        voucher = await self._by_code(cart.business_id, words)
        await self._check(voucher, user_id, cart.subtotal)
        if cart.voucher_id != voucher.id:
            await self._put_on(cart_id, voucher.id)
        return voucher

    async def drop_voucher(self, user_id: int) -> Cart | None:
        """Take the voucher off the cart; fine when there is none."""
        cart_id = await self._lock_cart(user_id)
        cart = await self.cart(user_id)
        if cart is None or cart.voucher_id is None:
            return cart
        await self._put_on(cart_id, None)
        return await self.cart(user_id)

    async def voucher_on(
        self, cart: Cart, user_id: int, fee: Money | None = None
    ) -> tuple[Voucher | None, VoucherRefused | None]:
        """The voucher on a cart, and why it does not count, if it does not."""
        if cart.voucher_id is None:
            return None, None
        voucher = await self._voucher(cart.voucher_id)
        try:
            if voucher.business_id != cart.business_id:
                raise VoucherRefused(Why.OTHER_SHOP, voucher.code)
            await self._check(voucher, user_id, cart.subtotal, fee)
        except VoucherRefused as refused:
            return voucher, refused
        return voucher, None

    async def _put_on(self, cart_id: int, voucher_id: int | None) -> None:
        mine = update(CartRow).where(CartRow.id == cart_id)
        await self._tx.execute(mine.values(voucher_id=voucher_id))
        await self._count_up(cart_id)

    async def _by_code(self, business_id: int, words: str) -> Voucher:
        code = code_of(words)
        if code is None:
            raise VoucherRefused(Why.UNKNOWN, words)
        here = vouchers().where(_v.code == code, _v.business_id == business_id)
        row = await self._tx.row(here)
        if row is not None:
            return voucher_of(row)
        elsewhere = await self._tx.scalar(select(_v.id).where(_v.code == code).limit(1))
        raise VoucherRefused(Why.UNKNOWN if elsewhere is None else Why.OTHER_SHOP, code)

    async def _check(
        self, voucher: Voucher, user_id: int, subtotal: Money, fee: Money | None = None
    ) -> None:
        """Raises VoucherRefused where it does not work now; `fee` is of delivery, once known."""
        if not voucher.is_active:
            raise VoucherRefused(Why.OFF, voucher.code)
        if voucher.ends_at is not None and voucher.ends_at <= self._now:
            raise VoucherRefused(Why.OVER, voucher.code)
        if voucher.starts_at is not None and voucher.starts_at > self._now:
            raise VoucherRefused(Why.NOT_YET, voucher.code, starts_at=voucher.starts_at)
        await self._check_uses(voucher, user_id)
        if subtotal.amount < voucher.minimum.amount:
            raise VoucherRefused(Why.MINIMUM, voucher.code, missing=voucher.minimum - subtotal)
        if voucher.kind is Kind.DELIVERY and fee is not None and not fee.amount:
            raise VoucherRefused(Why.NO_DELIVERY, voucher.code)

    async def _check_uses(self, voucher: Voucher, user_id: int) -> None:
        """The person's unpaid orders do not count: another order replaces them."""
        paying = (OrderRow.user_id == user_id) & (OrderRow.status == "pending")
        row = await self._tx.row(
            select(
                func.count().filter(~paying).label("mine"),
                func.count().filter(paying).label("replaced"),
            )
            .select_from(_u)
            .join(OrderRow, OrderRow.id == _u.order_id)
            .where(_u.voucher_id == voucher.id, _u.user_id == user_id)
        )
        mine, replaced = (0, 0) if row is None else (row.mine, row.replaced)
        if voucher.is_used_by(mine):
            raise VoucherRefused(Why.BY_YOU, voucher.code)
        if voucher.is_used_up(voucher.uses - replaced):
            raise VoucherRefused(Why.USED_UP, voucher.code)
