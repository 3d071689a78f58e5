"""A business's products from its own phone: finding one, and words that change one at once."""

import re
from typing import ClassVar

from bot.dialog import Again, Choice, Next, NotUnderstood, Reply, Said, Step, Words
from bot.language import _, button, in_every_language, money
from handlers.chat.business import another, new_product, product
from handlers.chat.business.new_product import LONGEST_NAME, ROWS
from handlers.chat.business.product import (
    OwnProduct,
    changed,
    count_of,
    here,
    price_of,
    refused,
    unknown,
)
from handlers.chat.phrases import phrases
from handlers.chat.shopping.offers import more, offer, opened
from services import Services
from services.ground.errors import NotFound
from services.shopping.sheets import Own, Unusable


class Products(Step):
    """Which product a member means, or a new one."""

    tag: ClassVar[str] = "business.products"
    business_id: int
    sought: str = ""
    offset: int = 0

    async def ask(self, do: Services) -> Words:
        if await do.businesses.member(do.me.id, self.business_id) is None:
            return _("You do not belong to a business here.")
        new = Choice("new", button("New product"))
        if self.sought:
            page = await do.shopping.own_named(
                do.me.id, self.business_id, self.sought, self.offset, limit=ROWS
            )
            if page.items:
                rows = [
                    Choice(f"own:{one.product_id}", one.name, money(one.price))
                    for one in page.items
                ]
                rows += [more(page.next_offset)] if page.has_more else []
                return offer(_("Which product?"), rows, button("Products"))
            text = _("I find no product “{words}”.").format(words=self.sought)
            return Reply(text, (new,))
        text = _(
            "Which product? Type its SKU or its name.\n"
            "*stock SKU 40*, *price SKU 250*, *hide SKU* and *show SKU* work from anywhere.\n"
            "A file of products, CSV or Excel, can be sent here too."
        )
        return Reply(text, (new,))

    async def answer(self, said: Said, do: Services) -> Next:
        try:
            choice = said.choice()
        except NotUnderstood:
            return await self._typed(said.words(LONGEST_NAME), do)
        match opened(choice):
            case ("new",):
                return await new_product.begin(str(self.business_id), do)
            case ("more", offset):
                return self.model_copy(update={"offset": offset})
            case ("own", product_id):
                return await _open_product(product_id, do)
        raise NotUnderstood(_("Tap a button, or type *menu*."))

    async def _typed(self, typed: str, do: Services) -> Next:
        try:
            own = await do.shopping.own(do.me.id, typed, self.business_id)
        except (NotFound, Unusable):
            return Products(business_id=self.business_id, sought=typed)
        return OwnProduct(business_id=own.business_id, sku=own.sku)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        match opened(choice):
            case ("own", product_id):
                return await _open_product(product_id, do)
        return None


async def _open_product(product_id: int, do: Services) -> Next:
    try:
        variants = await do.shopping.own_product(do.me.id, product_id)
    except NotFound:
        return Again(unknown())
    if len(variants) == 1:
        return OwnProduct(business_id=variants[0].business_id, sku=variants[0].sku)
    return Variants(business_id=variants[0].business_id, product_id=product_id)


class Variants(Step):
    """Which variant of a product."""

    tag: ClassVar[str] = "business.variants"
    business_id: int
    product_id: int

    async def ask(self, do: Services) -> Words:
        try:
            variants = await do.shopping.own_product(do.me.id, self.product_id)
        except NotFound:
            return unknown()
        rows = [
            Choice(f"sku:{one.sku}", one.title or one.sku, f"{money(one.price)} · {here(one)}")
            for one in variants[: ROWS + 1]
        ]
        return offer(_("Which *{name}*?").format(name=variants[0].name), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        what, _colon, sku = said.choice().partition(":")
        if what != "sku":
            raise NotUnderstood(_("Tap a button, or type *menu*."))
        return OwnProduct(business_id=self.business_id, sku=sku)


# -- words that work from anywhere ------------------------------------------------------

_WORDS = re.compile(r"(?P<what>[^\W\d_]+)\s+(?P<sku>\S{1,100})(?:\s+(?P<value>\S.{0,40}))?")
_STOCK = phrases(in_every_language("stock"))
_PRICE = phrases(in_every_language("price"))
_HIDE = phrases(in_every_language("hide"))
_SHOW = phrases(in_every_language("show, unhide"))
_SET, _TURN = _STOCK | _PRICE, _STOCK | _PRICE | _HIDE | _SHOW  # with a value, and without


def is_phrase(text: str) -> bool:
    """Whether a whole message is one of these."""
    found = _WORDS.fullmatch(text.strip())
    return found is not None and found["what"].casefold() in (_SET if found["value"] else _TURN)


async def by_words(said: Said, do: Services) -> Next | None:
    """*stock SKU123 40*, *price SKU123 250*, *hide SKU123*, *show SKU123* of a member; *stock
    SKU123* shows it. For anybody else these are words like others."""
    if not do.me.is_member or not is_phrase(said.text):
        return None
    found = _WORDS.fullmatch(said.text.strip())
    if found is None:
        return None
    what, value = found["what"].casefold(), found["value"]
    try:
        own = await do.shopping.own(do.me.id, found["sku"])
    except NotFound:
        return None if what in _SHOW else Again(unknown())
    except Unusable as why:
        return Again(refused(why))
    if value:
        return await _set(own, what, value, do)
    if what in _HIDE | _SHOW:
        return await changed(own.business_id, own.sku, do, active=what in _SHOW)
    return OwnProduct(business_id=own.business_id, sku=own.sku)


async def _set(own: Own, what: str, value: str, do: Services) -> Next:
    try:
        if what in _PRICE:
            price = price_of(value, own.price.currency)
            return await changed(own.business_id, own.sku, do, price=price)
        return await changed(own.business_id, own.sku, do, stock=count_of(value))
    except NotUnderstood as why:
        return Again(str(why))


ACTIONS = {**product.ACTIONS, **new_product.ACTIONS}
STEPS: list[type[Step]] = [Products, Variants, *product.STEPS, *new_product.STEPS, *another.STEPS]
SHORTCUTS = (by_words,)
