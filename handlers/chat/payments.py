"""Paying by link: waiting for it, true answers to *did it go through?*, fresh links, receipts."""

from collections.abc import Sequence
from typing import ClassVar, TypeGuard

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Go,
    Link,
    Media,
    Next,
    Notice,
    Reply,
    Said,
    Silence,
    Step,
    Template,
    Words,
)
from bot.language import _, button, money, ngettext, when
from handlers.chat import proofs
from handlers.chat.shopping import orders
from handlers.chat.shopping.offers import opened
from handlers.chat.shopping.order_words import standing
from handlers.chat.shopping.words import bills, numbers, what_follows, why_not
from handlers.chat.taps import number_of
from handlers.chat.wallet import words as wallet
from services import Services
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.ground.money import Money
from services.payments import DisputeStatus, Payment, RefundStatus, Status
from services.payments.books import TOP_UP
from services.payments.errors import NotAllowed
from services.payments.facts import (
    PaymentExpired,
    PaymentFact,
    PaymentFailed,
    PaymentHeld,
    PaymentReady,
    ReceiptReady,
)
from services.shopping import (
    CannotMove,
    OnlyLeft,
    Order,
    OrderStatus,
    PaymentStatus,
    SoldOut,
    VoucherRefused,
)
from services.shopping.facts import OrderExpired, OrderPaid

BUTTONS = 3  # on a bubble


class AwaitPayment(Step):
    """An order is held, and what is paid together with it; their money is awaited."""

    tag: ClassVar[str] = "payments.waiting"
    order_id: int

    async def ask(self, do: Services) -> Words:
        together = await do.shopping.purchase(do.me.id, self.order_id)
        [order] = [one for one in together if one.id == self.order_id]
        if order.status is OrderStatus.EXPIRED:
            return await lapsed(together, do)
        if order.status is not OrderStatus.PENDING:
            return standing(order)
        payment = await do.payments.for_service("order", order.purchase_id)
        paid = Choice(f"paid:{order.id}", button("I have paid"))
        label = button("Cancel the order") if len(together) == 1 else button("Cancel the orders")
        cancel = Choice(f"cancel:{order.id}", label)
        if payment is not None and payment.status is Status.HELD:
            return coming(payment)
        if _is_on_phone(payment):
            return Reply(_look_at_your_phone(payment), (paid, cancel))
        if payment is None or payment.url is None:
            return Reply(coming(payment), (cancel,))
        question = Reply(_("I'll tell you the moment the money arrives."), (paid, cancel))
        return (link(together, payment, do), question)

    async def answer(self, said: Said, do: Services) -> Next:
        return await _wanted(said.choice(), do)

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        match fact:
            case OrderPaid() if await self._is_about(fact.order_id, do):
                return Done(await receipt(fact.order_id, do))
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


def awaiting(order: Order) -> Step:
    """The question that an unpaid order waits at."""
    if order.is_by_transfer:
        return proofs.SendProof(order_id=order.id)
    return AwaitPayment(order_id=order.id)


async def _wanted(choice: str, do: Services) -> Next:
    match opened(choice):
        case (_what, order_id) if await orders.seen(order_id, do) is None:
            return Again(orders.unknown())
        case ("paid", order_id):
            return Again(await truth(order_id, do))
        case ("cancel", order_id):
            return orders.CancelOrder(order_id=order_id)
        case ("again", order_id):
            return await fresh_link(order_id, do)
    return orders.MyOrders()


def _is_on_phone(payment: Payment | None) -> TypeGuard[Payment]:
    """The person is being asked for the PIN."""
    return payment is not None and (payment.method, payment.status) == ("mpesa", Status.PENDING)


def _look_at_your_phone(payment: Payment) -> str:
    return _(
        "Look at your phone: M-Pesa asks you for *{amount}*. Enter your PIN there, never here. "
        "I'll tell you the moment the money arrives."
    ).format(amount=money(payment.amount))


