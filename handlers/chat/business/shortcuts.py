"""Words of a business's member that work from anywhere: *vouchers*."""

from bot.dialog import Next, Said
from bot.language import in_every_language
from handlers.chat.business import desk, vouchers
from handlers.chat.phrases import phrases, plain
from services import Services

_VOUCHERS = phrases(in_every_language("vouchers, my vouchers, our vouchers"))


async def by_words(said: Said, do: Services) -> Next | None:
    """To the vouchers of the one business, or of which; None for who belongs to none."""
    if plain(said.text) not in _VOUCHERS:
        return None
    mine = await do.businesses.business_of(do.me.id)
    if len(mine) == 1:
        return vouchers.Vouchers(business_id=mine[0].id)
    return desk.WhichBusiness() if mine else None


def is_phrase(words: str) -> bool:
    return plain(words) in _VOUCHERS


SHORTCUTS = (by_words,)
