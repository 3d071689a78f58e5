"""Words of a business's member that work from anywhere: *vouchers*, *order 1042*."""

from bot.dialog import Next, Said
from bot.language import in_every_language
from handlers.chat.business import desk, vouchers
from handlers.chat.business.order import look
from handlers.chat.phrases import phrases, plain
from handlers.chat.shopping.shortcuts import order_meant
from services import Services
from services.ground.errors import NotFound

_VOUCHERS = phrases(in_every_language("vouchers, my vouchers, our vouchers"))


async def by_words(said: Said, do: Services) -> Next | None:
    """To the vouchers of the one business, or of which; None for who belongs to none."""
    if plain(said.text) not in _VOUCHERS:
        return None
    mine = await do.businesses.business_of(do.me.id)
    if len(mine) == 1:
        return vouchers.Vouchers(business_id=mine[0].id)
    return desk.WhichBusiness() if mine else None


async def their_order(said: Said, do: Services) -> Next | None:
    """*order 1042*, as the code on a customer's receipt says: an order of their business."""
    number = order_meant(said.text) if do.me.is_member else None
    if number is None:
        return None
    try:
        order = await do.shopping.order_by_number(do.me.id, number)
    except NotFound:
        return None
    return None if order.user_id == do.me.id else await look(order.id, do)


def is_phrase(words: str) -> bool:
    return plain(words) in _VOUCHERS


SHORTCUTS = (by_words, their_order)