def coming(payment: Payment | None) -> str:
    if payment is not None and payment.status is Status.HELD:
        return _(
            "Somebody on our team is looking at your payment. I'll write as soon as it is clear."
        )
    if payment is not None and payment.status is Status.PENDING:
        return _("Your bank is still working on the payment. I'll tell you as soon as it is done.")
    if payment is not None and payment.method == "mpesa":
        return _("M-Pesa is about to ask you on your phone, one moment.")
    return _("The payment link is on its way, one moment.")


def link(together: Sequence[Order], payment: Payment, do: Services) -> Reply:
    """The bubble one pays from."""
    until = payment.expires_at or do.now
    text = ngettext(
        "*{amount}* for order *{number}*. The link is open until {until}.",
        "*{amount}* for orders *{number}*. The link is open until {until}.",
        len(together),
    ).format(
        amount=money(payment.amount),
        number=numbers(together),
        until=when(until, do.me.time_zone, do.now),
    )
    url = payment.url or ""
    template = Template("payment_link", (_plain(together), money(payment.amount), url))
    return Reply(text, link=Link(button("Pay now"), url), template=template)


def _plain(together: Sequence[Order]) -> str:
    """Their numbers, for a template: "1042, 1043"."""
    return ", ".join(str(order.order_number) for order in together)


async def truth(order_id: int, do: Services) -> str:
    """Whether an order is paid, as far as anybody knows; the provider is asked at once."""
    order = await do.shopping.order(do.me.id, order_id)
    payment = await do.payments.for_service("order", order.purchase_id)
    if payment is None:
        return _("There is nothing to pay.")
    return await asked_now(payment, do)


async def asked_now(payment: Payment, do: Services) -> str:
    """Whether it came, as far as anybody knows; the provider is asked at once."""
    if payment.is_open:
        payment = await do.payments.ask_now(payment.id)
    if (other := _disputed(payment) or await _going_back(payment, do)) is not None:
        return other
    return _truth(payment)


async def _going_back(payment: Payment, do: Services) -> str | None:
    """What is on its way back, or should be."""
    back = [one for one in await do.payments.refunds(payment.id) if not one.is_done]
    if not back:
        return None
    if any(one.status is RefundStatus.FAILED for one in back):
        text = _("{amount} arrived. Giving {back} back did not work yet; our team is on it.")
    else:
        text = _("{amount} arrived, and {back} of it is on its way back to you.")
    sums = Money(sum(one.amount.amount for one in back), payment.amount.currency)
    return text.format(amount=money(payment.amount), back=money(sums))


def _truth(payment: Payment) -> str:
    amount = money(payment.amount)
    match payment.status:
        case Status.PAID:
            return _("Yes, {amount} arrived. Thank you!").format(amount=amount)
        case Status.PARTLY_REFUNDED | Status.REFUNDED:
            return _("{amount} arrived, and {back} of it has gone back to you.").format(
                amount=amount, back=money(payment.refunded)
            )
        case Status.HELD:
            return coming(payment)
        case _ if payment.is_open and payment.method == "cash":
            return _("You pay {amount} in cash when you receive it.").format(amount=amount)
        case Status.CREATED:  # the provider has not been asked yet
            return _("No money has arrived yet.")
        case Status.EXPIRED:
            return _("No, the link lapsed before any money came. Nothing was charged.")
        case Status.FAILED:
            return _("No, the payment did not work. Nothing was charged.")
        case Status.CANCELLED:
            return _("No, that payment was called off. Nothing was charged.")
    return _(
        "Not yet: it is still pending. I am asking the payment provider right now, "
        "and I'll tell you as soon as the money is here."
    )


def _disputed(payment: Payment) -> str | None:
    """What the person's own bank does with it, where they objected there."""
    amount = money(payment.amount)
    match payment.dispute:
        case DisputeStatus.OPEN:
            text = _("{amount} arrived, and your bank has taken it back while it looks into it.")
        case DisputeStatus.LOST:
            text = _("{amount} arrived, and your bank has given it back to you.")
        case _:
            return None
    return text.format(amount=amount)


