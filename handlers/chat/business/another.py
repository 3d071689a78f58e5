"""After a thing of a new shop is on its shelf: another one?"""

from typing import ClassVar

from bot.dialog import Choice, Done, Next, Reply, Said, Step, Words
from bot.language import _, button
from handlers.chat.business import papers
from handlers.chat.business.order import not_permitted, permitted
from services import Services


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
        if not await permitted(self.business_id, "products", do):
            return Done(not_permitted())
        return Done(await papers.ready(self.business_id, do))


STEPS: list[type[Step]] = [MoreProducts]
