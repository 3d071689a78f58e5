"""Words of the wallet that work from anywhere: *wallet*, *top up*, *top up 500*."""

import re

from bot.dialog import Next, Said
from bot.language import in_every_language
from handlers.chat.phrases import phrases, plain
from handlers.chat.wallet import contents, topping_up
from services import Services

_WALLET = phrases(in_every_language("wallet, my wallet, balance, my balance, statement"))
_TOP_UP = phrases(in_every_language("top up, topup, add money, fill my wallet"))
_WITH_AMOUNT = re.compile(r"(?P<words>\D+?)\s+(?P<amount>[0-9][0-9,.]{0,14})")


async def by_words(said: Said, do: Services) -> Next | None:
    """*wallet*, *top up*, *top up 500*"""
    words = plain(said.text)
    if words in _WALLET:
        return contents.OpenWallet()
    if words in _TOP_UP:
        return await topping_up.begin(do)
    if not _names_amount(words):
        return None
    return await _at_once(said, do)


async def _at_once(said: Said, do: Services) -> Next:
    there = await topping_up.begin(do)
    return await there.answer(said, do) if isinstance(there, topping_up.HowMuch) else there


def _names_amount(words: str) -> bool:
    found = _WITH_AMOUNT.fullmatch(words)
    return found is not None and found["words"] in _TOP_UP


def is_phrase(words: str) -> bool:
    """Whether a whole message is one of these."""
    said = plain(words)
    return said in _WALLET | _TOP_UP or _names_amount(said)
