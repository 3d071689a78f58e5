"""Reading orders: by whom they belong to, so that somebody else's is not found."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Row, Select, bindparam, func, or_, select

from services.ground.errors import NotFound
from services.ground.money import Money
from services.shopping.cards import CARD_LIMIT, CARD_OFFSET
from services.shopping.desk import Desk
from services.shopping.goods import Page, page_of
from services.shopping.moves import ALLOCATED, Move, OrderStatus, PaymentStatus
from services.shopping.order import Address, Order, OrderEvent, OrderItem, OrderSummary
from services.shopping.tables import OrderEventRow, OrderItemRow, OrderRow, VoucherRow

_o = OrderRow
_i = OrderItemRow
_WHO = bindparam("who", type_=BigInteger)
_WHICH = bindparam("which", type_=BigInteger)

_KEPT = (
    _o.id, _o.order_number, _o.user_id, _o.business_id, _o.fulfilment_status, _o.payment_method,
    _o.payment_id, _o.tax_included, _o.delivery, _o.delivery_zone, _o.customer_notes, _o.carrier,
    _o.tracking_number, _o.tracking_url, _o.reserved_until, _o.created_at, _o.paid_at,
    _o.accepted_at, _o.shipped_at, _o.delivered_at, _o.cancelled_at, _o.voucher_id, _o.paid_with,
)  # fmt: skip
_AMOUNTS = (_o.subtotal, _o.discount, _o.shipping, _o.tax, _o.total, _o.called_off)
_PIECES = (_i.shipped, _i.delivered, _i.coming_back, _i.returned, _i.exchanged)


_code = select(VoucherRow.code).where(VoucherRow.id == _o.voucher_id).scalar_subquery()


def _orders(where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Orders with their items, one row an item."""
    return (
        select(
            *_KEPT, *_AMOUNTS, _o.status, _o.payment_status, _o.currency, _o.shipping_address,
            _i.id.label("item_id"), _i.product_id, _i.variant_id, _i.name, _i.title, _i.sku,
            _i.price, _i.quantity, _i.tax.label("item_tax"), _i.total.label("item_total"),
            _i.discount.label("item_discount"), _code.label("voucher"), *_PIECES,
            _i.called_off.label("item_called_off"),
        )
        .join(_i, _i.order_id == _o.id)
        .where(where)
        .order_by(_o.id, _i.id)
    )  # fmt: skip


_BY_ID = _orders(_o.id == _WHICH)
_BY_NUMBER = _orders(_o.order_number == _WHICH)
TOGETHER = _orders(or_(_o.id == _WHICH, _o.paid_with == _WHICH))

_count = select(func.sum(_i.quantity)).where(_i.order_id == _o.id).correlate(_o).scalar_subquery()
_first = (
    select(_i.name).where(_i.order_id == _o.id).order_by(_i.id).limit(1).correlate(_o)
).scalar_subquery()


def _summaries(where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            _o.id, _o.order_number, _o.status, _o.payment_method, _o.payment_status, _o.delivery,
            _o.total, _o.currency, _first.label("first"), _count.cast(Integer).label("pieces"),
            _o.created_at,
        )
        .where(where)
        .order_by(_o.id.desc())
        .offset(CARD_OFFSET)
        .limit(CARD_LIMIT)
    )  # fmt: skip


# What was never paid for is no order to whom it belongs: the cart still has it, unless it is paid
# by transfer; then a photo may wait.
_BY_TRANSFER = _o.payment_method == "manual"
_HIS = _summaries((_o.user_id == _WHO) & (_o.status.not_in(["expired"]) | _BY_TRANSFER))
_ITS = _summaries(
    (_o.business_id == _WHO) & (_o.status.not_in(["pending", "expired"]) | _BY_TRANSFER)
)
_OPEN = _summaries((_o.business_id == _WHO) & _o.status.in_(sorted(ALLOCATED)))


