"""The business's own phone: its day, its orders, and what is done with them by a tap."""

from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

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
    Silence,
    Step,
    Template,
    Words,
    named,
)
from bot.language import _, button, money, ngettext
from handlers.chat.shopping.offers import chosen, more, offer, opened
from handlers.chat.shopping.orders import status
from handlers.chat.shopping.words import bill, place
from services import Services
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.ground.money import Money
from services.shopping import CannotMove, Move, Order, OrderSummary, PaymentStatus, Tracking
from services.shopping.facts import LowStock, NewOrder, OrderCancelledByCustomer

LONGEST_REASON = 200  # characters
LONGEST_TRACKING = 100


async def enter(do: Services) -> Next:
    """Into the member's business; which one only matters where there are several."""
    mine = await do.businesses.business_of(do.me.id)
    if not mine:
        return Again(_("You do not belong to a business here."))
    return Desk(business_id=mine[0].id) if len(mine) == 1 else WhichBusiness()


class WhichBusiness(Step):
    tag: ClassVar[str] = "business.which"

    async def ask(self, do: Services) -> Words:
        mine = await do.businesses.business_of(do.me.id)
        rows = [Choice(f"desk:{one.id}", one.name) for one in mine[:10]]
        return offer(_("Which business?"), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        _what, business_id = chosen(said)
        await do.businesses.require_member(do.me.id, business_id)
        return Desk(business_id=business_id)


class Desk(Step):
    """A business's day."""

    tag: ClassVar[str] = "business.desk"
    business_id: int

    async def ask(self, do: Services) -> Words:
        business = await do.businesses.get(self.business_id)
        here = ZoneInfo(business.time_zone)
        midnight = datetime.combine(do.now.astimezone(here).date(), datetime.min.time(), here)
        day = await do.shopping.day(do.me.id, business.id, midnight)
        came = ngettext("{count} order today", "{count} orders today", day.ordered)
        waits = ngettext("{count} order to send", "{count} orders to send", day.to_do)
        text = "\n".join(
            (
                f"*{business.name}*",
                came.format(count=day.ordered),
                _("Takings today {amount}").format(amount=money(day.takings)),
                waits.format(count=day.to_do),
            )
        )
        choices = (
            Choice(f"todo:{business.id}", button("Orders to send")),
            Choice(f"all:{business.id}", button("All orders")),
        )
        return Reply(text, choices)

    async def answer(self, said: Said, do: Services) -> Next:
        return await _list(said.choice())

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _list(choice)


async def _list(choice: str) -> Next:
    match opened(choice):
        case ("todo", business_id):
            return BusinessOrders(business_id=business_id, to_do=True)
        case ("all", business_id):
            return BusinessOrders(business_id=business_id, to_do=False)
    return Silence("strange tap")


class BusinessOrders(Step):
    """Orders of a business, newest first."""

    tag: ClassVar[str] = "business.orders"
    business_id: int
    to_do: bool
    offset: int = 0

    async def ask(self, do: Services) -> Words:
        page = await do.shopping.orders_of_business(
            do.me.id, self.business_id, self.offset, to_do=self.to_do
        )
        if not page.items:
            text = _("Nothing waits to be sent. 👌") if self.to_do else _("No orders yet.")
            return Reply(text, (Choice("desk:0", button("My business")),))
        rows = [_order_row(one) for one in page.items]
        if page.has_more:
            rows.append(more(page.next_offset))
        return offer(_("Which order?"), rows, button("Orders"))

    async def answer(self, said: Said, do: Services) -> Next:
        match chosen(said):
            case ("more", offset):
                return self.model_copy(update={"offset": offset})
            case ("desk", _number):
                return await enter(do)
            case (_what, order_id):
                return await look(order_id, do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        match opened(choice):
            case ("order", order_id):
                return await look(order_id, do)
        return await enter(do)


def _order_row(order: OrderSummary) -> Choice:
    description = f"{_status(order)} · {order.first}"
    return Choice(f"order:{order.id}", f"{order.order_number} · {money(order.total)}", description)


def _status(order: Order | OrderSummary) -> str:
    """Where an order stands, in the shop's own view."""
    new = Move.ACCEPT in order.possible if isinstance(order, Order) else _is_new(order)
    return _("New") if new else status(order)


def _is_new(order: OrderSummary) -> bool:
    return order.status in ("placed", "paid")


async def look(order_id: int, do: Services) -> Next:
    order = await _mine(order_id, do)
    return Again(_unknown()) if order is None else BusinessOrder(order_id=order_id)


def _unknown() -> str:
    return _("I find no such order of your business.")


async def _mine(order_id: int, do: Services) -> Order | None:
    """An order of a business the person belongs to."""
    try:
        order = await do.shopping.order(do.me.id, order_id)
    except NotFound:
        return None
    member = await do.businesses.member(do.me.id, order.business_id)
    return None if member is None else order


class BusinessOrder(Step):
    """One order, with what the business can do about it."""

    tag: ClassVar[str] = "business.order"
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await _mine(self.order_id, do)
        return _unknown() if order is None else await shown(order, do)

    async def answer(self, said: Said, do: Services) -> Next:
        raise NotUnderstood(_("Tap a button of the order, or type *menu*."))


async def shown(order: Order, do: Services, head: str = "") -> Reply:
    """An order as its business sees it, with buttons that work for good."""
    head = head or f"*{order.order_number}* · {_status(order)}"
    name = await do.people.name(order.user_id) or _("a customer")
    parts = [head, bill(order), _paid(order), _to(order, name)]
    if order.customer_notes:
        parts.append(_("Note: {note}").format(note=order.customer_notes))
    return Reply("\n\n".join(part for part in parts if part), _moves(order))


def _paid(order: Order) -> str:
    if order.payment_status is PaymentStatus.DUE:
        return _("To be paid in cash: *{amount}*").format(amount=money(order.total))
    return _("Paid") if order.payment_status is PaymentStatus.PAID else ""


def _to(order: Order, name: str) -> str:
    if order.delivery == "pickup":
        return _("{name} picks it up").format(name=name)
    if order.address is None:
        return name
    to = _("To {name}, {place}").format(
        name=order.address.recipient or name, place=place(order.address)
    )
    if order.address.latitude is None:
        return to
    # Any map application opens a geo address; no map service is preferred.
    return f"{to}\ngeo:{order.address.latitude:.5f},{order.address.longitude:.5f}"


def _moves(order: Order) -> tuple[Choice, ...]:
    fetched = order.delivery == "pickup"
    labels = {
        Move.ACCEPT: button("Accept"),
        Move.SHIP: button("Ready for pick-up") if fetched else button("Ship"),
        Move.DELIVER: button("Handed over") if fetched else button("Delivered"),
        Move.CANCEL: button("Cancel the order"),
    }
    can = [move for move in labels if move in order.possible]
    return tuple(Choice.act(f"order-{move.value}", order.id, labels[move]) for move in can)


# -- actions: buttons of any age ----------------------------------------------------------


async def _refused(order_id: int, do: Services) -> Next:
    """What somebody tapped cannot be done now: say how things stand."""
    order = await _mine(order_id, do)
    if order is None:
        return Again(_unknown())
    return Again(await shown(order, do))


async def accept(argument: str, do: Services) -> Next:
    return await _moved(argument, do, Move.ACCEPT)


async def deliver(argument: str, do: Services) -> Next:
    return await _moved(argument, do, Move.DELIVER)


async def _moved(argument: str, do: Services, move: Move) -> Next:
    order_id = _number(argument)
    if await _mine(order_id, do) is None:
        return Again(_unknown())
    try:
        if move is Move.ACCEPT:
            order = await do.shopping.accept(order_id, do.me.id)
            text = _("Order *{number}* is accepted. Tell me when it leaves.")
        else:
            order = await do.shopping.deliver(order_id, do.me.id)
            text = _("Order *{number}* is complete. Well done!")
    except CannotMove:
        return await _refused(order_id, do)
    return Again(Reply(text.format(number=order.order_number), _moves(order)), quietly=True)


async def ship(argument: str, do: Services) -> Next:
    """Before it ships: perhaps there is something to follow it by."""
    order_id = _number(argument)
    order = await _mine(order_id, do)
    if order is None:
        return Again(_unknown())
    if Move.SHIP not in order.possible:
        return await _refused(order_id, do)
    return (
        await _ship(order_id, None, do) if order.delivery == "pickup" else Parcel(order_id=order_id)
    )


async def call_off(argument: str, do: Services) -> Next:
    order_id = _number(argument)
    order = await _mine(order_id, do)
    if order is None:
        return Again(_unknown())
    return (
        CallOff(order_id=order_id)
        if Move.CANCEL in order.possible
        else await _refused(order_id, do)
    )


def _number(argument: str) -> int:
    return int(argument) if argument.isdecimal() and len(argument) < 19 else 0


class Parcel(Step):
    """How a parcel can be followed, if it can."""

    tag: ClassVar[str] = "business.parcel"
    free_text: ClassVar[bool] = True
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await _mine(self.order_id, do)
        if order is None:
            return _unknown()
        text = _("Is there a tracking number for order *{number}*? Type it, or a link.").format(
            number=order.order_number
        )
        return Reply(text, (Choice("none", button("No number")),))

    async def answer(self, said: Said, do: Services) -> Next:
        if said.tapped is not None or _is_none(said):
            return await _ship(self.order_id, None, do)
        followed = said.words(LONGEST_TRACKING * 4)
        if followed.startswith(("https://", "http://")):
            return await _ship(self.order_id, Tracking(url=followed), do)
        if len(followed) > LONGEST_TRACKING:
            raise NotUnderstood(_("That is long for a tracking number. Type it once more?"))
        return await _ship(self.order_id, Tracking(number=followed), do)


def _is_none(said: Said) -> bool:
    try:
        return not said.yes_no()
    except NotUnderstood:
        return named(said.text, said.offered) == "none"


async def _ship(order_id: int, tracking: Tracking | None, do: Services) -> Next:
    try:
        order = await do.shopping.ship(order_id, do.me.id, tracking)
    except (CannotMove, NotFound):
        return await _refused(order_id, do)
    if order.delivery == "pickup":
        text = _("Order *{number}* waits to be picked up; the customer knows.")
    else:
        text = _("Order *{number}* is on its way; the customer knows.")
    return Done((Reply(text.format(number=order.order_number), _moves(order)),))


class CallOff(Step):
    """Why the business cannot do it."""

    tag: ClassVar[str] = "business.calloff"
    free_text: ClassVar[bool] = True
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await _mine(self.order_id, do)
        if order is None:
            return _unknown()
        text = _("Why must order *{number}* be cancelled? Tap, or write it for the customer.")
        choices = (
            Choice("out_of_stock", button("It ran out")),
            Choice("no_delivery", button("Cannot bring it")),
            Choice("keep", button("Keep the order")),
        )
        return Reply(text.format(number=order.order_number), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        try:
            why = said.choice()
        except NotUnderstood:
            why = said.words(LONGEST_REASON)
        if why == "keep":
            return BusinessOrder(order_id=self.order_id)
        try:
            order = await do.shopping.cancel(self.order_id, do.me.id, why)
        except (CannotMove, NotFound):
            return await _refused(self.order_id, do)
        text = _("Order *{number}* is cancelled; the customer knows.")
        if order.payment_status is PaymentStatus.REFUNDING:
            text += " " + _("The money goes back.")
        return Go(Desk(business_id=order.business_id), text.format(number=order.order_number))


# -- notices ------------------------------------------------------------------------------


async def new_order(fact: NewOrder, do: Services) -> Words:
    order = await do.shopping.order(fact.user_id, fact.order_id)
    head = _("*New order {number}* 🔔").format(number=order.order_number)
    bubble = await shown(order, do, head)
    open_it = Choice.act("order-open", order.id, button("Show the order"))
    total = money(Money(fact.total, fact.currency))
    things = ", ".join(f"{item.quantity} × {item.name}" for item in order.items)
    template = Template("order_new", (str(fact.order_number), things, total))
    return Reply(bubble.text, (*bubble.choices, open_it), template=template)


async def called_off(fact: OrderCancelledByCustomer, do: Services) -> Words:
    return _("The customer has cancelled order *{number}*. Nothing to do.").format(
        number=fact.order_number
    )


async def low_stock(fact: LowStock, do: Services) -> Words:
    if fact.left <= 0:
        return _("*{name}* ({sku}) is sold out.").format(name=fact.name, sku=fact.sku)
    return ngettext(
        "Only {count} × *{name}* ({sku}) is left.",
        "Only {count} × *{name}* ({sku}) are left.",
        fact.left,
    ).format(count=fact.left, name=fact.name, sku=fact.sku)


async def open_order(argument: str, do: Services) -> Next:
    return await look(_number(argument), do)


NOTICES: dict[type[Fact], Notice] = {
    NewOrder: new_order,
    OrderCancelledByCustomer: called_off,
    LowStock: low_stock,
}
ACTIONS: dict[str, Action] = {
    "order-accept": accept,
    "order-ship": ship,
    "order-deliver": deliver,
    "order-cancel": call_off,
    "order-open": open_order,
}
STEPS: list[type[Step]] = [WhichBusiness, Desk, BusinessOrders, BusinessOrder, Parcel, CallOff]
