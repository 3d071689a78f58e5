"""One product as its business sees it: price, stock, its photo, shown or hidden."""

from collections.abc import Callable
from typing import Any, ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Go,
    Next,
    NotUnderstood,
    Reply,
    Said,
    Step,
    Words,
)
from bot.language import _, button, money
from handlers.chat.business.another import MoreProducts
from handlers.chat.business.order import not_permitted
from handlers.chat.files import sorry
from handlers.chat.taps import number_of
from handlers.documents import products as words
from services import Services
from services.businesses.errors import NotPermitted
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.ground.files import FileCame, FileFailed
from services.shopping.sheets import Own, Problem, Unusable
from services.shopping.sheets import cells as read


def unknown() -> str:
    return _("I find no such product of your business.")


async def _own(business_id: int, sku: str, do: Services) -> Own | None:
    try:
        return await do.shopping.own(do.me.id, sku, business_id)
    except (NotFound, Unusable):
        return None


class OwnProduct(Step):
    """One product as its business sees it, with what can be changed about it."""

    tag: ClassVar[str] = "business.product"
    takes: ClassVar[frozenset[str]] = frozenset({"image"})
    business_id: int
    sku: str

    async def ask(self, do: Services) -> Words:
        if (own := await _own(self.business_id, self.sku, do)) is None:
            return unknown()
        bare = "" if own.has_picture else _("It has no picture yet: just send me a photo.")
        return Reply("\n\n".join(part for part in (about(own), bare) if part), _changes(own))

    async def answer(self, said: Said, do: Services) -> Next:
        if said.attachment is not None:
            return await ProductPhoto(business_id=self.business_id, sku=self.sku).answer(said, do)
        raise NotUnderstood(_("Tap a button, or type *menu*."))


def _changes(own: Own) -> tuple[Choice, ...]:
    of = f"{own.business_id}:{own.sku}"
    turn = (
        Choice.act("own-hide", of, button("Hide"))
        if own.is_shown
        else Choice.act("own-show", of, button("Show"))
    )
    price, stock = Choice.act("own-price", of, button("Price")), button("Stock")
    return (price, Choice.act("own-stock", of, stock), turn)


def about(own: Own) -> str:
    """A product in a few lines, for its own business."""
    name = f"*{own.name}*, {own.title}" if own.title else f"*{own.name}*"
    price = money(own.price)
    if own.compare_at is not None:
        price = _("{price}, before {former}").format(price=price, former=money(own.compare_at))
    lines = [name, own.sku, price, here(own)]
    return "\n".join(lines if own.is_shown else [*lines, _("Hidden: customers do not see it.")])


def here(own: Own) -> str:
    if own.promised:
        text = _("{count} in stock, {promised} of them for orders")
        return text.format(count=own.stock, promised=own.promised)
    return _("{count} in stock").format(count=own.stock)


async def changed(business_id: int, sku: str, do: Services, **values: Any) -> Next:
    """Change a product (of any business of theirs: 0) and show it; what cannot be is said."""
    try:
        own = await do.shopping.own(do.me.id, sku, business_id)
        own = await do.shopping.change(do.me.id, own.business_id, own.sku, **values)
    except NotFound:
        return Again(unknown())
    except NotPermitted:
        return Again(not_permitted())
    except Unusable as why:
        return Again(refused(why))
    return OwnProduct(business_id=own.business_id, sku=own.sku)


def refused(why: Unusable) -> str:
    problem = words.problem(Problem(0, "", why.column, why.why, why.given))
    return _("I left it as it is: {problem}.").format(problem=problem)


