"""A new product, by a short conversation: name, price, how many, which shelf; then a photo."""

from collections.abc import Sequence
from typing import ClassVar

from bot.dialog import Action, Again, Choice, Go, Next, NotUnderstood, Said, Step, Words
from bot.language import _, button, money, row
from handlers.chat.business.order import not_permitted, permitted
from handlers.chat.business.product import (
    ProductPhoto,
    count_of,
    price_of,
    refused,
    unknown,
)
from handlers.chat.shopping.offers import offer, opened
from handlers.chat.taps import number_of
from services import Services
from services.businesses.errors import NotPermitted
from services.ground.errors import NotFound
from services.shopping.sheets import Unusable
from services.shopping.sheets import cells as read

LONGEST_NAME = 255  # characters
ROWS = 9


async def begin(argument: str, do: Services) -> Next:
    """The button *Add a product*."""
    business, _colon, first = argument.partition(":")
    business_id = number_of(business)
    if not await permitted(business_id, "products", do):
        return Again(not_permitted(), quietly=True)
    return NewName(business_id=business_id, is_first=bool(first))


class NewName(Step):
    """What a new product is called."""

    tag: ClassVar[str] = "business.new-name"
    free_text: ClassVar[bool] = True
    business_id: int
    is_first: bool = False  # of a shop that is being opened

    @classmethod
    def together(cls, texts: Sequence[str]) -> str:
        return " ".join(texts)

    async def ask(self, do: Services) -> Words:
        return _("What is it called? For example “Tomatoes 1 kg”.")

    async def answer(self, said: Said, do: Services) -> Next:
        name = read.clean(said.words(LONGEST_NAME))
        return NewProductPrice(**self.model_dump(), name=name)


class NewProductPrice(Step):
    tag: ClassVar[str] = "business.new-price"
    strays: ClassVar[bool] = False
    business_id: int
    is_first: bool = False
    name: str

    async def ask(self, do: Services) -> Words:
        business = await do.businesses.get(self.business_id)
        text = _("What does *{name}* cost? Type an amount in {currency}.")
        return text.format(name=self.name, currency=business.currency)

    async def answer(self, said: Said, do: Services) -> Next:
        business = await do.businesses.get(self.business_id)
        price = price_of(said.text, business.currency)
        return NewProductStock(**self.model_dump(), price=price)


class NewProductStock(Step):
    tag: ClassVar[str] = "business.new-stock"
    strays: ClassVar[bool] = False
    business_id: int
    is_first: bool = False
    name: str
    price: int  # minor units of the business's currency

    async def ask(self, do: Services) -> Words:
        return _("How many do you have? Type a number.")

    async def answer(self, said: Said, do: Services) -> Next:
        shelf = NewShelf(**self.model_dump(), stock=count_of(said.text))
        shelves = await do.shopping.shelves(do.me.id, self.business_id, do.me.language)
        if len(shelves) > 1:
            return shelf
        return await shelf.made(shelves[0].name if shelves else "", do)


class NewShelf(Step):
    """Where a new product stands; then it is there."""

    tag: ClassVar[str] = "business.new-shelf"
    business_id: int
    is_first: bool = False
    name: str
    price: int
    stock: int

    async def ask(self, do: Services) -> Words:
        shelves = await do.shopping.shelves(do.me.id, self.business_id, do.me.language)
        rows = [Choice(f"shelf:{one.id}", one.label) for one in shelves[:ROWS]]
        rows.append(Choice("none:0", row("None of these")))
        return offer(_("Where does it belong?"), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        match opened(said.choice()):
            case ("none", _number):
                return await self.made("", do)
            case ("shelf", shelf_id):
                shelves = await do.shopping.shelves(do.me.id, self.business_id, "")
                if found := [one.name for one in shelves if one.id == shelf_id]:
                    return await self.made(found[0], do)
        raise NotUnderstood(_("Tap a button, or type *menu*."))

    async def made(self, category: str, do: Services) -> Next:
        try:
            own = await do.shopping.add(
                do.me.id, self.business_id, self.name, self.price, self.stock, category
            )
        except NotFound:
            return Again(unknown())
        except NotPermitted:
            return Again(not_permitted())
        except Unusable as why:
            return Again(refused(why))
        text = _("*{name}* is on your shelf: {count} for {price} each.").format(
            name=own.name, count=own.stock, price=money(own.price)
        )
        photo = ProductPhoto(business_id=own.business_id, sku=own.sku, is_first=self.is_first)
        return Go(photo, text, for_good=True)


ACTIONS: dict[str, Action] = {"add-product": begin}
STEPS: list[type[Step]] = [NewName, NewProductPrice, NewProductStock, NewShelf]