class Orders(Desk):
    """Orders of a person, and of a business to its members."""

    async def order(self, user_id: int, order_id: int) -> Order:
        """An order the person may see: their own, or one of a business they belong to.

        Raises NotFound.
        """
        return await self._seen(user_id, await self._read(_BY_ID, order_id))

    async def order_by_number(self, user_id: int, order_number: int) -> Order:
        """The same by the number people use. Raises NotFound."""
        return await self._seen(user_id, await self._read(_BY_NUMBER, order_number))

    async def purchase(self, user_id: int, order_id: int) -> list[Order]:
        """The orders that are paid together with one, it too, by id: those that the person may
        see. Raises NotFound where there are none."""
        together = await self._all(TOGETHER, (await self._order(order_id)).purchase_id)
        seen = [one for one in together if await self._may_see(user_id, one)]
        if not seen:
            raise NotFound("order")
        return seen

    async def orders(self, user_id: int, offset: int = 0, limit: int = 9) -> Page[OrderSummary]:
        """A person's orders, newest first."""
        return await self._list(_HIS, user_id, offset, limit)

    async def orders_of_business(
        self,
        member_id: int,
        business_id: int,
        offset: int = 0,
        limit: int = 9,
        to_do: bool = False,
    ) -> Page[OrderSummary]:
        """A business's orders, newest first; `to_do`: only those not yet sent. Raises NotFound."""
        await self._businesses.require_member(member_id, business_id)
        return await self._list(_OPEN if to_do else _ITS, business_id, offset, limit)

    async def order_events(self, user_id: int, order_id: int) -> list[OrderEvent]:
        """What became of an order, oldest first. Raises NotFound."""
        await self.order(user_id, order_id)
        e = OrderEventRow
        rows = await self._tx.rows(
            select(
                e.move, e.from_status, e.to_status, e.who, e.user_id, e.reason, e.return_id,
                e.created_at,
            ).where(e.order_id == order_id).order_by(e.id)
        )  # fmt: skip
        return [_event(row) for row in rows]

    async def _seen(self, user_id: int, order: Order | None) -> Order:
        if order is None:
            raise NotFound("order")
        if not await self._may_see(user_id, order):
            raise NotFound("order")
        return order

    async def _may_see(self, user_id: int, order: Order) -> bool:
        if order.user_id == user_id:
            return True
        return await self._businesses.member(user_id, order.business_id) is not None

    async def _order(self, order_id: int) -> Order:
        """The order, whoever asks. Raises NotFound."""
        order = await self._read(_BY_ID, order_id)
        if order is None:
            raise NotFound("order")
        return order

    async def _read(self, statement: Select[*tuple[Any, ...]], which: int) -> Order | None:
        rows = (await self._tx.execute(statement, {"which": which})).all()
        return order_of(rows) if rows else None

    async def _all(self, statement: Select[*tuple[Any, ...]], which: int) -> list[Order]:
        """The orders of it, by id."""
        rows = (await self._tx.execute(statement, {"which": which})).all()
        return [order_of(list(items)) for _, items in groupby(rows, key=lambda row: row.id)]

    async def _list(
        self, statement: Select[*tuple[Any, ...]], who: int, offset: int, limit: int
    ) -> Page[OrderSummary]:
        asked = {"who": who, "offset": offset, "limit": limit + 1}
        rows = (await self._tx.execute(statement, asked)).all()
        return page_of([_summary(row) for row in rows], offset, limit)


def order_of(rows: Sequence[Row[Any]]) -> Order:
    """An order out of its rows, one an item."""
    row = rows[0]
    where = row.shipping_address
    fields: dict[str, Any] = {column.key: row._mapping[column.key] for column in _KEPT}
    for column in _AMOUNTS:
        fields[column.key] = Money(row._mapping[column.key], row.currency)
    return Order(
        status=OrderStatus(row.status),
        payment_status=PaymentStatus(row.payment_status),
        items=tuple(_item(one) for one in rows),
        address=None if where is None else Address(id=None, **where),
        voucher=row.voucher,
        **fields,
    )


def _item(row: Row[Any]) -> OrderItem:
    return OrderItem(
        id=row.item_id,
        product_id=row.product_id,
        variant_id=row.variant_id,
        name=row.name,
        title=row.title,
        sku=row.sku,
        price=Money(row.price, row.currency),
        quantity=row.quantity,
        tax=Money(row.item_tax, row.currency),
        discount=Money(row.item_discount, row.currency),
        total=Money(row.item_total, row.currency),
        paid=Money(row.item_total + (0 if row.tax_included else row.item_tax), row.currency),
        called_off=row.item_called_off,
        **{column.key: row._mapping[column.key] for column in _PIECES},
    )


def _summary(row: Row[Any]) -> OrderSummary:
    return OrderSummary(
        id=row.id,
        order_number=row.order_number,
        status=OrderStatus(row.status),
        payment_method=row.payment_method,
        payment_status=PaymentStatus(row.payment_status),
        delivery=row.delivery,
        total=Money(row.total, row.currency),
        first=row.first,
        count=row.pieces,
        created_at=row.created_at,
    )


def _event(row: Row[Any]) -> OrderEvent:
    return OrderEvent(
        move=Move(row.move),
        from_status=None if row.from_status is None else OrderStatus(row.from_status),
        to_status=OrderStatus(row.to_status),
        who=row.who,
        user_id=row.user_id,
        reason=row.reason,
        return_id=row.return_id,
        created_at=row.created_at,
    )