class ProductPhoto(Step):
    """A photo sells it; without one it is listed by its name."""

    tag: ClassVar[str] = "business.product-photo"
    takes: ClassVar[frozenset[str]] = frozenset({"image"})
    strays: ClassVar[bool] = False
    business_id: int
    sku: str
    is_first: bool = False  # of a shop that is being opened
    expected: int = 0  # the id of a photo that is on its way

    async def ask(self, do: Services) -> Words:
        if self.expected:
            return _("Thank you, one moment…")
        text = _("Now a photo of it, if you have one: it sells better with one.")
        return Reply(text, (Choice("none", button("No photo")),))

    async def answer(self, said: Said, do: Services) -> Next:
        if self.expected:
            return Again(_("One moment please, your file is still on its way."), quietly=True)
        if said.attachment is None:
            said.choice()
            return self._after()
        if not said.attachment.file_id:
            raise NotUnderstood(sorry("expired"))
        return self.model_copy(update={"expected": said.attachment.file_id})

    async def hear(self, fact: Fact, do: Services) -> Next | None:
        match fact:
            case FileCame(file_id=id_) if id_ == self.expected:
                return await self._came(fact.file_key, do)
            case FileFailed(file_id=id_) if id_ == self.expected:
                return Go(self.model_copy(update={"expected": 0}), sorry(fact.why))
        return None

    async def _came(self, key: str, do: Services) -> Next:
        try:
            own = await do.shopping.own(do.me.id, self.sku, self.business_id)
            await do.shopping.set_picture(do.me.id, own.product_id, key)
        except NotFound:
            return Done(unknown())
        except NotPermitted:
            return Done(not_permitted())
        return Go(self._after(), _("That is its picture now. 👌"), for_good=True)

    def _after(self) -> Step:
        if self.is_first:
            return MoreProducts(business_id=self.business_id)
        return OwnProduct(business_id=self.business_id, sku=self.sku)


class NewPrice(Step):
    tag: ClassVar[str] = "business.price"
    strays: ClassVar[bool] = False
    business_id: int
    sku: str

    async def ask(self, do: Services) -> Words:
        if (own := await _own(self.business_id, self.sku, do)) is None:
            return unknown()
        text = _("What does *{name}* cost from now on? Now it is {price}.")
        return text.format(name=own.name, price=money(own.price))

    async def answer(self, said: Said, do: Services) -> Next:
        business = await do.businesses.get(self.business_id)
        price = price_of(said.text, business.currency)
        return await changed(self.business_id, self.sku, do, price=price)


class NewStock(Step):
    tag: ClassVar[str] = "business.stock"
    strays: ClassVar[bool] = False
    business_id: int
    sku: str

    async def ask(self, do: Services) -> Words:
        if (own := await _own(self.business_id, self.sku, do)) is None:
            return unknown()
        text = _("How many *{name}* are there? I count {here}.")
        return text.format(name=own.name, here=here(own))

    async def answer(self, said: Said, do: Services) -> Next:
        return await changed(self.business_id, self.sku, do, stock=count_of(said.text))


def price_of(typed: str, currency: str) -> int:
    return _needed("price", lambda: read.amount(typed, currency))


def count_of(typed: str) -> int:
    return _needed("stock", lambda: read.count(typed))


def _needed(column: str, reads: Callable[[], int | None]) -> int:
    """Raises NotUnderstood."""
    try:
        value = reads()
    except Unusable as why:
        said = words.problem(Problem(0, "", column, why.why, why.given))
        raise NotUnderstood(_("I cannot use that: {problem}.").format(problem=said)) from why
    if value is None:
        raise NotUnderstood(_("Please type a number."))
    return value


async def _ask_price(argument: str, do: Services) -> Next:
    business_id, sku = _opened(argument)
    return NewPrice(business_id=business_id, sku=sku)


async def _ask_stock(argument: str, do: Services) -> Next:
    business_id, sku = _opened(argument)
    return NewStock(business_id=business_id, sku=sku)


async def _hide(argument: str, do: Services) -> Next:
    return await changed(*_opened(argument), do, active=False)


async def _show(argument: str, do: Services) -> Next:
    return await changed(*_opened(argument), do, active=True)


def _opened(argument: str) -> tuple[int, str]:
    number, _colon, sku = argument.partition(":")
    return number_of(number), sku


ACTIONS: dict[str, Action] = {
    "own-price": _ask_price,
    "own-stock": _ask_stock,
    "own-hide": _hide,
    "own-show": _show,
}
STEPS: list[type[Step]] = [OwnProduct, ProductPhoto, NewPrice, NewStock]
