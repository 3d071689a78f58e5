"""Searching by words: exact words and beginnings first, slips of the pen when those find little.

However much there is, little is read: words are looked up in indexes, and of what has them only
so many are compared with each other. A slip is mended word by word, among the words that products
have: far fewer than products.
"""

import unicodedata
from collections.abc import AsyncIterator
from itertools import combinations
from typing import Any

from rapidfuzz.distance import OSA
from sqlalchemy import ARRAY, BigInteger, Float, Select, Text, bindparam, func, or_, select, true
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import aliased

from services.businesses import selling
from services.shopping.cards import CARD_LIMIT, CARD_OFFSET, card_of, cards
from services.shopping.catalogue import PAGE
from services.shopping.desk import Desk
from services.shopping.goods import Card, Page, page_of
from services.shopping.tables import ProductRow, WordRow

COMPARED = 400
"""Of how many products that have the words the best are chosen: many more pages than anybody
turns."""
ALIKE = 0.2
"""How alike (0 to 1, pg_trgm's similarity) a word must be to be looked at as what was meant."""
CLOSE = 0.65
"""How much of a word (0 to 1) must stand in its place to be what was meant."""
LOOKED_AT, TAKEN = 12, 3  # words that may have been meant by one
SHORTEST_BEGINNING = 3  # letters; what begins with fewer is much of a shop
SHORTEST_PART = 3  # letters of a word that was written together with another
MENDED = 5  # words of a question whose slips are mended
PAIRED = 4  # of those, that are sought two by two when no product has them all

_LETTERS = frozenset(("Lu", "Ll", "Lt", "Lo", "Nd"))
_MARKS = frozenset(("Mn", "Mc"))
_WORDS = bindparam("words", type_=Text)  # a tsquery
_TYPED = bindparam("typed", type_=Text)
_BUSINESS = bindparam("business", type_=BigInteger)


def _mine() -> Any:
    """`business` 0 searches every shop that sells."""
    here = or_(_BUSINESS == 0, ProductRow.business_id == _BUSINESS)
    return here & ProductRow.business_id.in_(selling())


_QUERY = func.to_tsquery("simple", func.shopping_fold(_WORDS), type_=TSQUERY)


def _found(alike: bool) -> Select[Any]:
    """Cards of what has the words: ranked by them, or by how `alike` it is to what was typed."""
    having = select(ProductRow).where(
        ProductRow.words.bool_op("@@")(_QUERY), ProductRow.is_active, _mine()
    )
    product = aliased(ProductRow, having.limit(COMPARED).subquery("having"))
    rank = func.ts_rank(product.words, _QUERY)
    if alike:
        rank = func.word_similarity(func.shopping_fold(_TYPED), product.folded, type_=Float)
    page = (
        select(product, rank.label("rank"))
        .order_by(rank.desc(), product.name, product.id)
        .offset(CARD_OFFSET)
        .limit(CARD_LIMIT)
    )
    return cards(page, order=("-rank", "name", "id"))


_EXACT = _found(alike=False)
_ALIKE = _found(alike=True)


def _near() -> Select[Any]:
    """The words of products that are most like each of some words."""
    typed = (
        func.unnest(bindparam("every", type_=ARRAY(Text)))
        .table_valued("word", name="typed")
        .render_derived()
    )
    folded = func.shopping_fold(typed.c.word)
    like = (
        select(WordRow.word)
        .where(WordRow.word.bool_op("%")(folded))
        .order_by(func.similarity(WordRow.word, folded).desc(), WordRow.word)
        .limit(LOOKED_AT)
        .lateral("near")
    )
    return select(typed.c.word.label("typed"), folded.label("folded"), like.c.word).select_from(
        typed.join(like, true())
    )


_NEAR = _near()
_KNOWN = select(WordRow.word).where(WordRow.word == func.any(bindparam("every", type_=ARRAY(Text))))
_SETTING = select(func.set_config("pg_trgm.similarity_threshold", str(ALIKE), True))


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
        asked: dict[str, Any] = {"business": business_id, "now": self._now, "me": user_id}
        async for statement, query in self._ways(typed):
            asked |= {"words": query, "typed": " ".join(typed)}
            here = {"offset": offset, "limit": limit + 1}
            found = await self._cards(statement, asked | here)
            first = {"offset": 0, "limit": 1}
            if found or (offset and await self._cards(statement, asked | first)):
                return page_of(found, offset, limit)
        return Page((), offset, has_more=False)

    async def _ways(self, typed: list[str]) -> AsyncIterator[tuple[Select[Any], str]]:
        """What to ask for, one after the other until something is found."""
        yield _EXACT, " & ".join(map(_beginning, typed))
        meant = await self._meant(typed[:MENDED])
        if not meant:
            return
        yield _ALIKE, " & ".join(meant)
        if len(meant) > 1:  # not all of them: two, or one of two
            some = combinations(meant[:PAIRED], 2 if len(meant) > 2 else 1)
            yield _ALIKE, " | ".join(f"({' & '.join(each)})" for each in some)

    async def _meant(self, typed: list[str]) -> list[str]:
        """For each word that may mean something, a query of what it may mean."""
        near, apart = await self._near(typed), await self._apart(typed)
        asked = (
            _either(word, near.get(word, []), apart.get(word, []))
            for word in typed
            if len(word) >= SHORTEST_BEGINNING or [word] == typed
        )
        return [query for query in asked if query]

    async def _near(self, typed: list[str]) -> dict[str, list[tuple[float, str]]]:
        """The words of products each may be a slip of, the closest (1: itself) first."""
        await self._tx.execute(_SETTING)
        near: dict[str, list[tuple[float, str]]] = {}
        for row in await self._tx.execute(_NEAR, {"every": typed}):
            close = OSA.normalized_similarity(row.folded, row.word)
            if close >= CLOSE:
                near.setdefault(row.typed, []).append((close, row.word))
        return {word: sorted(found, reverse=True)[:TAKEN] for word, found in near.items()}

    async def _apart(self, typed: list[str]) -> dict[str, list[str]]:
        """Two words that were written as one: "mangojuice"."""
        pairs = {
            word: [
                (word[:cut], word[cut:])
                for cut in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
            ]
            for word in typed
        }
        every = sorted({part for cuts in pairs.values() for pair in cuts for part in pair})
        known = await self._known(every) if every else frozenset()
        return {
            word: [f"({a} & {b})" for a, b in cuts if a in known and b in known]
            for word, cuts in pairs.items()
        }

    async def _known(self, words: list[str]) -> frozenset[str]:
        found = await self._tx.execute(_KNOWN, {"every": words})
        return frozenset(found.scalars())

    async def _cards(self, statement: Select[Any], asked: dict[str, Any]) -> list[Card]:
        return [card_of(row) for row in await self._tx.read(statement, asked)]


def _either(word: str, near: list[tuple[float, str]], apart: list[str]) -> str:
    """A query of what a word may mean; "" for nothing. What no product is named may still begin a
    word of a description."""
    either = [other for _close, other in near] + apart
    is_known = bool(near) and near[0][0] == 1
    if not is_known and (either or len(word) == 2):
        either.append(f"{word}:*")
    return f"({' | '.join(either)})" if either else ""


def _beginning(word: str) -> str:
    return f"{word}:*" if len(word) >= SHORTEST_BEGINNING else word
