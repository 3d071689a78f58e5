"""Paying by transfer: where to, and the photo that shows it."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Go,
    Next,
    Notice,
    NotUnderstood,
    Reply,
    Said,
    Step,
    Template,
    Words,
)
from bot.language import _, button, money, when
from handlers.chat.files import FileComing
from handlers.chat.payments import receipts
from handlers.chat.shopping import orders
from handlers.chat.shopping.order_words import news, standing
from handlers.chat.taps import number_of
from services import Services
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.payments import Payment, ProofStatus
from services.payments.errors import NotAllowed
from services.payments.facts import ProofDecided
from services.shopping import Order, OrderStatus
from services.shopping.facts import OrderExpired, OrderPaid

NEWEST = 5  # payments among which a photo that nobody asked for finds its own
AWAITED = (OrderStatus.PENDING, OrderStatus.EXPIRED)


class SendProof(Step):
    """An order is held, or was; its transfer is awaited, or looked at."""

    tag: ClassVar[str] = "payments.proof"
    takes: ClassVar[frozenset[str]] = frozenset({"image", "document"})
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await do.shopping.order(do.me.id, self.order_id)
        if order.status not in AWAITED:
            return standing(order)
        if await do.shopping.waiting_proof(order) is not None:
            return _newer(order)
        return _late(order) if order.status is OrderStatus.EXPIRED else await _where_to(order, do)

    async def answer(self, said: Said, do: Services) -> Next:
        if file := next((file.file_id for file in said.files if file.file_id), None):
            return ProofComing(order_id=self.order_id, expected=file)
        if said.tapped is not None:
            return orders.CancelOrder(order_id=self.order_id)
        raise NotUnderstood(_("A photo or a PDF of the receipt is what I need."))

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        match fact:
            case OrderPaid(order_id=self.order_id):
                return Done(await receipts.receipt(self.order_id, do))
            case OrderExpired(order_id=self.order_id):
                order = await do.shopping.order(do.me.id, self.order_id)
                return Again(lapsed(order), quietly=True)
        return None

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        order = await orders.seen(number_of(choice.partition(":")[2]), do)
        return Again(orders.unknown()) if order is None else orders.CancelOrder(order_id=order.id)


async def _where_to(order: Order, do: Services) -> Reply:
    shop = await do.shopping.shop(order.business_id)
    text = _(
        "Please transfer *{amount}* by {until} to:\n{where}\nReference: *{number}*\n\n"
        "Then send me a photo of the receipt, here."
    ).format(
        amount=money(order.total),
        number=order.order_number,
        until=when(order.reserved_until or do.now, do.me.time_zone, do.now),
        where=shop.transfer_to or _("(ask the shop: type *agent*)"),
    )
    return Reply(text, (Choice(f"cancel:{order.id}", button("Cancel the order")),))


def _looked_at(order: Order) -> Reply:
    text = _(
        "The shop has your photo for order *{number}*. I'll write as soon as they have looked."
    ).format(number=order.order_number)
    another = Choice.act("prove", order.id, button("Send another photo"))
    return Reply(text, (another, _show(order)))


def _newer(order: Order) -> Reply:
    text = _(
        "The shop is looking at your photo for order *{number}*. If you have a better one, send it "
        "here."
    ).format(number=order.order_number)
    return Reply(text, (_show(order),))


def _late(order: Order) -> Reply:
    text = _(
        "Send me the photo of the receipt for order *{number}*, here. If what you ordered is gone "
        "meanwhile, the shop gives your money back."
    ).format(number=order.order_number)
    return Reply(text, (_show(order),))


def lapsed(order: Order) -> Reply:
    """A day has gone by without a photo."""
    text = _(
        "The time to pay order *{number}* is over, so nothing is held any more. If you have "
        "transferred the money, send me the photo of the receipt: the shop still looks at it."
    ).format(number=order.order_number)
    again = Choice.act("pay-again", order.id, button("Pay after all"))
    return Reply(text, (_send(order), _show(order), again), template=_news(text))


def _news(text: str) -> Template:
    return Template("transfer_news", (" ".join(text.replace("*", "").split()),))


def _send(order: Order) -> Choice:
    return Choice.act("prove", order.id, button("Send a photo"))


def _show(order: Order) -> Choice:
    return Choice.act("order", order.id, button("Show the order"))


class ProofComing(FileComing):
    """The photo is on its way."""

    tag: ClassVar[str] = "payments.proof-coming"
    order_id: int

    async def came(self, key: str, do: Services) -> Next:
        try:
            await do.shopping.prove(self.order_id, do.me.id, key)
        except (NotAllowed, NotFound):  # it was paid, or called off, while the photo was coming
            return orders.OrderOpen(order_id=self.order_id)
        return Done(_looked_at(await do.shopping.order(do.me.id, self.order_id)))

    async def question(self, do: Services) -> Step:
        return SendProof(order_id=self.order_id)


async def prove(argument: str, do: Services) -> Next:
    """The button *Send a photo*."""
    order = await orders.seen(number_of(argument), do)
    if order is None or order.user_id != do.me.id:
        return Again(orders.unknown())
    return SendProof(order_id=order.id)


async def declined(fact: ProofDecided, do: Services) -> Words:
    """To the buyer: the shop has looked, and the money is not there."""
    proof = await do.payments.proof(fact.proof_id)
    payment = await do.payments.payment(proof.payment_id)
    order = await do.shopping.order(fact.user_id, payment.service_id)
    text = _("The shop cannot find your transfer for order *{number}*.").format(
        number=order.order_number
    )
    if proof.why:
        text += "\n" + _("The reason: {reason}").format(reason=proof.why)
    if order.status not in AWAITED:
        return news(order.id, text)
    if order.status is OrderStatus.PENDING:
        until = when(order.reserved_until or do.now, do.me.time_zone, do.now)
        text += "\n" + _("I keep the order until {until}: you can send another photo.").format(
            until=until
        )
    return Reply(text, (_send(order), _show(order)), template=_news(text))


def given_back(why: str) -> str:
    """That the shop gives *{amount}* of order *{number}* back by hand."""
    if why == "cannot_fulfil":
        text = _(
            "Your transfer for order *{number}* came, but too late: the goods were gone. I am "
            "sorry. The shop transfers *{amount}* back to you."
        )
    else:
        text = _("The shop transfers *{amount}* of order *{number}* back to you.")
    return f"{text} {_('If it does not come, type *agent*.')}"


async def whether_it_came(payment: Payment, do: Services) -> Next:
    """As far as the shop has said."""
    amount = money(payment.amount)
    proof = await do.payments.newest_proof(payment.id)
    if proof is not None and proof.status is ProofStatus.SENT:
        text = _("The shop has your photo, and has not said yet whether {amount} is there.")
        return Again(text.format(amount=amount))
    if payment.is_paid:
        text = _("{amount} arrived, and the shop says it transfers {back} back to you.")
        return Again(text.format(amount=amount, back=money(payment.refunded)))
    if not payment.is_open:
        text = _("No, that order was called off. If you have transferred {amount}, type *agent*.")
        return Again(text.format(amount=amount))
    if proof is not None:
        text = _("Not yet: the shop has looked, and could not find {amount}.")
    else:
        text = _("Not yet: you have not sent me a photo of the receipt for {amount} so far.")
    return Go(SendProof(order_id=payment.service_id), text.format(amount=amount))


async def stray(do: Services) -> Next | None:
    """A photo that nobody asked for: perhaps it is the receipt of a transfer."""
    newest = await do.payments.history(do.me.id, limit=NEWEST)
    awaited = [one for one in newest if one.method == "manual" and one.is_open]
    if not awaited:
        return None
    order = await do.shopping.order(do.me.id, awaited[0].service_id)
    text = _("Is that the receipt for order *{number}*? Then tap here, and send it once more.")
    return Again(Reply(text.format(number=order.order_number), (_send(order),)), quietly=True)


NOTICES: dict[type[Fact], Notice] = {ProofDecided: declined}
ACTIONS: dict[str, Action] = {"prove": prove}
STEPS: list[type[Step]] = [SendProof, ProofComing]
