"""The cart: one per person, survives days. What changes it locks it first, then counts it up."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from services.businesses import selling
from services.ground.errors import NotFound
from services.ground.money import Money
from services.shopping import reminding
from services.shopping.cards import first_picture
from services.shopping.cart import Cart, CartLine, Part
from services.shopping.desk import Desk
from services.shopping.errors import EmptyCart, OtherCurrency, TooMany, only_left
from services.shopping.stock import LEFT, ME
from services.shopping.tables import (
    CartItemRow,
    CartRow,
    CartVoucherRow,
    ProductRow,
    ShopRow,
    StockRow,
    VariantRow,
)

_price = func.coalesce(VariantRow.price, ProductRow.price)
_tax = func.coalesce(ProductRow.tax_basis_points, ShopRow.tax_basis_points)
_sold = ProductRow.is_active & VariantRow.is_active & ProductRow.business_id.in_(selling())

_CART = (
    select(
        CartRow.id.label("cart_id"), CartRow.version, CartVoucherRow.voucher_id,
        CartItemRow.variant_id, VariantRow.product_id,
        CartItemRow.business_id, ProductRow.name, VariantRow.title, VariantRow.sku,
        CartItemRow.quantity, _price.label("price"), CartItemRow.price_shown, LEFT.label("left"),
        _sold.label("is_sold"), first_picture(ProductRow.id).label("picture"),
        _tax.label("tax_basis_points"), ShopRow.currency,
    )
    .join(CartItemRow, CartItemRow.cart_id == CartRow.id)
    .join(VariantRow, VariantRow.id == CartItemRow.variant_id)
    .join(ProductRow, ProductRow.id == VariantRow.product_id)
    .join(StockRow, StockRow.variant_id == VariantRow.id)
    .join(ShopRow, ShopRow.business_id == CartItemRow.business_id)
    .outerjoin(
        CartVoucherRow,
        and_(
            CartVoucherRow.cart_id == CartItemRow.cart_id,
            CartVoucherRow.business_id == CartItemRow.business_id,
        ),
    )
    .where(CartRow.user_id == ME)
    .order_by(CartItemRow.id)
)  # fmt: skip

_OFFER: Select[*tuple[Any, ...]] = (
    select(
        VariantRow.business_id, ProductRow.name, _price.label("price"), LEFT.label("left"),
        ShopRow.max_per_line, ShopRow.currency,
    )
    .join(ProductRow, ProductRow.id == VariantRow.product_id)
    .join(StockRow, StockRow.variant_id == VariantRow.id)
    .join(ShopRow, ShopRow.business_id == VariantRow.business_id)
    .where(VariantRow.id == bindparam("variant", type_=BigInteger), _sold)
)  # fmt: skip


class Carts(Desk):
    """Looking into the cart and changing it."""

    async def cart(self, user_id: int) -> Cart | None:
        """The cart at today's prices and stock, or None when nothing is in it."""
        rows = await self._tx.read(_CART, {"now": self._now, "me": user_id})
        return cart_of(list(rows)) if rows else None

    async def add_to_cart(self, user_id: int, variant_id: int, quantity: int = 1) -> Cart:
        """Put `quantity` more of a variant in the cart.

        Raises NotFound (not sold), OnlyLeft or SoldOut (what is left for this person in all),
        TooMany (per line), OtherCurrency. Nothing is changed then.
        """
        cart_id = await self._lock_cart(user_id)
        held = await self._quantity(cart_id, variant_id)
        await self._put(user_id, cart_id, variant_id, held + max(quantity, 1), held)
        return await self._full(user_id)

    async def set_quantity(self, user_id: int, variant_id: int, quantity: int) -> Cart | None:
        """Have exactly `quantity` in the cart; 0 takes it out. Raises as `add_to_cart`."""
        if quantity <= 0:
            return await self.remove(user_id, variant_id)
        cart_id = await self._lock_cart(user_id)
        held = await self._quantity(cart_id, variant_id)
        if quantity != held:
            await self._put(user_id, cart_id, variant_id, quantity, held)
        return await self._full(user_id)

    async def remove(self, user_id: int, variant_id: int) -> Cart | None:
        """Take a variant out; fine when it is not in."""
        cart_id = await self._lock_cart(user_id)
        mine = (CartItemRow.cart_id == cart_id, CartItemRow.variant_id == variant_id)
        gone = await self._tx.execute(delete(CartItemRow).where(*mine))
        if gone.rowcount:
            await self._let_vouchers_go(cart_id)
            await self._count_up(cart_id)
        return await self.cart(user_id)

    async def clear(self, user_id: int) -> None:
        """Empty the cart; fine when it is empty."""
        cart_id = await self._lock_cart(user_id)
        gone = await self._tx.execute(delete(CartItemRow).where(CartItemRow.cart_id == cart_id))
        if gone.rowcount:
            await self._let_vouchers_go(cart_id)
            await self._count_up(cart_id)

    async def keep_changes(self, user_id: int) -> Cart | None:
        """The person has been told of `Cart.differences`: take today's prices and what is left.

        Lines that are gone leave the cart, lines that are short shrink.
        """
        cart_id = await self._lock_cart(user_id)
        cart = await self.cart(user_id)
        if cart is None or not cart.differences:
            return cart
        for line in cart.lines:
            await self._refresh(cart_id, line)
        await self._let_vouchers_go(cart_id)
        await self._count_up(cart_id)
        return await self.cart(user_id)

    async def _refresh(self, cart_id: int, line: CartLine) -> None:
        mine = (CartItemRow.cart_id == cart_id, CartItemRow.variant_id == line.variant_id)
        if line.is_gone or line.left <= 0:
            await self._tx.execute(delete(CartItemRow).where(*mine))
            return
        quantity = min(line.quantity, line.left)
        fresh = update(CartItemRow).where(*mine)
        await self._tx.execute(fresh.values(quantity=quantity, price_shown=line.price.amount))

    async def _lock_cart(self, user_id: int) -> int:
        """The id of the person's cart, made if need be, ours until the transaction ends."""
        found = select(CartRow.id).where(CartRow.user_id == user_id).with_for_update()
        cart_id = await self._tx.scalar(found)
        if cart_id is None:
            # Two at once: the second waits here, and gets the row of the first.
            made = insert(CartRow).values(user_id=user_id)
            made = made.on_conflict_do_update(
                index_elements=["user_id"], set_={"user_id": made.excluded.user_id}
            )
            cart_id = await self._tx.scalar(made.returning(CartRow.id))
        return int(cart_id)

    async def _quantity(self, cart_id: int, variant_id: int) -> int:
        mine = (CartItemRow.cart_id == cart_id, CartItemRow.variant_id == variant_id)
        return int(await self._tx.scalar(select(CartItemRow.quantity).where(*mine)) or 0)

    async def _put(
        self, user_id: int, cart_id: int, variant_id: int, quantity: int, held: int
    ) -> None:
        asked = {"variant": variant_id, "now": self._now, "me": user_id}
        offer = (await self._tx.execute(_OFFER, asked)).one_or_none()
        if offer is None:
            raise NotFound("variant")
        await self._refuse_other_currency(cart_id, offer.currency)
        _refuse(offer, variant_id, quantity, held)
        line = insert(CartItemRow).values(
            cart_id=cart_id,
            user_id=user_id,
            business_id=offer.business_id,
            variant_id=variant_id,
            currency=offer.currency,
            quantity=quantity,
            price_shown=offer.price,
        )
        changed = {"quantity": quantity, "price_shown": offer.price}
        await self._tx.execute(
            line.on_conflict_do_update(index_elements=["cart_id", "variant_id"], set_=changed)
        )
        await self._count_up(cart_id)

    async def _refuse_other_currency(self, cart_id: int, currency: str) -> None:
        """An empty cart takes any, and has it from then on."""
        mine = CartRow.id == cart_id
        sells = select(CartItemRow.business_id).where(CartItemRow.cart_id == cart_id).limit(1)
        kept = select(CartRow.currency, sells.scalar_subquery().label("seller")).where(mine)
        [row] = await self._tx.rows(kept)
        if row.currency == currency:
            return
        if row.seller is not None:
            raise OtherCurrency(row.seller)
        await self._tx.execute(update(CartRow).where(mine).values(currency=currency))

    async def _count_up(self, cart_id: int, *, ordered: bool = False) -> None:
        """Another content, another version: a summary shown before no longer checks out.

        With the last thing in it, and when something of it is `ordered`, its one reminder is to
        be given anew.
        """
        filled = exists().where(CartItemRow.cart_id == cart_id)
        changed = await self._tx.row(
            update(CartRow)
            .where(CartRow.id == cart_id)
            .values(
                version=CartRow.version + 1,
                reminded_at=null() if ordered else case((filled, CartRow.reminded_at)),
                updated_at=self._now,
            )
            .returning(CartRow.user_id, CartRow.reminded_at, filled.label("is_filled"))
        )
        if changed is not None:
            waits = changed.is_filled and changed.reminded_at is None
            await reminding.follow(self._tx, self._now, self._facts, changed.user_id, waits=waits)

    async def _let_vouchers_go(self, cart_id: int) -> None:
        """With the last thing that a seller has in it their voucher leaves a cart too."""
        v, i = CartVoucherRow, CartItemRow
        sold = exists().where(i.cart_id == v.cart_id, i.business_id == v.business_id)
        await self._tx.execute(delete(v).where(v.cart_id == cart_id, ~sold))

    async def _full(self, user_id: int) -> Cart:
        cart = await self.cart(user_id)
        if cart is None:
            raise EmptyCart
        return cart


