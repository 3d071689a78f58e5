"""Words of the shop that work from anywhere: *cart*, *track 1042*, *2x maize flour*."""

import re
from collections.abc import Awaitable, Callable

from rapidfuzz import fuzz, process

from bot.dialog import Next, Said
from bot.language import in_every_language
from handlers.chat.payments import answers
from handlers.chat.phrases import phrases, plain
from handlers.chat.shopping import addresses, browse, cart, checkout, orders, vouchers
from services import Services

SHORTEST_SLIP = 5  # characters: shorter words are too easily taken for others
CLOSE = 84  # how alike, of 100, a slip of the pen must be

_TRACK = phrases(in_every_language("track, order, where is order"))
_NUMBERED = re.compile(r"(?P<words>.+?)\s*(?:#|no\.?|number)?\s*(?P<number>\d{1,12})")
_COUNTED = re.compile(r"(?P<count>\d{1,3})\s*(?:x|×|\*)\s*(?P<name>\D.{2,60})")


def _places() -> dict[str, Callable[[Services], Awaitable[Next]]]:
    """Where whole messages lead, in every language."""
    leads: tuple[tuple[dict[str, str], Callable[[Services], Awaitable[Next]]], ...] = (
        (in_every_language("cart, my cart, basket, show cart"), cart.show),
        (in_every_language("checkout, check out, buy now"), checkout.begin),
        (in_every_language("orders, my orders, order history"), orders.mine),
        (
            in_every_language("where is my order, where's my order, track my order, track"),
            orders.where_is_my_order,
        ),
        (in_every_language("shop, shopping, products, browse"), browse.enter),
        (in_every_language("my addresses, addresses, my address"), addresses.mine),
        (
            in_every_language(
                "i paid, i have paid, paid, did it go through, did my payment go through"
            ),
            answers.did_it_go_through,
        ),
    )
    return {phrase: there for words, there in leads for phrase in phrases(words)}


_PLACES = _places()


async def by_words(said: Said, do: Services) -> Next | None:
    """A whole message that says where to go."""
    there = _PLACES.get(plain(said.text))
    return None if there is None else await there(do)


async def nearly(said: Said, do: Services) -> Next | None:
    """The same with a slip of the pen: *chekout*."""
    words = plain(said.text)
    if len(words) < SHORTEST_SLIP:
        return None
    found = process.extractOne(words, _PLACES.keys(), scorer=fuzz.ratio, score_cutoff=CLOSE)
    return None if found is None else await _PLACES[found[0]](do)


def order_meant(words: str) -> int | None:
    """The number of an order that a whole message names, by *track* or *order*."""
    found = _NUMBERED.fullmatch(plain(words))
    if found is None or found["words"].strip() not in _TRACK:
        return None
    return int(found["number"])


async def track(said: Said, do: Services) -> Next | None:
    """*track 1042*"""
    number = order_meant(said.text)
    return None if number is None else await orders.track(number, do)


async def counted(said: Said, do: Services) -> Next | None:
    """*2x maize flour*"""
    found = _COUNTED.fullmatch(said.text.strip())
    if found is None:
        return None
    return await browse.find(found["name"], do, count=int(found["count"]))


def is_phrase(words: str) -> bool:
    """Whether a whole message is one of these, spelled right."""
    if plain(words) in _PLACES or _COUNTED.fullmatch(words.strip()) or vouchers.is_phrase(words):
        return True
    return order_meant(words) is not None


async def search(said: Said, do: Services) -> Next | None:
    """Any other words: perhaps a thing we sell."""
    return await browse.find(said.text, do)


SHORTCUTS = (track, by_words, vouchers.by_words, counted)
ROUTES = (nearly, search)
