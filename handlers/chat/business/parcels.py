"""Sending an order by taps: all of it or a part, how it is followed, and what never comes."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Burst,
    Choice,
    Done,
    Go,
    Next,
    NotUnderstood,
    Reply,
    Said,
    Step,
    Words,
)
from bot.language import _, button, money
from handlers.chat.business.choices import moves
from handlers.chat.business.moving import KEEP, reason, reasons, refused
from handlers.chat.business.order import BusinessOrder, own, unknown
from handlers.chat.shopping.order_words import pieces, still_to_come
from handlers.chat.taps import has_none, number_of
from services import Services
from services.ground.errors import NotFound
from services.shopping import (
    CannotMove,
    Move,
    OnlyLeft,
    Order,
    SentMeanwhile,
    Tracking,
)

LONGEST_TRACKING = 100  # characters

Pieces = tuple[tuple[int, int], ...]
"""So many of each line, by its id."""


async def ship(argument: str, do: Services) -> Next:
    """Before all of it ships: perhaps there is something to follow it by."""
    order = await own(number_of(argument), do)
    if order is None:
        return Again(unknown())
    if Move.SHIP not in order.possible:
        return await refused(order.id, do)
    return await off(order, (), do)


async def off(order: Order, packed: Pieces, do: Services) -> Next:
    """A parcel leaves; without `packed` all that is left."""
    if order.delivery == "pickup":
        return await _ship(order.id, packed, order.shipped, None, do)
    return Parcel(order_id=order.id, packed=packed, shipped=order.shipped)


class Parcel(Step):
    """How a parcel can be followed, if it can."""

    tag: ClassVar[str] = "business.parcel"
    free_text: ClassVar[bool] = True
    burst: ClassVar[Burst] = "each"  # what is written behind a number is not part of it
    order_id: int
    packed: Pieces = ()  # nothing: all that is left
    shipped: int = 0

    async def ask(self, do: Services) -> Words:
        order = await own(self.order_id, do)
        if order is None:
            return unknown()
        text = _("Is there a tracking number for order *{number}*? Type it, or a link.").format(
            number=order.order_number
        )
        return Reply(text, (Choice("none", button("No number")),))

    async def answer(self, said: Said, do: Services) -> Next:
        return await _ship(self.order_id, self.packed, self.shipped, tracking(said), do)


def tracking(said: Said) -> Tracking | None:
    """A number, a link, or neither. Raises NotUnderstood."""
    if said.tapped is not None or has_none(said):
        return None
    followed = said.words(LONGEST_TRACKING * 4)
    if followed.startswith(("https://", "http://")):
        return Tracking(url=followed)
    if len(followed) > LONGEST_TRACKING:
        raise NotUnderstood(_("That is long for a tracking number. Type it once more?"))
    return Tracking(number=followed)


async def _ship(
    order_id: int, packed: Pieces, shipped: int, tracking: Tracking | None, do: Services
) -> Next:
    try:
        if packed:
            order = await do.shopping.ship_part(order_id, do.me.id, dict(packed), shipped, tracking)
        else:
            order = await do.shopping.ship(order_id, do.me.id, tracking)
    except (CannotMove, NotFound, OnlyLeft, SentMeanwhile):
        return changed(order_id)
    return Done((Reply(_gone(order), moves(order)),))


def changed(order_id: int) -> Next:
    """Somebody else, or the same tap, was faster: how it stands now."""
    return Go(BusinessOrder(order_id=order_id), _("That is not possible any more."), for_good=True)


def _gone(order: Order) -> str:
    is_fetched = order.delivery == "pickup"
    if order.to_send:
        text = _("A parcel of order *{number}* is on its way; the customer knows.")
        if is_fetched:
            text = _("A part of order *{number}* waits to be picked up; the customer knows.")
        text += "\n" + _("Still to be sent: {things}")
    elif is_fetched:
        text = _("Order *{number}* waits to be picked up; the customer knows.")
    else:
        text = _("Order *{number}* is on its way; the customer knows.")
    return text.format(number=order.order_number, things=pieces(order, order.to_send))


async def is_there(argument: str, do: Services) -> Next:
    """One parcel of several has arrived."""
    try:
        order = await do.shopping.deliver_parcel(number_of(argument), do.me.id)
    except NotFound:
        return Again(unknown())
    except CannotMove as stands:
        text = _("With order *{number}* that is not possible any more.")
        return Again(text.format(number=stands.order_number), quietly=True)
    if order.delivered_at is not None:
        text = _("Order *{number}* is complete. Well done!")
    else:
        text = _("Noted, the customer knows. Still to come of order *{number}*: {things}")
    said = text.format(number=order.order_number, things=still_to_come(order))
    return Again(Reply(said, moves(order)), quietly=True)


async def cancel_rest(argument: str, do: Services) -> Next:
    order = await own(number_of(argument), do)
    if order is None:
        return Again(unknown())
    if Move.CANCEL_REST not in order.possible:
        return await refused(order.id, do)
    return CallOffRest(order_id=order.id)


class CallOffRest(Step):
    """Why what is still to be sent does not come."""

    tag: ClassVar[str] = "business.calloff-rest"
    free_text: ClassVar[bool] = True
    order_id: int

    async def ask(self, do: Services) -> Words:
        order = await own(self.order_id, do)
        if order is None:
            return unknown()
        text = _(
            "Still to be sent of order *{number}*: {things}. Why does it not come? Tap, or write "
            "it for the customer."
        )
        things = pieces(order, order.to_send)
        return Reply(text.format(number=order.order_number, things=things), reasons())

    async def answer(self, said: Said, do: Services) -> Next:
        if (why := reason(said)) == KEEP:
            return BusinessOrder(order_id=self.order_id)
        try:
            order = await do.shopping.cancel_rest(self.order_id, do.me.id, why)
        except (CannotMove, NotFound):
            return changed(self.order_id)
        text = _("The rest of order *{number}* is cancelled; the customer knows. {money}")
        said_ = text.format(number=order.order_number, money=_money_of_rest(order))
        return Go(BusinessOrder(order_id=order.id), said_.strip(), for_good=True)


def _money_of_rest(order: Order) -> str:
    amount = money(order.called_off)
    if not order.called_off.amount:
        return ""
    if order.payment_method == "cash" and order.delivered_at is None:
        return _("They pay *{amount}* instead.").format(amount=money(order.due))
    if order.is_by_transfer:
        return _("Please transfer *{amount}* back.").format(amount=amount)
    return _("*{amount}* goes back.").format(amount=amount)


ACTIONS: dict[str, Action] = {
    "order-ship": ship,
    "order-cancel_rest": cancel_rest,
    "parcel-there": is_there,
}
STEPS: list[type[Step]] = [Parcel, CallOffRest]
