"""Looking around: shops, shelves, what stands on them, and finding things by words."""

from typing import ClassVar

from bot.dialog import Choice, Next, Reply, Said, Step, Words
from bot.language import _, button, current, ngettext, row
from handlers.chat.shopping import product
from handlers.chat.shopping.offers import more, offer, opened, sought
from handlers.chat.shopping.words import beneath
from services import Services
from services.ground.errors import NotFound
from services.shopping import Card, Category, Page

ROWS = 9  # of a list, with one more for *More*


async def enter(do: Services) -> Next:
    """Into the shop; the person chooses which one only where there are several."""
    shops = await do.businesses.listed("shop")
    if len(shops) == 1:
        return Shelves(business_id=shops[0].id)
    return Shops()


class Shops(Step):
    tag: ClassVar[str] = "shopping.shops"
    offset: int = 0

    async def ask(self, do: Services) -> Words:
        shops = await do.businesses.listed("shop")
        if not shops:
            return _("No shop is open here right now. Please look in again a little later.")
        here = shops[self.offset : self.offset + ROWS]
        rows = [Choice(f"shop:{one.id}", one.name, one.description or "") for one in here]
        if len(shops) > self.offset + ROWS:
            rows.append(more(self.offset + ROWS))
        return offer(_("Which shop would you like to visit?"), rows, button("Shops"))

    async def answer(self, said: Said, do: Services) -> Next:
        what, number = sought(said)
        return Shops(offset=number) if what == "more" else Shelves(business_id=number)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        match opened(choice):
            case ("shop", number):
                return Shelves(business_id=number)
        return None


class Shelves(Step):
    """The categories of a shop, or those within one."""

    tag: ClassVar[str] = "shopping.shelves"
    business_id: int
    parent_id: int | None = None
    offset: int = 0

    async def ask(self, do: Services) -> Words:
        shelves = await self._shelves(do)
        rows = [_shelf_row(one) for one in shelves[self.offset : self.offset + ROWS]]
        if len(shelves) > self.offset + ROWS:
            rows.append(more(self.offset + ROWS))
        elif self.parent_id is not None and len(rows) <= ROWS:
            rows.append(Choice(f"all:{self.parent_id}", row("All of it")))
        text = _("What are you looking for? Choose a shelf, or just type what you need.")
        return offer(text, rows, button("Shelves"))

    async def answer(self, said: Said, do: Services) -> Next:
        what, number = sought(said)
        if what == "more":
            return self.model_copy(update={"offset": number})
        return await _shelf(what, number, do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        match opened(choice):
            case (("shelf" | "all") as what, number):
                return await _shelf(what, number, do)
        return None

    async def _shelves(self, do: Services) -> list[Category]:
        if self.parent_id is None:
            return await do.shopping.categories(self.business_id, current())
        return await do.shopping.subcategories(self.parent_id, current())


def _shelf_row(one: Category) -> Choice:
    count = ngettext("{count} thing", "{count} things", one.count).format(count=one.count)
    return Choice(f"shelf:{one.id}", one.name, count)


async def _shelf(what: str, category_id: int, do: Services) -> Next:
    """Onto a shelf; one that holds shelves is opened like a shop."""
    if what == "shelf":
        try:
            category = await do.shopping.category(category_id, current())
        except NotFound:  # the shelf itself says so
            return Shelf(category_id=category_id)
        if category.holds_shelves:
            return Shelves(business_id=category.business_id, parent_id=category_id)
    return Shelf(category_id=category_id)


class Shelf(Step):
    """What stands on one shelf."""

    tag: ClassVar[str] = "shopping.shelf"
    category_id: int
    offset: int = 0

    async def ask(self, do: Services) -> Words:
        try:
            category = await do.shopping.category(self.category_id, current())
        except NotFound:
            return _("That shelf was cleared away. Type *back* to see the others.")
        page = await do.shopping.category_page(self.category_id, self.offset, user_id=do.me.id)
        if not page.items:
            return _("*{shelf}* is empty right now. Type *back* to see the others.").format(
                shelf=category.name
            )
        text = _("*{shelf}*: what would you like a closer look at?").format(shelf=category.name)
        return listed(text, page)

    async def answer(self, said: Said, do: Services) -> Next:
        what, number = sought(said)
        if what == "more":
            return self.model_copy(update={"offset": number})
        return await product.look(number, do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _reopened(choice, do)


class Found(Step):
    """What a few words found."""

    tag: ClassVar[str] = "shopping.found"
    words: str
    offset: int = 0
    count: int = 0  # how many were wished for, when that was said

    async def ask(self, do: Services) -> Words:
        page = await do.shopping.search(self.words, offset=self.offset, user_id=do.me.id)
        if not page.items:
            return _("I find nothing called “{words}” any more.").format(words=self.words)
        return listed(_("This is what I found for “{words}”:").format(words=self.words), page)

    async def answer(self, said: Said, do: Services) -> Next:
        what, number = sought(said)
        if what == "more":
            return self.model_copy(update={"offset": number})
        return await product.look(number, do, self.count)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _reopened(choice, do)


async def find(words: str, do: Services, count: int = 0) -> Next | None:
    """To what some typed words name; None when nothing does."""
    words = words.strip()[:80]
    if len(words) < 3:
        return None
    page = await do.shopping.search(words, user_id=do.me.id)
    match page.items:
        case ():
            return None
        case (only,):
            return await product.look(only.id, do, count)
        case _:
            return Found(words=words, count=count)


async def _reopened(choice: str, do: Services) -> Next | None:
    match opened(choice):
        case ("product", number):
            return await product.look(number, do)
    return None


def listed(text: str, page: Page[Card]) -> Reply:
    rows = [Choice(f"product:{card.id}", card.name, beneath(card)) for card in page.items]
    if page.has_more:
        rows.append(more(page.next_offset))
    return offer(text, rows, button("Choose"))


STEPS: list[type[Step]] = [Shops, Shelves, Shelf, Found]