async def fresh_link(order_id: int, do: Services) -> Next:
    """Pay after all: the order is taken up again where what it holds is still there."""
    try:
        together = await do.shopping.renew(do.me.id, order_id)
    except NotFound:
        return Again(orders.unknown())
    except (OnlyLeft, SoldOut) as short:
        return await _gone(short, order_id, do)
    except VoucherRefused as refused:
        text = _("{why} So this order cannot be paid as it was.")
        text = text.format(why=why_not(refused, do))
        return Done(f"{text} {_('Your cart still has what you chose.')}")
    except CannotMove:
        return orders.OrderOpen(order_id=order_id)
    first = together[0]
    if first.status is not OrderStatus.PENDING:
        return orders.OrderOpen(order_id=order_id)
    said = ngettext(
        "Order *{number}* is yours again until {until}.",
        "Orders *{number}* are yours again until {until}.",
        len(together),
    ).format(
        number=numbers(together),
        until=when(first.reserved_until or do.now, do.me.time_zone, do.now),
    )
    return Go(awaiting(first), said, for_good=True)


async def _gone(short: OnlyLeft, order_id: int, do: Services) -> Next:
    if short.left:
        said = ngettext(
            "Meanwhile only {count} of {name} is left, so this order cannot be paid as it was.",
            "Meanwhile only {count} of {name} are left, so this order cannot be paid as it was.",
            short.left,
        ).format(count=short.left, name=short.name)
    else:
        said = _("Meanwhile {name} is sold out, so this order cannot be paid any more.")
        said = said.format(name=short.name)
    if (await do.shopping.order(do.me.id, order_id)).is_by_transfer:
        return Done(said)  # it has left the cart
    return Done(f"{said} {_('Your cart still has what you chose.')}")


async def lapsed(together: Sequence[Order], do: Services) -> Reply:
    """What was not paid in time, with the way to pay it after all."""
    order = next((one for one in together if one.payment_id is not None), together[0])
    if order.is_by_transfer:
        return proofs.lapsed(order)
    if order.payment_method == "mpesa" and order.payment_status is PaymentStatus.FAILED:
        payment = await do.payments.for_service("order", order.purchase_id)
        text = _not_on_phone(payment.reason if payment else None)
        again = button("Ask me again")
    elif order.payment_status is PaymentStatus.FAILED:
        text = ngettext(
            "The payment for order *{number}* did not work. Nothing was charged, nothing is held. "
            "Would you like to try once more?",
            "The payment for orders *{number}* did not work. Nothing was charged, nothing is held. "
            "Would you like to try once more?",
            len(together),
        )
        again = button("Fresh link")
    else:
        text = ngettext(
            "The time to pay order *{number}* is over. Nothing was charged, nothing is held. "
            "Would you like a fresh link?",
            "The time to pay orders *{number}* is over. Nothing was charged, nothing is held. "
            "Would you like a fresh link?",
            len(together),
        )
        again = button("Fresh link")
    choices = (
        Choice.act("pay-again", order.id, again),
        Choice.act("order", order.id, button("Show the order")),
    )
    template = Template("order_lapsed", (_plain(together),))
    return Reply(text.format(number=numbers(together)), choices, template=template)


def _not_on_phone(why: str | None) -> str:
    """Why M-Pesa did not move the money of order {number}."""
    said = {
        "insufficient": _("There is not enough in that M-Pesa account for order *{number}*."),
        "cancelled": _("You cancelled the M-Pesa request for order *{number}*."),
        "wrong PIN": _("That was not the M-Pesa PIN, so order *{number}* is not paid."),
        "no answer": _("M-Pesa waited for the PIN for order *{number}*, and none came."),
    }.get(why or "", _("The M-Pesa payment for order *{number}* did not work."))
    return f"{said} {_('Nothing was charged, nothing is held. Shall M-Pesa ask you again?')}"


