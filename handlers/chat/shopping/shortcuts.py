"""Words of the shop that work from anywhere: *cart*, *track 1042*, *2x maize flour*."""

import re

from bot.dialog import Next, Said
from bot.language import in_every_language
from handlers.chat import payments
from handlers.chat.phrases import phrases, plain
from handlers.chat.shopping import browse, cart, checkout, orders
from services import Services

_TRACK = phrases(in_every_language("track, order, where is order"))
_CART = phrases(in_every_language("cart, my cart, basket, show cart"))
_CHECKOUT = phrases(in_every_language("checkout, check out, buy now"))
_ORDERS = phrases(in_every_language("orders, my orders, order history"))
_WHERE = phrases(
    in_every_language("where is my order, where's my order, wheres my order, track my order, track")
)
_SHOP = phrases(in_every_language("shop, shopping, products, browse"))
_PAID = phrases(
    in_every_language(
        "i paid, i have paid, paid, did it go through, did my payment go through, "
        "did the payment go through"
    )
)
_NUMBERED = re.compile(r"(?P<words>.+?)\s*(?:#|no\.?|number)?\s*(?P<number>\d{1,12})")
_COUNTED = re.compile(r"(?P<count>\d{1,3})\s*(?:x|×|\*)\s*(?P<name>\D.{2,60})")


async def by_words(said: Said, do: Services) -> Next | None:
    """A whole message that says where to go."""
    words = plain(said.text)
    if words in _WHERE:
        return await orders.where_is_my_order(do)
    if words in _CART:
        return cart.OpenCart()
    if words in _CHECKOUT:
        return await checkout.begin(do)
    if words in _ORDERS:
        return orders.MyOrders()
    if words in _SHOP:
        return await browse.enter(do)
    if words in _PAID:
        return await payments.did_it_go_through(do)
    return None


async def track(said: Said, do: Services) -> Next | None:
    """*track 1042*"""
    found = _NUMBERED.fullmatch(plain(said.text))
    if found is None or found["words"].strip() not in _TRACK:
        return None
    return await orders.track(int(found["number"]), do)


async def counted(said: Said, do: Services) -> Next | None:
    """*2x maize flour*"""
    found = _COUNTED.fullmatch(said.text.strip())
    if found is None:
        return None
    return await browse.find(found["name"], do, count=int(found["count"]))


async def search(said: Said, do: Services) -> Next | None:
    """Any other words: perhaps a thing we sell."""
    return await browse.find(said.text, do)


SHORTCUTS = (track, by_words, counted)
ROUTES = (search,)
