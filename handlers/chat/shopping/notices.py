"""What the buyer is told of an order, whenever it happens."""

from bot.dialog import Choice, Notice, Reply, Template, Words
from bot.language import _, button, money, row
from handlers.chat.payments import receipts, renewing
from handlers.chat.shopping import rating
from handlers.chat.shopping.order_words import called_off, news
from handlers.chat.shopping.words import named
from services import Services
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.shopping import OrderStatus, ReviewStatus
from services.shopping.facts import (
    OrderAccepted,
    OrderCancelled,
    OrderDelivered,
    OrderExpired,
    OrderFact,
    OrderPaid,
    ReviewAsk,
    ReviewRefused,
)


def _update(fact: OrderFact, text: str) -> Reply:
    return news(fact.order_id, text)


async def paid(fact: OrderPaid, do: Services) -> Words:
    return await receipts.receipt(fact.order_id, do)


async def accepted(fact: OrderAccepted, do: Services) -> Words:
    order = await do.shopping.order(fact.user_id, fact.order_id)
    shop = await do.businesses.get(order.business_id)
    text = _("*{shop}* has accepted order *{number}* and is preparing it.")
    return _update(fact, text.format(shop=shop.name, number=fact.order_number))


async def delivered(fact: OrderDelivered, do: Services) -> Words:
    order = await do.shopping.order(fact.user_id, fact.order_id)
    if order.delivery == "pickup":
        text = _("Thank you for picking up order *{number}*. Enjoy it!")
    else:
        text = _("Order *{number}* has arrived. Enjoy it!")
    return _update(fact, text.format(number=fact.order_number))


async def cancelled(fact: OrderCancelled, do: Services) -> Words:
    text = _("I am sorry: the shop had to cancel order *{number}*.").format(
        number=fact.order_number
    )
    if why := called_off(fact.reason):
        text += "\n" + _("The reason: {reason}.").format(reason=why)
    if fact.refunding:
        order = await do.shopping.order(fact.user_id, fact.order_id)
        back = _("{amount} goes back to you; your bank may take a few days to show it.")
        text += "\n" + back.format(amount=money(order.total))
    return _update(fact, text)


async def expired(fact: OrderExpired, do: Services) -> Words:
    return await renewing.lapsed(await do.shopping.purchase(fact.user_id, fact.order_id), do)


async def how_was_it(fact: ReviewAsk, do: Services) -> Words:
    """Asked once: of what has no stars yet, and was not given back meanwhile."""
    order = await do.shopping.order(fact.user_id, fact.order_id)
    lines = [one for one in await rating.rateable(order.id, do) if one.review is None]
    if not lines or order.status not in (OrderStatus.DELIVERED, OrderStatus.COMPLETED):
        return ""
    names = ", ".join(named(one.name, one.title) for one in lines)
    if len(lines) == 1:
        text = _("How do you like *{name}*? A few stars help others to choose.").format(name=names)
        later = Choice.act("rate-later", order.id, row("Not now"))
        choices = (*rating.star_buttons(lines[0].order_item_id), later)
        return Reply(text, choices, button("Stars"), template=Template("review_ask", (names,)))
    text = _("How do you like what you ordered: {names}? A few stars help others to choose.")
    choices = (
        Choice.act("rate-order", order.id, button("Rate it")),
        Choice.act("rate-later", order.id, button("Not now")),
    )
    template = Template("review_ask_several", (names,))
    return Reply(text.format(names=names), choices, template=template)


async def review_refused(fact: ReviewRefused, do: Services) -> Words:
    try:
        review = await do.shopping.review(fact.review_id, fact.user_id)
    except NotFound:
        return ""
    if review.edition != fact.edition or review.status is not ReviewStatus.REFUSED:
        return ""
    why = _refusal(fact.reason)
    text = _(
        "Your review of *{product}* is not published. The reason: {reason}. You can write it anew."
    ).format(product=review.product, reason=why)
    choices = (Choice.act("rate", review.order_item_id, button("Write it anew")),)
    template = Template("review_refused", (review.product, why))
    return Reply(text, choices, template=template)


def _refusal(code: str) -> str:
    known = {"rude": _("it is rude"), "elsewhere": _("it is not about the goods")}
    return known.get(code, code.rstrip("."))


NOTICES: dict[type[Fact], Notice] = {
    OrderPaid: paid,
    OrderAccepted: accepted,
    OrderDelivered: delivered,
    OrderCancelled: cancelled,
    OrderExpired: expired,
    ReviewAsk: how_was_it,
    ReviewRefused: review_refused,
}
