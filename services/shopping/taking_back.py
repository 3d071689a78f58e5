"""Goods that come back, as their business takes them: decided, received, paid for or exchanged."""

from sqlalchemy import func, select, update

from services.ground.money import Money
from services.payments import Refund, Request, RequestStatus
from services.shopping import stock, waiting
from services.shopping.errors import CannotMoveReturn, NotYours, SoldOut, only_left
from services.shopping.facts import ExchangeSent, ReturnDecided
from services.shopping.journey import about
from services.shopping.moves import Move
from services.shopping.order import Order
from services.shopping.parcels import Tracking
from services.shopping.returned import Return, ReturnStatus
from services.shopping.returns import RETURNABLE, Returns
from services.shopping.tables import ReturnRow
from services.shopping.waiting import NOBODY

_r = ReturnRow


class TakingBack(Returns):
    """Verbs of a business's members (`by`). Each may be repeated: a return that is already there
    stays as it is. Each raises NotFound for a return of another business, NotYours for what the
    member bought, and CannotMoveReturn with what is possible."""

    async def accept_return(self, return_id: int, by: int) -> Return:
        """The goods may come; what they are exchanged for is promised. Raises OnlyLeft, SoldOut
        when that is gone meanwhile."""
        order, return_ = await self._lock_return(return_id, by)
        if return_.status is ReturnStatus.ACCEPTED:
            return return_
        if return_.is_exchange and ReturnStatus.ACCEPTED in return_.possible:
            await self._promise_exchange(return_)
        return await self._decide_on(order, return_, ReturnStatus.ACCEPTED, by)

    async def decline_return(self, return_id: int, by: int, why: str) -> Return:
        """They may not, for a reason that the buyer reads: not any more once another member has
        accepted them."""
        return await self._turn_away(return_id, by, ReturnStatus.ASKED, why)

    async def never_came(self, return_id: int, by: int) -> Return:
        """What was accepted is waited for no longer."""
        return await self._turn_away(return_id, by, ReturnStatus.ACCEPTED, "never_came")

    async def _turn_away(self, return_id: int, by: int, was: ReturnStatus, why: str) -> Return:
        order, return_ = await self._lock_return(return_id, by)
        if return_.status is ReturnStatus.DECLINED:
            return return_
        if return_.status is not was:
            raise CannotMoveReturn(return_)
        moved = await self._decide_on(order, return_, ReturnStatus.DECLINED, by, why)
        await self._let_go(return_)
        return moved

    async def receive_return(self, return_id: int, by: int, *, sell_again: bool) -> Return:
        """The goods are back, and lie on the shelf again if they can be sold. What goes back for
        them is reckoned here."""
        order, return_ = await self._lock_return(return_id, by)
        if return_.status is ReturnStatus.RECEIVED:
            return return_
        item = next(item for item in order.items if item.id == return_.item_id)
        count = return_.quantity
        amount = None if return_.is_exchange else item.part(count).amount
        moved = await self._move_return(
            order, return_, ReturnStatus.RECEIVED, by, amount=amount, received_at=self._now
        )
        if return_.is_exchange:
            await self._recount(return_, coming_back=-count, exchanged=count)
        else:
            await self._recount(return_, coming_back=-count, returned=count)
        if sell_again and item.variant_id is not None:
            came = {item.variant_id: count}
            await stock.lock(self._tx, came)
            await stock.take_back(self._tx, self._now, came)
            await waiting.tell(self._tx, self._now, self._facts, came)
        return moved

    async def refund_return(self, return_id: int, by: int) -> Refund | Request | None:
        """The money for what is back, as far as it is left; above the business's limit a Request
        that another member decides. None: nothing more goes back, or not while the payer's bank
        has it."""
        seen = await self._return(return_id)
        left = await self.returnable(seen.order_id, by)  # locks the payment, before the order
        order, return_ = await self._lock_return(return_id, by)
        if ReturnStatus.REFUNDED not in return_.possible or return_.amount is None:
            raise CannotMoveReturn(return_)
        if (open_ := await self._open_request(return_)) is not None:
            return open_
        amount = min(return_.amount, left)
        if not amount.amount:
            if not (return_.amount.amount and await self._is_contested(order)):
                await self._refunded(order, return_, by, amount)
            return None
        reason = f"return {return_.label}"
        done = await self.give_back(order.id, by, amount, reason, f"return-{return_.id}")
        if isinstance(done, Refund):
            await self._refunded(order, return_, by, amount)
        elif done.reason == reason:
            asked = update(_r).where(_r.id == return_id)
            await self._tx.execute(asked.values(request_id=done.id))
        return done

    async def decide_return(
        self, request_id: int, by: int, *, approve: bool, why: str | None = None
    ) -> Request:
        """As `Returning.decide_return`; the return that the money is for has ended with it."""
        decided = await super().decide_return(request_id, by, approve=approve, why=why)
        found = await self._tx.scalar(select(_r.id).where(_r.request_id == request_id))
        if found is not None and decided.status is RequestStatus.APPROVED:
            order = await self._lock_order((await self._return(found)).order_id)
            return_ = await self._return(found)
            if ReturnStatus.REFUNDED in return_.possible:
                await self._refunded(order, return_, by, decided.amount)
        return decided

    async def send_exchange(
        self, return_id: int, by: int, tracking: Tracking | None = None
    ) -> Return:
        """What they get for it has left, in a parcel of its own that costs nothing."""
        order, return_ = await self._lock_return(return_id, by)
        if return_.status is ReturnStatus.EXCHANGED:
            return return_
        moved = await self._move_return(
            order, return_, ReturnStatus.EXCHANGED, by, ended_at=self._now
        )
        track = tracking or Tracking()
        await self._pack(order, track, return_id)
        if return_.variant_id is not None:
            gone = {return_.variant_id: return_.quantity}
            await stock.lock(self._tx, gone)
            await stock.send(self._tx, self._now, gone)
        fact = ExchangeSent(**about(order), return_id=return_id, **track.values)
        await self._facts.announce(self._tx, fact)
        return moved

    async def _lock_return(self, return_id: int, by: int) -> tuple[Order, Return]:
        seen = await self._return(return_id)
        order = await self._lock_order_of(by, seen.order_id)
        if by == order.user_id:
            raise NotYours
        return order, await self._return(return_id)

    async def _decide_on(
        self, order: Order, return_: Return, to: ReturnStatus, by: int, why: str | None = None
    ) -> Return:
        ended = {"ended_at": self._now, "why": why} if to is ReturnStatus.DECLINED else {}
        moved = await self._move_return(
            order, return_, to, by, why, decided_by=by, decided_at=self._now, **ended
        )
        is_accepted = to is ReturnStatus.ACCEPTED
        fact = ReturnDecided(**about(order), return_id=return_.id, is_accepted=is_accepted)
        await self._facts.announce(self._tx, fact)
        return moved

    async def _promise_exchange(self, return_: Return) -> None:
        if return_.variant_id is None:
            raise SoldOut(return_.new_title or "")
        wanted = {return_.variant_id: return_.quantity}
        await stock.lock(self._tx, wanted)
        left = await stock.left(self._tx, self._now, NOBODY, wanted)
        there = left.get(return_.variant_id, 0)
        if there < return_.quantity:
            raise only_left(there, return_.new_title or "", return_.variant_id)
        await stock.allocate(self._tx, self._now, wanted)

    async def _open_request(self, return_: Return) -> Request | None:
        """Another member has been asked for its money, and has not answered."""
        if return_.request_id is None:
            return None
        request = await self._payments.refund_request(return_.request_id)
        return request if request.status is RequestStatus.ASKED else None

    async def _is_contested(self, order: Order) -> bool:
        if order.payment_id is None:
            return False
        return (await self._payments.payment(order.payment_id)).is_contested

    async def _refunded(self, order: Order, return_: Return, by: int, amount: Money) -> None:
        """A return of a locked order ends with its money; with the last one the order does."""
        order = await self._order(order.id)  # which may have gone on with the money
        await self._move_return(
            order, return_, ReturnStatus.REFUNDED, by, amount=amount.amount, ended_at=self._now
        )
        order = await self._order(order.id)
        unpaid = select(func.count()).where(
            _r.order_id == order.id, _r.status == ReturnStatus.RECEIVED
        )
        if order.came_all_back and order.status in RETURNABLE and not await self._tx.scalar(unpaid):
            await self._move(order, Move.RETURN, by)
