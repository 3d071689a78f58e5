"""What the buyer is told of parcels: what left, what arrived, what never comes, what comes back."""

from bot.dialog import Notice, Reply, Words
from bot.language import _, money
from handlers.chat.shopping import return_words
from handlers.chat.shopping.order_words import (
    called_off,
    followed,
    never_coming,
    news,
    pieces,
    still_to_come,
    tracked,
)
from services import Services
from services.ground.facts import Fact
from services.ground.money import Money
from services.shopping import Order, Parcel, PaymentStatus, Tracking
from services.shopping.facts import (
    ExchangeSent,
    OrderShipped,
    ParcelDelivered,
    RestCancelled,
    ReturnDecided,
)


async def shipped(fact: OrderShipped, do: Services) -> Words:
    order = await do.shopping.order(fact.user_id, fact.order_id)
    parcel = await _one_of_several(order, fact.parcel_id, do)
    lines = [await _left(order, parcel, do), followed(_tracking(fact))]
    if parcel is not None:
        lines.append(_("In it: {things}").format(things=pieces(order, parcel.pieces)))
    if order.to_send:
        lines.append(_("Still to come: {things}").format(things=pieces(order, order.to_send)))
    if order.payment_method == "cash" and order.delivery != "pickup":
        lines.append(_cash(order))
    told = news(order.id, "\n".join(line for line in lines if line))
    return _with_link(told, order, fact.tracking_url)


async def _one_of_several(order: Order, parcel_id: int | None, do: Services) -> Parcel | None:
    """The parcel, where it is not simply the order."""
    parcels = await do.shopping.parcels(order.user_id, order.id)
    found = next((one for one in parcels if one.id == parcel_id), None)
    whole = {item.id: item.quantity for item in order.items}
    return None if found is None or found.pieces == whole else found


async def _left(order: Order, parcel: Parcel | None, do: Services) -> str:
    if order.delivery == "pickup":
        text = _("Order *{number}* is ready. You can pick it up: {place}.")
        if parcel is not None:
            text = _("A part of order *{number}* is ready. You can pick it up: {place}.")
        return text.format(number=order.order_number, place=await _pick_up(order, do))
    text = _("Order *{number}* is on its way to you. 🚚")
    if parcel is not None:
        text = _("A parcel of order *{number}* is on its way to you. 🚚")
    return text.format(number=order.order_number)


async def _pick_up(order: Order, do: Services) -> str:
    return (await do.shopping.shop(order.business_id)).pickup_address or ""


def _cash(order: Order) -> str:
    if order.to_send:
        return _("You pay when the last of it comes.")
    return _("Please have {amount} ready when it comes.").format(amount=money(order.due))


def _tracking(fact: OrderShipped | ExchangeSent) -> Tracking:
    return Tracking(fact.carrier, fact.tracking_number, fact.tracking_url)


def _with_link(told: Reply, order: Order, url: str | None) -> Words:
    return (told, tracked(order.order_number, url)) if url else told


async def parcel_arrived(fact: ParcelDelivered, do: Services) -> Words:
    order = await do.shopping.order(fact.user_id, fact.order_id)
    parcels = await do.shopping.parcels(fact.user_id, fact.order_id)
    parcel = next(one for one in parcels if one.id == fact.parcel_id)
    text = _("A parcel of order *{number}* has arrived: {things}.")
    if order.delivery == "pickup":
        text = _("Thank you for picking up a part of order *{number}*: {things}.")
    said = text.format(number=order.order_number, things=pieces(order, parcel.pieces))
    if rest := still_to_come(order):
        said += "\n" + _("Still to come: {things}").format(things=rest)
    return news(order.id, said)


async def rest_cancelled(fact: RestCancelled, do: Services) -> Words:
    order = await do.shopping.order(fact.user_id, fact.order_id)
    text = _("I am sorry: the rest of order *{number}* does not come: {things}.")
    lines = [text.format(number=order.order_number, things=never_coming(order))]
    if why := called_off(fact.reason):
        lines.append(_("The reason: {reason}.").format(reason=why))
    if fact.refunding:
        back = _("{amount} goes back to you; your bank may take a few days to show it.")
        lines.append(back.format(amount=money(Money(fact.amount, fact.currency))))
    elif order.payment_status is PaymentStatus.DUE:
        lines.append(_("You pay {amount} instead.").format(amount=money(order.due)))
    return news(order.id, "\n".join(lines))


# -- returns -----------------------------------------------------------------------------


async def decided(fact: ReturnDecided, do: Services) -> Words:
    return_ = await do.shopping.goods_return(fact.user_id, fact.return_id)
    shop = await do.businesses.get(return_.business_id)
    goods = return_words.goods(return_)
    if not fact.is_accepted:
        text = _("*{shop}* cannot take back {goods} (return *{label}*). The reason: {reason}.")
        why = return_words.reason(return_.why or "")
        said = text.format(shop=shop.name, goods=goods, label=return_.label, reason=why)
        return news(return_.order_id, said)
    text = _("*{shop}* takes back {goods}.")
    lines = [text.format(shop=shop.name, goods=goods), await _how(return_.label, fact, do)]
    if return_.is_exchange:
        text = _("{others} is kept for you, and goes out when this is back.")
        lines.append(text.format(others=return_words.others(return_)))
    else:
        lines.append(_("Your money goes back as soon as it is there."))
    return news(return_.order_id, "\n".join(lines))


async def _how(label: str, fact: ReturnDecided, do: Services) -> str:
    """How to hand it back."""
    order = await do.shopping.order(fact.user_id, fact.order_id)
    if at := await _pick_up(order, do):
        text = _("Please bring it to {place}, and say return *{label}*.")
        return text.format(place=at, label=label)
    text = _("Write return *{label}* on it. To arrange how it gets to the shop, type *agent*.")
    return text.format(label=label)


async def exchange_sent(fact: ExchangeSent, do: Services) -> Words:
    order = await do.shopping.order(fact.user_id, fact.order_id)
    return_ = await do.shopping.goods_return(fact.user_id, fact.return_id)
    text = _("{others} is on its way to you, for return *{label}*. 🚚")
    if order.delivery == "pickup":
        text = _("{others} is ready, for return *{label}*. You can pick it up: {place}.")
    said = text.format(
        others=return_words.others(return_), label=return_.label, place=await _pick_up(order, do)
    )
    lines = [said, followed(_tracking(fact))]
    told = news(order.id, "\n".join(line for line in lines if line))
    return _with_link(told, order, fact.tracking_url)


NOTICES: dict[type[Fact], Notice] = {
    OrderShipped: shipped,
    ParcelDelivered: parcel_arrived,
    RestCancelled: rest_cancelled,
    ReturnDecided: decided,
    ExchangeSent: exchange_sent,
}
