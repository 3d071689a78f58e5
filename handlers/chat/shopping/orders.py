"""A person's orders: the list, one of them, where it is, calling it off, ordering it again."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Go,
    Next,
    NotUnderstood,
    Reply,
    Said,
    Silence,
    Step,
    Words,
)
from bot.language import _, button, money, ngettext
from handlers.chat.payments import renewing, waiting
from handlers.chat.shopping import browse, cart, rating, returns
from handlers.chat.shopping.offers import chosen, more, offer, opened
from handlers.chat.shopping.order_words import became, dated, status, tracked, where_to
from handlers.chat.shopping.words import bill, named, numbers
from handlers.chat.taps import number_of
from services import Services
from services.ground.errors import NotFound
from services.shopping import (
    CannotMove,
    Move,
    OnlyLeft,
    Order,
    OrderStatus,
    OrderSummary,
    OtherCurrency,
    PaymentStatus,
    TooMany,
)

BUTTONS = 3  # where they are enough for the rest, *my orders* can be typed
UNDER_WAY = frozenset({OrderStatus.PARTLY_SHIPPED, OrderStatus.SHIPPED})
ARRIVED = frozenset({OrderStatus.DELIVERED, OrderStatus.COMPLETED, OrderStatus.RETURNED})
AGAIN = ARRIVED | {OrderStatus.CANCELLED}


class MyOrders(Step):
    tag: ClassVar[str] = "shopping.orders"
    offset: int = 0

    async def ask(self, do: Services) -> Words:
        page = await do.shopping.orders(do.me.id, self.offset)
        if not page.items:
            return Reply(
                _("You have not ordered anything yet. Shall we look around?"),
                (Choice("shop:0", button("Go to the shop")),),
            )
        rows = [_order_row(one) for one in page.items]
        if page.has_more:
            rows.append(more(page.next_offset))
        return offer(_("Your orders, newest first:"), rows, button("Orders"))

    async def answer(self, said: Said, do: Services) -> Next:
        what, number = chosen(said)
        match what:
            case "more":
                return MyOrders(offset=number)
            case "shop":
                return await browse.enter(do)
        return await look(number, do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        match opened(choice):
            case ("order", order_id):
                return await look(order_id, do)
            case ("shop", _number):
                return await browse.enter(do)
        return None


def _order_row(order: OrderSummary) -> Choice:
    description = f"{status(order)} · {order.first}"
    if order.count > 1:
        count = ngettext("{count} thing", "{count} things", order.count).format(count=order.count)
        description = f"{status(order)} · {count} · {order.first}"
    return Choice(f"order:{order.id}", f"{order.order_number} · {money(order.total)}", description)


async def look(order_id: int, do: Services) -> Next:
    if await seen(order_id, do) is None:
        return Again(unknown())
    return OrderOpen(order_id=order_id)


async def seen(order_id: int, do: Services) -> Order | None:
    """An order the person may see; a button's id proves nothing."""
    try:
        return await do.shopping.order(do.me.id, order_id)
    except NotFound:
        return None


def unknown() -> str:
    return _("I do not know that order.")


