"""A person's orders: the list, one of them, where it is, calling it off, ordering it again."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Go,
    Link,
    Next,
    NotUnderstood,
    Reply,
    Said,
    Silence,
    Step,
    Template,
    Words,
)
from bot.language import _, button, money, ngettext, when
from handlers.chat import payments
from handlers.chat.shopping import browse, cart, rating
from handlers.chat.shopping.offers import chosen, more, offer, opened
from handlers.chat.shopping.words import bill, named, place
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
    OtherShop,
    PaymentStatus,
    TooMany,
)

BUTTONS = 3  # and *my orders*, the last of them, can be typed
AGAIN = frozenset({OrderStatus.DELIVERED, OrderStatus.COMPLETED, OrderStatus.CANCELLED})


def status(order: Order | OrderSummary) -> str:
    """Where an order stands, in a few words."""
    if order.payment_status is PaymentStatus.REFUNDING:
        return _("Cancelled, money on its way back")
    if order.status is OrderStatus.SHIPPED and order.delivery == "pickup":
        return _("Ready to be picked up")
    return {
        OrderStatus.PENDING: _("Waiting for payment"),
        OrderStatus.PLACED: _("With the shop"),
        OrderStatus.PAID: _("Paid, with the shop"),
        OrderStatus.ACCEPTED: _("Being prepared"),
        OrderStatus.SHIPPED: _("On its way"),
        OrderStatus.DELIVERED: _("Delivered"),
        OrderStatus.COMPLETED: _("Delivered"),
        OrderStatus.EXPIRED: _("Not paid in time"),
        OrderStatus.CANCELLED: _("Cancelled"),
        OrderStatus.REFUNDED: _("Money given back"),
    }[order.status]


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
        parts = [text, bill(order), _where(order), _dated(order, do)]
        shown = Reply("\n\n".join(part for part in parts if part), _possible(order))
        if order.tracking_url and order.status is OrderStatus.SHIPPED:
            return (shown, tracked(order))
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
            return payments.awaiting(await do.shopping.order(do.me.id, order_id))
        case ("again", order_id):
            return await payments.fresh_link(order_id, do)
        case ("cancel", order_id):
            return CancelOrder(order_id=order_id)
        case ("rate", order_id):
            return await rating.begin(order_id, do)
        case ("reorder", order_id):
            return await _reorder(order_id, do)
    return MyOrders()


def _possible(order: Order) -> tuple[Choice, ...]:
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
    if order.delivered_at is not None:
        choices.append(Choice(f"rate:{order.id}", button("Rate it")))
    if order.payment_id is not None and order.payment_status is PaymentStatus.PAID:
        choices.append(Choice.act("receipt", order.id, button("Receipt")))
    return (*choices, Choice("orders", button("My orders")))[:BUTTONS]


def _where(order: Order) -> str:
    if order.delivery == "pickup":
        return _("You pick it up yourself.")
    if order.address is None:
        return ""
    to = place(order.address)
    if order.address.recipient:
        return _("To {name}, {place}").format(name=order.address.recipient, place=to)
    return _("To {place}").format(place=to)


def _dated(order: Order, do: Services) -> str:
    def on(at_: object) -> str:
        return when(at_, do.me.time_zone, do.now)  # type: ignore[arg-type]

    lines = [_("Ordered {when}").format(when=on(order.created_at))]
    if order.shipped_at:
        lines.append(_("Sent {when}").format(when=on(order.shipped_at)))
    if order.delivered_at:
        lines.append(_("Delivered {when}").format(when=on(order.delivered_at)))
    if order.tracking_number:
        lines.append(_("Tracking {number}").format(number=_parcel(order)))
    return "\n".join(lines)


def _parcel(order: Order) -> str:
    return " ".join(part for part in (order.carrier, order.tracking_number) if part)


def tracked(order: Order) -> Reply:
    """The carrier's page."""
    text = _("Follow order *{number}* here.").format(number=order.order_number)
    return Reply(text, link=Link(button("Track it"), order.tracking_url or ""))


def news(order_id: int, text: str) -> Reply:
    """A bubble that, with the window closed, is said by the template of order updates."""
    choices = (Choice.act("order", order_id, button("Show the order")),)
    return Reply(text, choices, template=Template("order_update", (text.replace("*", ""),)))


def standing(order: Order) -> Reply:
    """An order in one sentence, with the way to all of it."""
    text = _("Order *{number}*: {status}.").format(number=order.order_number, status=status(order))
    return Reply(text, (Choice.act("order", order.id, button("Show the order")),))


class CancelOrder(Step):
    """Really?"""

    tag: ClassVar[str] = "shopping.cancel"
    strays: ClassVar[bool] = False
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await do.shopping.order(do.me.id, self.order_id)
        text = _("Shall I cancel order *{number}*?").format(number=order.order_number)
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
        try:
            order = await do.shopping.cancel(
                self.order_id, do.me.id, "customer", to_wallet=answer == "wallet"
            )
        except CannotMove:
            late = _("That is not possible any more.")
            return Go(OrderOpen(order_id=self.order_id), late, for_good=True)
        said_ = _("Order *{number}* is cancelled.").format(number=order.order_number)
        if order.payment_status is PaymentStatus.REFUNDING:
            back = _("{amount} goes back to you; your bank may take a few days to show it.")
            said_ += " " + back.format(amount=money(order.total))
        if await do.shopping.waiting_proof(order) is not None:
            said_ += " " + _("If the shop finds your transfer, it gives the money back.")
        return Done(said_)


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
        except OtherShop:
            return Go(cart.OpenCart(), _("Your cart has things of another shop. Empty it first."))
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
