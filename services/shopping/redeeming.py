"""Using a voucher: put on the cart by its code, and whether it works there."""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from services.ground.money import Money
from services.shopping.cart import Cart, Part
from services.shopping.carts import Carts
from services.shopping.errors import EmptyCart, VoucherRefused
from services.shopping.tables import CartVoucherRow, OrderRow, VoucherRow, VoucherUseRow
from services.shopping.uses import Uses
from services.shopping.voucher import Kind, Voucher, Why, code_of
from services.shopping.vouchers import Vouchers, voucher_of, vouchers

_c, _v, _u = CartVoucherRow, VoucherRow, VoucherUseRow


class Redeeming(Carts, Vouchers, Uses):
    """What a buyer does with a voucher."""

    async def use_voucher(self, user_id: int, words: str) -> Voucher:
        """Put a voucher by its code on what its seller has in the cart, instead of another.
        Again is fine.

        Raises EmptyCart, VoucherRefused (and nothing is changed).
        """
        cart_id = await self._lock_cart(user_id)
        cart = await self.cart(user_id)
        if cart is None:
            raise EmptyCart
        part, voucher = await self._working(user_id, await self._by_code(cart, words))
        if part.voucher_id != voucher.id:
            await self._put_on(user_id, cart_id, voucher)
        return voucher

    async def drop_vouchers(self, user_id: int, code: str | None = None) -> Cart | None:
        """Take the vouchers off the cart, or those of one code; fine when there are none."""
        cart_id = await self._lock_cart(user_id)
        off = delete(_c).where(_c.cart_id == cart_id)
        if code is not None:
            off = off.where(_c.voucher_id.in_(select(_v.id).where(_v.code == code)))
        if (await self._tx.execute(off)).rowcount:
            await self._count_up(cart_id)
        return await self.cart(user_id)

    async def voucher_on(
        self, part: Part, user_id: int, fee: Money | None = None
    ) -> tuple[Voucher | None, VoucherRefused | None]:
        """The voucher of a seller's part, and why it does not count, if it does not."""
        if part.voucher_id is None:
            return None, None
        voucher = await self._voucher(part.voucher_id)
        try:
            await self._check(voucher, user_id, part.subtotal, fee)
        except VoucherRefused as refused:
            return voucher, refused
        return voucher, None

    async def _put_on(self, user_id: int, cart_id: int, voucher: Voucher) -> None:
        values = {"user_id": user_id, "voucher_id": voucher.id}
        put = insert(_c).values(cart_id=cart_id, business_id=voucher.business_id, **values)
        await self._tx.execute(
            put.on_conflict_do_update(index_elements=["cart_id", "business_id"], set_=values)
        )
        await self._count_up(cart_id)

    async def _by_code(self, cart: Cart, words: str) -> list[tuple[Part, Voucher]]:
        """The vouchers of that code of those who sell what is in the cart, one at least."""
        code = code_of(words)
        if code is None:
            raise VoucherRefused(Why.UNKNOWN, words)
        here = vouchers().where(
            _v.code == code, _v.business_id.in_([part.business_id for part in cart.parts])
        )
        found = {row.business_id: voucher_of(row) for row in await self._tx.rows(here)}
        if found:
            parts = (part for part in cart.parts if part.business_id in found)
            return [(part, found[part.business_id]) for part in parts]
        elsewhere = await self._tx.scalar(select(_v.id).where(_v.code == code).limit(1))
        raise VoucherRefused(Why.UNKNOWN if elsewhere is None else Why.OTHER_SHOP, code)

    async def _working(
        self, user_id: int, known: list[tuple[Part, Voucher]]
    ) -> tuple[Part, Voucher]:
        """The first of those that works, one that is not on the cart yet before one that is."""
        refused: list[VoucherRefused] = []
        for part, voucher in sorted(known, key=lambda one: one[0].voucher_id == one[1].id):
            try:
                await self._check(voucher, user_id, part.subtotal)
            except VoucherRefused as why:
                refused.append(why)
            else:
                return part, voucher
        raise refused[0]

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
