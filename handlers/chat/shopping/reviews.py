"""What others say of a product: the newest first, a bubble each."""

from typing import ClassVar

from bot.dialog import Action, Again, Choice, Media, Next, Reply, Said, Step, Words
from bot.language import _, button, day, ngettext
from handlers.chat.names import first_name
from handlers.chat.shopping import product
from handlers.chat.shopping.offers import opened
from handlers.chat.shopping.words import rated, star_line
from handlers.chat.taps import number_of
from services import Services
from services.ground.errors import NotFound
from services.shopping import NotYours, Review


class Reviews(Step):
    """The reviews of a product, three at a time."""

    tag: ClassVar[str] = "shopping.reviews"
    product_id: int
    offset: int = 0

    async def ask(self, do: Services) -> Words:
        return (*await self._bubbles(do), await self.ask_again(do))

    async def ask_again(self, do: Services) -> Reply:
        """What to do next, without the reviews once more."""
        page = await do.shopping.reviews_of(self.product_id, self.offset)
        choices = [Choice(f"product:{self.product_id}", button("See the product"))]
        if page.has_more:
            more = f"more:{self.product_id}:{page.next_offset}"
            choices.append(Choice(more, button("More reviews")))
        return Reply(await self._head(do), tuple(choices))

    async def answer(self, said: Said, do: Services) -> Next:
        return await _chosen(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _chosen(choice, do)

    async def _bubbles(self, do: Services) -> tuple[Reply, ...]:
        page = await do.shopping.reviews_of(self.product_id, self.offset)
        return tuple(_bubble(one, do) for one in page.items)

    async def _head(self, do: Services) -> str:
        try:
            found = await do.shopping.product(self.product_id, user_id=do.me.id)
        except NotFound:
            return _("That one is not sold any more.")
        if not found.reviews_here:
            return _("*{name}* has no reviews to read yet.").format(name=found.name)
        return f"*{found.name}*\n{rated(found)}"


async def _chosen(choice: str, do: Services) -> Next:
    match opened(choice):
        case ("more", product_id, offset):
            return Reviews(product_id=product_id, offset=offset)
        case ("product", product_id):
            return await product.look(product_id, do)
    return Again()


def _bubble(review: Review, do: Services) -> Reply:
    name = first_name(review.author) if review.author else _("A customer")
    on = day(review.written_at, do.me.time_zone, do.now)
    lines = [f"{star_line(review.rating)} *{name}* · {on}", review.content or ""]
    if review.helpful:
        found = ngettext(
            "{count} person found this helpful", "{count} people found this helpful", review.helpful
        )
        lines.append(f"_{found.format(count=review.helpful)}_")
    if review.user_id == do.me.id:
        choices = (Choice.act("rate", review.order_item_id, button("Change it")),)
    else:
        choices = (Choice.act("helpful", review.id, button("Helpful")),)
    return Reply("\n".join(line for line in lines if line), choices, image=photo(review))


def photo(review: Review) -> Media | None:
    return None if review.photo is None else Media(f"/files/{review.photo}")


async def helpful(argument: str, do: Services) -> Next:
    """The button *Helpful* of one review."""
    try:
        first = await do.shopping.found_helpful(do.me.id, number_of(argument))
    except NotFound:
        return Again(_("That review is not there any more."), quietly=True)
    except NotYours:
        return Again(_("That one is your own. 😊"), quietly=True)
    if first:
        return Again(_("Thank you, I have noted that it helped you."), quietly=True)
    return Again(_("I have noted that already, thank you."), quietly=True)


ACTIONS: dict[str, Action] = {"helpful": helpful}
STEPS: list[type[Step]] = [Reviews]
