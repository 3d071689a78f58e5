"""Searching by words: exact words and beginnings first, slips of the pen when those find little."""

import unicodedata
from typing import Any

from sqlalchemy import BigInteger, Float, Select, Text, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY

from services.shopping.cards import CARD_LIMIT, CARD_OFFSET, card_of, cards
from services.shopping.catalogue import PAGE
from services.shopping.desk import Desk
from services.shopping.goods import Card, Page, page_of
from services.shopping.tables import ProductRow

ALIKE = 0.4
"""How alike (0 to 1, pg_trgm's word similarity) a name must be to be what was meant."""

_LETTERS = frozenset(("Lu", "Ll", "Lt", "Lo", "Nd"))
_MARKS = frozenset(("Mn", "Mc"))
_WORDS = bindparam("words", type_=Text)
_BUSINESS = bindparam("business", type_=BigInteger)
_FOLDED = func.shopping_fold(_WORDS)


def _mine() -> Any:
    """`business` 0 searches every shop."""
    return or_(_BUSINESS == 0, ProductRow.business_id == _BUSINESS)


def _exact() -> Select[Any]:
    query = func.to_tsquery("simple", _FOLDED, type_=TSQUERY)
    rank = func.ts_rank(ProductRow.words, query).label("rank")
    page = (
        select(ProductRow, rank)
        .where(ProductRow.words.bool_op("@@")(query), ProductRow.is_active, _mine())
        .order_by(rank.desc(), ProductRow.name, ProductRow.id)
        .offset(CARD_OFFSET)
        .limit(CARD_LIMIT)
    )
    return cards(page, order=("-rank", "name", "id"))


def _alike() -> Select[Any]:
    rank = func.word_similarity(_FOLDED, ProductRow.folded, type_=Float).label("rank")
    page = (
        select(ProductRow, rank)
        .where(_FOLDED.bool_op("<%")(ProductRow.folded), ProductRow.is_active, _mine())
        .order_by(rank.desc(), ProductRow.name, ProductRow.id)
        .offset(CARD_OFFSET)
        .limit(CARD_LIMIT)
    )
    return cards(page, order=("-rank", "name", "id"))


_EXACT = _exact()
_ALIKE = _alike()
_SETTING = select(func.set_config("pg_trgm.word_similarity_threshold", str(ALIKE), True))


def words_of(typed: str) -> list[str]:
    """The first few words of what was typed, of plain letters and digits only.

    Compatibility forms are taken apart, and words of marks alone dropped, before PostgreSQL
    does it: its unaccent() would turn "¾" into " 3/4", which is no word of a query any more.
    """
    plain = "".join(
        character if unicodedata.category(character) in _LETTERS | _MARKS else " "
        for character in unicodedata.normalize("NFKC", typed)
    )
    return [word for word in plain.split() if unicodedata.category(word[0]) in _LETTERS][:8]


class Search(Desk):
    """Finding products by what people type."""

    async def search(
        self,
        words: str,
        business_id: int = 0,
        offset: int = 0,
        limit: int = PAGE,
        user_id: int = 0,
    ) -> Page[Card]:
        """Products for some words, best first; accents, capitals and small slips do not matter.

        Every word, or the beginning of one, in a name, tag, SKU or short description;
        if nothing has them all, names that look alike. `business_id` 0 searches every shop.
        """
        typed = words_of(words)
        if not typed:
            return Page((), offset, has_more=False)
        asked = {"business": business_id, "now": self._now, "me": user_id}
        asked |= {"offset": offset, "limit": limit + 1}
        beginnings = " & ".join(f"{word}:*" for word in typed)
        found = await self._cards(_EXACT, asked | {"words": beginnings})
        if not found and (offset == 0 or not await self._any_exact(asked, beginnings)):
            await self._tx.execute(_SETTING)
            found = await self._cards(_ALIKE, asked | {"words": " ".join(typed)})
        return page_of(found, offset, limit)

    async def _any_exact(self, asked: dict[str, Any], beginnings: str) -> bool:
        first = asked | {"words": beginnings, "offset": 0, "limit": 1}
        return bool(await self._cards(_EXACT, first))

    async def _cards(self, statement: Select[Any], asked: dict[str, Any]) -> list[Card]:
        return [card_of(row) for row in await self._tx.read(statement, asked)]
