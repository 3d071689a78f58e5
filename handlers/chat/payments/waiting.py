"""The step at which an order waits for its money."""

from typing import ClassVar

from bot.dialog import Again, Choice, Done, Next, Reply, Said, Step, Words
from bot.language import _, button
from handlers.chat.payments import answers, proofs, receipts, renewing
from handlers.chat.payments.words import coming, is_on_phone, link, look_at_your_phone
from handlers.chat.shopping import orders
from handlers.chat.shopping.offers import opened
from handlers.chat.shopping.order_words import standing
from services import Services
from services.ground.facts import Fact
from services.payments import Status
from services.payments.facts import PaymentHeld, PaymentReady
from services.shopping import Order, OrderStatus
from services.shopping.facts import OrderExpired, OrderPaid


class AwaitPayment(Step):
    """An order is held, and what is paid together with it; their money is awaited."""

    tag: ClassVar[str] = "payments.waiting"
    order_id: int

    async def ask(self, do: Services) -> Words:
        together = await do.shopping.purchase(do.me.id, self.order_id)
        [order] = [one for one in together if one.id == self.order_id]
        if order.status is OrderStatus.EXPIRED:
            return await renewing.lapsed(together, do)
        if order.status is not OrderStatus.PENDING:
            return standing(order)
        payment = await do.payments.for_service("order", order.purchase_id)
        paid = Choice(f"paid:{order.id}", button("I have paid"))
        label = button("Cancel the order") if len(together) == 1 else button("Cancel the orders")
        cancel = Choice(f"cancel:{order.id}", label)
        if payment is not None and payment.status is Status.HELD:
            return coming(payment)
        if is_on_phone(payment):
            return Reply(look_at_your_phone(payment), (paid, cancel))
        if payment is None or payment.url is None:
            return Reply(coming(payment), (cancel,))
        question = Reply(_("I'll tell you the moment the money arrives."), (paid, cancel))
        return (link(together, payment, do), question)

    async def answer(self, said: Said, do: Services) -> Next:
        return await _wanted(said.choice(), do)

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        match fact:
            case OrderPaid() if await self._is_about(fact.order_id, do):
                return Done(await receipts.receipt(fact.order_id, do))
            case OrderExpired() if await self._is_about(fact.order_id, do):
                return Again()
            case PaymentReady() | PaymentHeld() if fact.service_type == "order":
                return Again() if await self._is_about(fact.service_id, do) else None
        return None

    async def _is_about(self, order_id: int, do: Services) -> bool:
        """Whether it is this order, or one that is paid together with it."""
        together = await do.shopping.purchase(do.me.id, self.order_id)
        return order_id in [order.id for order in together]

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _wanted(choice, do)


async def _wanted(choice: str, do: Services) -> Next:
    match opened(choice):
        case (_what, order_id) if await orders.seen(order_id, do) is None:
            return Again(orders.unknown())
        case ("paid", order_id):
            return Again(await answers.truth(order_id, do))
        case ("cancel", order_id):
            return orders.CancelOrder(order_id=order_id)
        case ("again", order_id):
            return await renewing.fresh_link(order_id, do)
    return orders.MyOrders()


def awaiting(order: Order) -> Step:
    """The question that an unpaid order waits at."""
    if order.is_by_transfer:
        return proofs.SendProof(order_id=order.id)
    return AwaitPayment(order_id=order.id)


STEPS: list[type[Step]] = [AwaitPayment]
