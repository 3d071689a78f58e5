"""Giving money back for an order that stands: a member alone up to a limit, above it by two."""

from services.businesses import may
from services.ground.errors import NotFound
from services.ground.money import Money
from services.payments import Refund, Request
from services.payments.facts import RefundRequest
from services.shopping.dispatch import Dispatch
from services.shopping.order import Order
from services.shopping.settling import Settling


class Returning(Dispatch, Settling):
    """Verbs of a business's members. Each raises NotFound for an order of another business,
    and NotPermitted where the member's role gives no money back."""

    async def returnable(self, order_id: int, by: int) -> Money:
        """What of an order's money could go back now."""
        order = await self._order_of(by, order_id)
        if order.payment_id is None:
            return Money(0, order.total.currency)
        return await self._payments.refundable(order.payment_id, order.business_id)

    async def give_back(
        self, order_id: int, by: int, amount: Money, reason: str, key: str
    ) -> Refund | Request:
        """Give back a part of it, or all; the same `key` is the same refund.

        Above the business's limit, counted with what went back before, it is a Request that
        another member decides. Raises services.payments' TooMuch, NotAllowed.
        """
        order = await self._order_of(by, order_id)
        if order.payment_id is None:
            raise NotFound("payment")
        left = await self._payments.refundable(order.payment_id, order.business_id)
        limit = (await self._businesses.get(order.business_id)).refund_limit
        if order.total.amount - left.amount + amount.amount <= limit.amount:
            refund = await self._payments.refund(
                order.payment_id, reason, key, amount, seller=order.business_id
            )
            await self._all_back(order)
            return refund
        request = await self._payments.ask_refund(
            order.payment_id, by, amount, reason, order.business_id
        )
        for member in await self._others(order, request.asked_by):
            fact = RefundRequest(user_id=member, request_id=request.id)
            await self._facts.announce(self._tx, fact)
        return request

    async def decide_return(
        self, request_id: int, by: int, *, approve: bool, why: str | None = None
    ) -> Request:
        """The word of a second member. Raises services.payments' SamePerson, AlreadyDecided."""
        order = await self.order_of_request(request_id, by)
        request = await self._payments.decide_refund(request_id, by, approve=approve, why=why)
        await self._all_back(order)
        return request

    async def order_of_request(self, request_id: int, by: int) -> Order:
        """The order that a request is about."""
        request = await self._payments.refund_request(request_id)
        payment = await self._payments.payment(request.payment_id)
        for order in await self.purchase(by, payment.service_id):
            if request.business_id in (None, order.business_id):
                return await self._order_of(by, order.id)
        raise NotFound("order")

    async def others(self, order_id: int, by: int) -> list[int]:
        """The members who could approve what `by` asks."""
        return await self._others(await self._order_of(by, order_id), by)

    async def _others(self, order: Order, by: int) -> list[int]:
        members = await self._businesses.members(order.business_id)
        able = [member.user_id for member in members if may(member.role, "refunds")]
        return [user_id for user_id in able if user_id != by]

    async def _order_of(self, by: int, order_id: int) -> Order:
        order = await self._order(order_id)
        try:
            await self._businesses.require_member(by, order.business_id, "refunds")
        except NotFound:
            raise NotFound("order") from None
        return order

    async def _all_back(self, order: Order) -> None:
        """Cash and what goes into a wallet is back at once: nobody else will say so."""
        if order.payment_id is not None:
            await self.went_back(order.id, order.payment_id)
