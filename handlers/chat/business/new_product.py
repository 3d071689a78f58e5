"""A new product, by a short conversation: name, price, how many, which shelf."""

from typing import ClassVar

from bot.dialog import Again, Choice, Go, Next, NotUnderstood, Said, Step, Words
from bot.language import _, button, row
from handlers.chat.business.product import OwnProduct, count_of, price_of, refused, unknown
from handlers.chat.shopping.offers import offer, opened
from services import Services
from services.ground.errors import NotFound
from services.shopping.sheets import Unusable
from services.shopping.sheets import cells as read

LONGEST_NAME = 255  # characters
ROWS = 9


class NewName(Step):
    """What a new product is called."""

    tag: ClassVar[str] = "business.new-name"
    free_text: ClassVar[bool] = True
    business_id: int

    async def ask(self, do: Services) -> Words:
        return _("What is the new product called?")

    async def answer(self, said: Said, do: Services) -> Next:
        name = read.clean(said.words(LONGEST_NAME))
        return NewProductPrice(business_id=self.business_id, name=name)


class NewProductPrice(Step):
    tag: ClassVar[str] = "business.new-price"
    strays: ClassVar[bool] = False
    business_id: int
    name: str

    async def ask(self, do: Services) -> Words:
        return _("What does *{name}* cost?").format(name=self.name)

    async def answer(self, said: Said, do: Services) -> Next:
        business = await do.businesses.get(self.business_id)
        price = price_of(said.text, business.currency)
        return NewProductStock(business_id=self.business_id, name=self.name, price=price)


class NewProductStock(Step):
    tag: ClassVar[str] = "business.new-stock"
    strays: ClassVar[bool] = False
    business_id: int
    name: str
    price: int  # minor units of the business's currency

    async def ask(self, do: Services) -> Words:
        return _("How many are there?")

    async def answer(self, said: Said, do: Services) -> Next:
        shelf = NewShelf(**self.model_dump(), stock=count_of(said.text))
        shelves = await do.shopping.categories(self.business_id, do.me.language)
        return shelf if shelves else await shelf.made("", do)


class NewShelf(Step):
    """Where a new product stands; then it is there."""

    tag: ClassVar[str] = "business.new-shelf"
    business_id: int
    name: str
    price: int
    stock: int

    async def ask(self, do: Services) -> Words:
        shelves = await do.shopping.categories(self.business_id, do.me.language)
        rows = [Choice(f"shelf:{one.id}", one.name) for one in shelves[:ROWS]]
        rows.append(Choice("none:0", row("None of these")))
        return offer(_("Where does it belong?"), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        match opened(said.choice()):
            case ("none", _number):
                return await self.made("", do)
            case ("shelf", category_id):
                shelf = await do.shopping.category(category_id, "")
                return await self.made(shelf.name, do)
        raise NotUnderstood(_("Tap a button, or type *menu*."))

    async def made(self, category: str, do: Services) -> Next:
        try:
            own = await do.shopping.add(
                do.me.id, self.business_id, self.name, self.price, self.stock, category
            )
        except NotFound:
            return Again(unknown())
        except Unusable as why:
            return Again(refused(why))
        step = OwnProduct(business_id=own.business_id, sku=own.sku)
        return Go(step, _("It is in your shop. 👌"), for_good=True)


STEPS: list[type[Step]] = [NewName, NewProductPrice, NewProductStock, NewShelf]
