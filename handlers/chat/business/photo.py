"""A photo that a product is shown by; and after the first things of a new shop, another one."""

from typing import ClassVar

from bot.dialog import Again, Choice, Done, Go, Next, NotUnderstood, Reply, Said, Step, Words
from bot.language import _, button
from handlers.chat.business import papers
from handlers.chat.business.order import not_permitted
from handlers.chat.business.product import OwnProduct, unknown
from handlers.chat.files import sorry
from services import Services
from services.businesses.errors import NotPermitted
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.ground.files import FileCame, FileFailed


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


class MoreProducts(Step):
    """Another thing for the shelf of a new shop?"""

    tag: ClassVar[str] = "business.product-more"
    business_id: int

    async def ask(self, do: Services) -> Words:
        choices = (
            Choice.act("add-product", f"{self.business_id}:first", button("Add another")),
            Choice("done", button("That is all")),
        )
        return Reply(_("Another one?"), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        said.choice()
        return Done(await papers.ready(self.business_id, do))


STEPS: list[type[Step]] = [ProductPhoto, MoreProducts]