class OrderOpen(Step):
    """One order, with what can be done about it."""

    tag: ClassVar[str] = "shopping.order"
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await do.shopping.order(do.me.id, self.order_id)
        text = f"{_('Order *{number}*').format(number=order.order_number)}: {status(order)}"
        parts = [text, bill(order), where_to(order), dated(order, do), await became(order, do)]
        choices = await _possible(order, do)
        shown = Reply("\n\n".join(part for part in parts if part), choices, button("Choose"))
        if order.tracking_url and order.status in UNDER_WAY:
            return (shown, tracked(order.order_number, order.tracking_url))
        return shown

    async def answer(self, said: Said, do: Services) -> Next:
        return await _done_with(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _done_with(choice, do)


async def _done_with(choice: str, do: Services) -> Next:
    match opened(choice):
        case (_what, order_id) if await seen(order_id, do) is None:
            return Again(unknown())
        case ("pay", order_id):
            return waiting.awaiting(await do.shopping.order(do.me.id, order_id))
        case ("again", order_id):
            return await renewing.fresh_link(order_id, do)
        case ("cancel", order_id):
            return CancelOrder(order_id=order_id)
        case ("rate", order_id):
            return await rating.begin(order_id, do)
        case ("return", order_id):
            return await returns.begin(order_id, do)
        case ("reorder", order_id):
            return await _reorder(order_id, do)
    return MyOrders()


async def _possible(order: Order, do: Services) -> tuple[Choice, ...]:
    choices = []
    if order.status is OrderStatus.PENDING:
        choices.append(Choice(f"pay:{order.id}", button("Pay now")))
    if order.status is OrderStatus.EXPIRED:
        again = button("Pay after all") if order.is_by_transfer else button("Fresh link")
        choices.append(Choice(f"again:{order.id}", again))
    if Move.CANCEL in order.possible:
        choices.append(Choice(f"cancel:{order.id}", button("Cancel the order")))
    if order.status in AGAIN:
        choices.append(Choice(f"reorder:{order.id}", button("Order it again")))
    if order.user_id == do.me.id:
        choices += await returns.choices(order, do)
    if order.delivered_at is not None:
        choices.append(Choice(f"rate:{order.id}", button("Rate it")))
    if order.payment_id is not None and order.payment_status is PaymentStatus.PAID:
        choices.append(Choice.act("receipt", order.id, button("Receipt")))
    if len(choices) == BUTTONS:
        return tuple(choices)
    return (*choices, Choice("orders", button("My orders")))


class CancelOrder(Step):
    """Really?"""

    tag: ClassVar[str] = "shopping.cancel"
    strays: ClassVar[bool] = False
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await do.shopping.order(do.me.id, self.order_id)
        together = await _cancelled_with(order, do)
        text = ngettext(
            "Shall I cancel order *{number}*?",
            "Shall I cancel orders *{number}*? They are paid together.",
            len(together),
        ).format(number=numbers(together))
        keep = Choice("no", button("No, keep it"))
        if order.payment_status is not PaymentStatus.PAID or order.payment_id is None:
            return Reply(text, (Choice("yes", button("Yes, cancel it")), keep))
        if (await do.payments.payment(order.payment_id)).is_contested:  # their bank has the money
            return Reply(text, (Choice("yes", button("Yes, cancel it")), keep))
        amount = money(order.total)
        if order.is_by_transfer:
            text += " " + _("The shop transfers {amount} back to you.").format(amount=amount)
            return Reply(text, (Choice("yes", button("Yes, cancel it")), keep))
        if order.payment_method == "wallet":
            text += " " + _("{amount} goes back into your wallet.").format(amount=amount)
            return Reply(text, (Choice("yes", button("Yes, cancel it")), keep))
        if order.payment_method == "stripe":
            text += " " + _(
                "{amount} goes back to you: into your wallet at once, or to your card within days."
            ).format(amount=amount)
            back = Choice("yes", button("Yes, to my card"))
        else:
            text += " " + _(
                "{amount} goes back to you: into your wallet at once, or the way you paid within "
                "days."
            ).format(amount=amount)
            back = Choice("yes", button("Yes, the way I paid"))
        return Reply(text, (back, Choice("wallet", button("Yes, to my wallet")), keep))

    async def answer(self, said: Said, do: Services) -> Next:
        answer = _yes_where(said)
        if answer == "no":
            return OrderOpen(order_id=self.order_id)
        together = await _cancelled_with(await do.shopping.order(do.me.id, self.order_id), do)
        try:
            order = await do.shopping.cancel(
                self.order_id, do.me.id, "customer", to_wallet=answer == "wallet"
            )
        except CannotMove:
            late = _("That is not possible any more.")
            return Go(OrderOpen(order_id=self.order_id), late, for_good=True)
        said_ = ngettext(
            "Order *{number}* is cancelled.", "Orders *{number}* are cancelled.", len(together)
        ).format(number=numbers(together))
        if order.payment_status is PaymentStatus.REFUNDING:
            back = _("{amount} goes back to you; your bank may take a few days to show it.")
            said_ += " " + back.format(amount=money(order.total))
        if await do.shopping.waiting_proof(order) is not None:
            said_ += " " + _("If the shop finds your transfer, it gives the money back.")
        return Done(said_)


async def _cancelled_with(order: Order, do: Services) -> list[Order]:
    """What waits to be paid together with it is off together with it."""
    if order.status is not OrderStatus.PENDING:
        return [order]
    return await do.shopping.purchase(do.me.id, order.id)


def _yes_where(said: Said) -> str:
    """A choice, or yes or no by word: "yes", "wallet", "no"."""
    try:
        return said.choice()
    except NotUnderstood:
        return "yes" if said.yes_no() else "no"


async def _reorder(order_id: int, do: Services) -> Next:
    """The same things into the cart, as far as they are there."""
    order = await do.shopping.order(do.me.id, order_id)
    missed: list[str] = []
    for item in order.items:
        try:
            if item.variant_id is None:
                raise NotFound("variant")
            await do.shopping.add_to_cart(do.me.id, item.variant_id, item.quantity)
        except (NotFound, OnlyLeft, TooMany):
            missed.append(named(item.name, item.title))
        except OtherCurrency:
            text = _("Your cart has things that are paid in another currency. Empty it first.")
            return Go(cart.OpenCart(), text)
    if not missed:
        return Go(cart.OpenCart(), _("Everything is in your cart again."))
    left_out = _("I left out what there is not enough of: {names}.").format(names=", ".join(missed))
    return Go(cart.OpenCart(), left_out)


async def mine(do: Services) -> Next:
    return MyOrders()


async def track(order_number: int, do: Services) -> Next:
    """*track 1042*"""
    try:
        order = await do.shopping.order_by_number(do.me.id, order_number)
    except NotFound:
        unknown = _("I find no order {number} of yours.").format(number=order_number)
        return Go(MyOrders(), unknown)
    return OrderOpen(order_id=order.id)


async def where_is_my_order(do: Services) -> Next:
    """The newest one, if there is only one that has not arrived; else the list."""
    page = await do.shopping.orders(do.me.id)
    over = AGAIN | {OrderStatus.REFUNDED, OrderStatus.EXPIRED}
    open_ = [one for one in page.items if one.status not in over]
    return OrderOpen(order_id=open_[0].id) if len(open_) == 1 else MyOrders()


async def show(argument: str, do: Services) -> Next:
    """The button *Show the order*, on whatever bubble."""
    number = number_of(argument)
    return await look(number, do) if number else Silence("strange tap")


ACTIONS: dict[str, Action] = {"order": show}
STEPS: list[type[Step]] = [MyOrders, OrderOpen, CancelOrder]
