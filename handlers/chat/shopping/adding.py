"""Into the cart: what stands in the way, and what follows."""

from typing import ClassVar

from bot.dialog import Again, Back, Choice, Go, Next, Reply, Said, Step, Words
from bot.language import _, button, ngettext
from handlers.chat.shopping import browse, cart, checkout, product
from handlers.chat.shopping.offers import opened
from handlers.chat.shopping.words import named, running_total
from services import Services
from services.ground.errors import NotFound
from services.shopping import OnlyLeft, OtherCurrency, Product, SoldOut, TooMany


async def sold(product_id: int, do: Services) -> Product | None:
    """A product as this person can have it, or None when it is not sold any more."""
    try:
        return await do.shopping.product(product_id, user_id=do.me.id)
    except NotFound:
        return None


async def put(product_id: int, variant_id: int, count: int, do: Services) -> Next:
    """Into the cart; or what stands in the way, and what can be done about it."""
    try:
        await do.shopping.add_to_cart(do.me.id, variant_id, count)
    except SoldOut:
        return Go(
            product.ProductCard(product_id=product_id), _("Somebody was faster: that one is gone.")
        )
    except OnlyLeft as short:
        return _fewer(product_id, variant_id, short)
    except TooMany as many:
        return Again(_at_most(many))
    except OtherCurrency as other:
        return SwitchShop(
            product_id=product_id, variant_id=variant_id, count=count, business_id=other.business_id
        )
    except NotFound:
        return Again(_("That one is not sold any more."))
    return Added(variant_id=variant_id, count=count)


def _fewer(product_id: int, variant_id: int, short: OnlyLeft) -> Next:
    more = short.left - short.in_cart
    if more > 0:
        return Fewer(product_id=product_id, variant_id=variant_id, name=short.name, count=more)
    return Again(
        ngettext(
            "{count} {name} is left, and you have it in your cart already.",
            "{count} {name} are left, and you have them all in your cart already.",
            short.left,
        ).format(count=short.left, name=short.name)
    )


def _at_most(many: TooMany) -> str:
    text = ngettext(
        "The shop sells up to {count} of these at once.",
        "The shop sells up to {count} of these at once.",
        many.most,
    ).format(count=many.most)
    if many.in_cart:
        text += " " + _("You have {count} in your cart.").format(count=many.in_cart)
    return text


class Fewer(Step):
    """Not that many are left: take what there is?"""

    tag: ClassVar[str] = "shopping.fewer"
    product_id: int
    variant_id: int
    name: str
    count: int

    async def ask(self, do: Services) -> Words:
        text = ngettext(
            "Only *{count}* of {name} is left for you. Take it?",
            "Only *{count}* of {name} are left for you. Take {count}?",
            self.count,
        ).format(count=self.count, name=self.name)
        take = button("Take {count}").format(count=self.count)
        return Reply(text, (Choice("yes", take), Choice("no", button("No, thanks"))))

    async def answer(self, said: Said, do: Services) -> Next:
        if cart.agreed(said):
            return await put(self.product_id, self.variant_id, self.count, do)
        return Back()


class SwitchShop(Step):
    """The cart holds things of another currency: empty it, or finish there first?"""

    tag: ClassVar[str] = "shopping.switch"
    product_id: int
    variant_id: int
    count: int
    business_id: int  # whose things are in the cart

    async def ask(self, do: Services) -> Words:
        shop = await do.businesses.get(self.business_id)
        text = _(
            "Your cart has things from *{shop}*, which are paid in another currency. "
            "Shall I empty the cart and begin here?"
        ).format(shop=shop.name)
        choices = (
            Choice("empty", button("Empty and add")),
            Choice("cart", button("Open my cart")),
        )
        return Reply(text, choices)

    async def answer(self, said: Said, do: Services) -> Next:
        if said.choice() == "cart":
            return await cart.show(do)
        await do.shopping.clear(do.me.id)
        return await put(self.product_id, self.variant_id, self.count, do)


class Added(Step):
    """It is in the cart: what next?"""

    tag: ClassVar[str] = "shopping.added"
    variant_id: int
    count: int

    async def ask(self, do: Services) -> Words:
        return await self._next(do, added=True)

    async def ask_again(self, do: Services) -> Words:
        return await self._next(do, added=False)

    async def answer(self, said: Said, do: Services) -> Next:
        return await _after_adding(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _after_adding(choice, do)

    async def _next(self, do: Services, added: bool) -> Words:
        filled = await do.shopping.cart(do.me.id)
        if filled is None:
            return cart.nothing_in_it()
        line = next((one for one in filled.lines if one.variant_id == self.variant_id), None)
        text = running_total(filled)
        if added and line is not None:
            new = _("Added: {count} × {name}.").format(
                count=self.count, name=named(line.name, line.title)
            )
            text = f"{new}\n{text}"
        return Reply(text, cart.next_choices(line.product_id if line else 0))


async def _after_adding(choice: str, do: Services) -> Next:
    match opened(choice):
        case ("checkout",):
            return await checkout.begin(do)
        case ("shop", product_id) if product_id:
            return await _shelf_of(product_id, do)
        case ("shop", *_rest):
            return await browse.enter(do)
    return await cart.show(do)


async def _shelf_of(product_id: int, do: Services) -> Next:
    found = await sold(product_id, do)
    if found is None or found.category_id is None:
        return await browse.enter(do)
    return browse.Shelf(category_id=found.category_id)


STEPS: list[type[Step]] = [Fewer, SwitchShop, Added]