def _refuse(offer: Row[Any], variant_id: int, quantity: int, held: int) -> None:
    """Raises what stands in the way of having `quantity` of an offer."""
    if quantity > offer.left:
        raise only_left(offer.left, offer.name, variant_id, held)
    if quantity > offer.max_per_line:
        raise TooMany(offer.max_per_line, held)


def cart_of(rows: list[Row[Any]]) -> Cart:
    """The cart out of its rows, of which there is at least one; sellers as they came into it."""
    sellers: dict[int, list[Row[Any]]] = {}
    for row in rows:
        sellers.setdefault(row.business_id, []).append(row)
    return Cart(rows[0].cart_id, rows[0].version, tuple(map(_part, sellers.values())))


def _part(rows: list[Row[Any]]) -> Part:
    lines = tuple(_line(row) for row in rows)
    return Part(rows[0].business_id, rows[0].voucher_id, lines)


def _line(row: Row[Any]) -> CartLine:
    return CartLine(
        variant_id=row.variant_id,
        product_id=row.product_id,
        business_id=row.business_id,
        name=row.name,
        title=row.title,
        sku=row.sku,
        quantity=row.quantity,
        price=Money(row.price, row.currency),
        price_shown=Money(row.price_shown, row.currency),
        left=row.left,
        is_gone=not row.is_sold,
        picture=row.picture,
        tax_basis_points=row.tax_basis_points,
    )