async def receipt(order_id: int, do: Services) -> Reply:
    """What a paid order is told with, and those paid together with it."""
    together = await do.shopping.purchase(do.me.id, order_id)
    paid = [one for one in together if one.payment_status is PaymentStatus.PAID] or together
    said = ngettext(
        "Paid, thank you! 🎉 Order *{number}*", "Paid, thank you! 🎉 Orders *{number}*", len(paid)
    ).format(number=numbers(paid))
    text = f"{said}\n\n{await bills(paid, do)}\n\n{what_follows(paid)}"
    total = Money(sum(one.total.amount for one in paid), paid[0].total.currency)
    template = Template("order_paid", (_plain(paid), money(total)))
    return Reply(text, _receipts([one for one in paid if one.payment_id]), template=template)


def _receipts(paid: Sequence[Order]) -> tuple[Choice, ...]:
    """One of each order, as many as there is room for."""
    if len(paid) == 1:
        return (Choice.act("receipt", paid[0].id, button("Receipt")),)
    label = button("Receipt {number}")
    return tuple(
        Choice.act("receipt", one.id, label.format(number=one.order_number))
        for one in paid[:BUTTONS]
    )


async def ask_receipt(argument: str, do: Services) -> Next:
    """The button *Receipt* of an order: the buyer's, or for the business's books."""
    order = await orders.seen(number_of(argument), do)
    if order is None:
        return Again(orders.unknown())
    if order.payment_id is None:
        return Again(_("There is nothing to pay."), quietly=True)
    try:
        me = do.me
        await do.payments.ask_receipt(
            order.payment_id, me.id, me.language, me.time_zone, order.business_id
        )
    except NotAllowed:
        return Again(_("There is a receipt as soon as the money has arrived."), quietly=True)
    return Again(_("Your receipt is on its way, one moment."), quietly=True)


async def receipt_ready(fact: ReceiptReady, do: Services) -> Words:
    name = _("Receipt {number}").format(number=fact.number)
    return Reply("", document=Media(f"/files/{fact.file_key}", f"{name}.pdf"))


async def did_it_go_through(do: Services) -> Next:
    """*I paid*, *did it go through?* said anywhere: about the newest payment."""
    newest = await do.payments.history(do.me.id, limit=1)
    if not newest:
        return Again(_("I have not asked you for any money yet."))
    payment = newest[0]
    if payment.method == "manual" and payment.status is not Status.PAID:
        return await proofs.whether_it_came(payment, do)
    if payment.service_type != "order":
        return Again(await asked_now(payment, do))
    return Again(await truth(payment.service_id, do))


# -- facts nobody waited for ------------------------------------------------------------


async def ready(fact: PaymentReady, do: Services) -> Words:
    payment = await do.payments.payment(fact.payment_id)
    if _is_on_phone(payment):
        return _look_at_your_phone(payment)
    if payment.url is None:
        return ""
    if fact.service_type == TOP_UP:
        return wallet.link(payment, do)
    return link(await paid_for(fact, do), payment, do)


async def ended(fact: PaymentFailed | PaymentExpired, do: Services) -> Words:
    """The order says it itself: OrderExpired comes with it."""
    if fact.service_type == TOP_UP:
        return wallet.lapsed(await do.payments.payment(fact.payment_id))
    return ""


async def held(fact: PaymentHeld, do: Services) -> Words:
    return coming(await do.payments.payment(fact.payment_id))


async def paid_for(fact: PaymentFact, do: Services, business_id: int | None = None) -> list[Order]:
    """The orders that a payment is for, or of them that of one seller."""
    together = await do.shopping.purchase(fact.user_id, fact.service_id)
    return [one for one in together if business_id in (None, one.business_id)] or together


async def pay_again(argument: str, do: Services) -> Next:
    """The button of a lapsed order, from however long ago."""
    number = number_of(argument)
    return await fresh_link(number, do) if number else Silence("strange tap")


NOTICES: dict[type[Fact], Notice] = {
    PaymentReady: ready,
    PaymentFailed: ended,
    PaymentExpired: ended,
    PaymentHeld: held,
    ReceiptReady: receipt_ready,
}
ACTIONS: dict[str, Action] = {"pay-again": pay_again, "receipt": ask_receipt}
STEPS: list[type[Step]] = [AwaitPayment]
