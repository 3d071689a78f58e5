"""Goods that come back, as their buyer asks for it: what may, for what, and changing one's mind.

The counters of a line say how much of it is asked back, or is back; they move under the order's
lock, and the database bounds them by what was delivered.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update

from services.ground.errors import NotFound
from services.ground.money import Money
from services.shopping import stock, waiting
from services.shopping.delivery import Deliveries
from services.shopping.errors import CannotMoveReturn, NotReturnable, only_left
from services.shopping.facts import ReturnAsked, ReturnCancelled
from services.shopping.goods import Variant
from services.shopping.leaving_out import LeavingOut
from services.shopping.moves import Move, OrderStatus
from services.shopping.order import Order, OrderItem
from services.shopping.product import PRODUCT, product_of
from services.shopping.returned import BEFORE, NewReturn, Return, ReturnStatus, WhyNot
from services.shopping.tables import OrderItemRow, OrderRow, ReturnRow
from services.shopping.waiting import NOBODY

RETURNABLE = frozenset({OrderStatus.DELIVERED, OrderStatus.COMPLETED})

_r = ReturnRow
_i = OrderItemRow
_o = OrderRow


def _returns() -> Select[*tuple[Any, ...]]:
    return (
        select(
            _r.id, _r.order_id, _o.order_number, _r.number, _o.business_id, _r.user_id,
            _r.order_item_id.label("item_id"), _i.name, _i.title, _r.quantity, _r.variant_id,
            _r.title.label("new_title"), _r.reason, _r.photo, _r.status, _r.why, _r.decided_by,
            _r.amount, _o.currency, _r.request_id, _r.asked_at,
        )
        .join(_o, _o.id == _r.order_id)
        .join(_i, _i.id == _r.order_item_id)
        .order_by(_r.id)
    )  # fmt: skip


class Returns(LeavingOut, Deliveries):
    """What is not the person's is NotFound."""

    async def returns_until(self, order: Order) -> datetime | None:
        """Until when something of it may be asked back; None when nothing may."""
        is_open = order.status in RETURNABLE and any(item.may_return for item in order.items)
        if not is_open or order.delivered_at is None:
            return None
        shop = await self.shop(order.business_id)
        return order.delivered_at + timedelta(days=shop.return_days)

    async def may_return(self, user_id: int, order_id: int) -> list[OrderItem]:
        """The lines a buyer may give back some of. Raises NotReturnable."""
        order = await self._own(user_id, order_id)
        await self._require_returnable(order, await self._money_left(order))
        return [item for item in order.items if item.may_return]

    async def exchanges(self, user_id: int, item_id: int, count: int) -> list[Variant]:
        """For what so many of a line could be exchanged: other variants of the same product, at
        the price this one has now, of which enough is there."""
        order = await self._own(user_id, await self._order_of_item(item_id))
        others = await self._others_like(_item(order, item_id))
        return [variant for variant in others if variant.left >= count]

    async def ask_return(self, user_id: int, item_id: int, new: NewReturn) -> Return:
        """Ask the business to take goods back. While a question about the line is open, it is
        that one. Raises NotReturnable, OnlyLeft and SoldOut (of what it is exchanged for).
        """
        order = await self._own(user_id, await self._order_of_item(item_id))
        left = await self._money_left(order)  # locks the payment, before the order
        order = await self._lock_order(order.id)
        asked = _returns().where(_r.order_item_id == item_id, _r.status == ReturnStatus.ASKED)
        if (row := await self._tx.row(asked)) is not None:
            return _return(row)
        await self._require_returnable(order, left)
        item = _item(order, item_id)
        if not 1 <= new.quantity <= item.may_return:
            raise NotReturnable(WhyNot.ALREADY)
        if new.variant_id is None and not item.part(new.quantity).amount:
            raise NotReturnable(WhyNot.NO_MONEY)
        return_ = await self._insert(order, item, new, await self._new_title(item, new))
        for member in await self._deciders(order):
            fact = ReturnAsked(user_id=member, business_id=order.business_id, return_id=return_.id)
            await self._facts.announce(self._tx, fact)
        return return_

    async def cancel_return(self, return_id: int, user_id: int) -> Return:
        """The buyer keeps it after all. Repeated it changes nothing. Raises CannotMoveReturn."""
        order = await self._lock_order((await self._return(return_id)).order_id)
        return_ = await self._return(return_id)
        if return_.user_id != user_id:
            raise NotFound("return")
        if return_.status is ReturnStatus.CANCELLED:
            return return_
        moved = await self._move_return(
            order, return_, ReturnStatus.CANCELLED, user_id, ended_at=self._now
        )
        await self._let_go(return_)
        for member in await self._deciders(order):
            fact = ReturnCancelled(
                user_id=member, business_id=order.business_id, return_id=return_id
            )
            await self._facts.announce(self._tx, fact)
        return moved

    async def goods_return(self, user_id: int, return_id: int) -> Return:
        """For its buyer, or a member of the business. Raises NotFound."""
        return_ = await self._return(return_id)
        await self.order(user_id, return_.order_id)
        return return_

    async def returns_of(self, user_id: int, order_id: int) -> list[Return]:
        """The returns of an order, oldest first. Raises NotFound."""
        await self.order(user_id, order_id)
        rows = await self._tx.rows(_returns().where(_r.order_id == order_id))
        return [_return(row) for row in rows]

    async def return_photos(self) -> list[str]:
        """The files of returns that have not ended, to be kept as long."""
        shown = select(_r.photo).where(_r.photo.is_not(None), _r.ended_at.is_(None))
        return list(await self._tx.scalars(shown))

    # -- what may come back --------------------------------------------------------------

    async def _require_returnable(self, order: Order, left: Money) -> None:
        if order.status is OrderStatus.RETURNED:
            raise NotReturnable(WhyNot.ALREADY)
        if order.status is OrderStatus.REFUNDED:
            raise NotReturnable(WhyNot.NO_MONEY)
        if order.status not in RETURNABLE:
            raise NotReturnable(WhyNot.NOT_DELIVERED)
        until = await self.returns_until(order)
        if until is None:
            raise NotReturnable(WhyNot.ALREADY)
        if until < self._now:
            raise NotReturnable(WhyNot.TOO_LATE)
        if order.payment_id is not None and not left.amount:
            raise NotReturnable(WhyNot.NO_MONEY)

    async def _money_left(self, order: Order) -> Money:
        if order.payment_id is None:
            return Money(0, order.total.currency)
        return await self._payments.refundable(order.payment_id, order.business_id)

    async def _others_like(self, item: OrderItem) -> list[Variant]:
        asked = {"product": item.product_id, "now": self._now, "me": NOBODY}
        rows = [] if item.product_id is None else await self._tx.read(PRODUCT, asked)
        variants = product_of(rows[0]).variants if rows else ()
        price = next((one.price for one in variants if one.id == item.variant_id), item.price)
        return [one for one in variants if one.id != item.variant_id and one.price == price]

    async def _new_title(self, item: OrderItem, new: NewReturn) -> str | None:
        if new.variant_id is None:
            return None
        for variant in await self._others_like(item):
            if variant.id == new.variant_id:
                if variant.left < new.quantity:
                    raise only_left(variant.left, variant.title, variant.id)
                return variant.title
        raise NotReturnable(WhyNot.NOT_LIKE_IT)

    async def _let_go(self, return_: Return) -> None:
        """It does not come back after all: what it was to be exchanged for is free."""
        await self._recount(return_, coming_back=-return_.quantity)
        if return_.status is ReturnStatus.ACCEPTED and return_.variant_id is not None:
            free = {return_.variant_id: return_.quantity}
            await stock.lock(self._tx, free)
            await stock.deallocate(self._tx, self._now, free)
            await waiting.tell(self._tx, self._now, self._facts, free)

    # -- rows ----------------------------------------------------------------------------

    async def _own(self, user_id: int, order_id: int) -> Order:
        order = await self._order(order_id)
        if order.user_id != user_id:
            raise NotFound("order")
        return order

    async def _order_of_item(self, item_id: int) -> int:
        return int(await self._tx.scalar(select(_i.order_id).where(_i.id == item_id)) or 0)

    async def _insert(
        self, order: Order, item: OrderItem, new: NewReturn, title: str | None
    ) -> Return:
        so_far = select(func.count()).where(_r.order_id == order.id).scalar_subquery()
        asked = insert(_r).values(
            order_id=order.id,
            number=so_far + 1,
            order_item_id=item.id,
            user_id=order.user_id,
            quantity=new.quantity,
            variant_id=new.variant_id,
            title=title,
            reason=new.reason,
            photo=new.photo,
            asked_at=self._now,
        )
        return_ = await self._return(await self._tx.scalar(asked.returning(_r.id)))
        await self._recount(return_, coming_back=new.quantity)
        await self._note(
            order, Move.RETURN_ASKED, order.status, order.user_id, new.reason,
            return_id=return_.id,
        )  # fmt: skip
        return return_

    async def _return(self, return_id: int) -> Return:
        row = await self._tx.row(_returns().where(_r.id == return_id))
        if row is None:
            raise NotFound("return")
        return _return(row)

    async def _move_return(
        self,
        order: Order,
        return_: Return,
        to: ReturnStatus,
        by: int,
        reason: str | None = None,
        **values: Any,
    ) -> Return:
        """Move a return of a locked order, and write down who and why. Raises CannotMoveReturn."""
        if to not in return_.possible:
            raise CannotMoveReturn(return_)
        moved = update(_r).where(_r.id == return_.id, _r.status.in_(BEFORE[to]))
        await self._tx.execute(moved.values(status=to, **values))
        move = Move(f"return_{to}")
        await self._note(order, move, order.status, by, reason, return_id=return_.id)
        return await self._return(return_.id)

    async def _recount(self, return_: Return, **by: int) -> None:
        """So many more, or fewer, in these counters of the line."""
        line = update(_i).where(_i.id == return_.item_id)
        counted = {name: getattr(_i, name) + count for name, count in by.items()}
        await self._tx.execute(line.values(counted))


def _item(order: Order, item_id: int) -> OrderItem:
    return next(item for item in order.items if item.id == item_id)


def _return(row: Row[Any]) -> Return:
    fields = row._asdict()
    currency, amount = fields.pop("currency"), fields.pop("amount")
    status = ReturnStatus(fields.pop("status"))
    money = None if amount is None else Money(amount, currency)
    return Return(**fields, status=status, amount=money)
