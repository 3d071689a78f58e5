"""One product: look at it, choose a variant, say how many, and it is in the cart."""

import re
from typing import ClassVar

from bot.dialog import Again, Back, Choice, Go, Next, NotUnderstood, Reply, Said, Step, Words
from bot.language import _, button, money, ngettext, row
from handlers.chat.shopping import browse, cart, checkout
from handlers.chat.shopping.offers import offer, opened
from handlers.chat.shopping.words import (
    about,
    beneath,
    left_of,
    named,
    picture,
    running_total,
    variant_row,
)
from services import Services
from services.ground.errors import NotFound
from services.shopping import OnlyLeft, OtherShop, Product, SoldOut, TooMany, Variant

MOST = 999  # pieces anybody may mean; the shop's own limit is lower
SIMILAR = 4


async def look(product_id: int, do: Services, count: int = 0) -> Next:
    """Open a product; with `count`, and nothing left to choose, put it in the cart at once."""
    try:
        product = await do.shopping.product(product_id, user_id=do.me.id)
    except NotFound:
        return Again(_("That one is not sold any more."))
    if count and len(product.variants) == 1:
        return await put(product.id, product.variants[0].id, count, do)
    return ProductCard(product_id=product_id)


class ProductCard(Step):
    """A product with its picture. One variant: how many? Several: which one?"""

    tag: ClassVar[str] = "shopping.product"
    product_id: int

    async def ask(self, do: Services) -> Words:
        try:
            product = await do.shopping.product(self.product_id, user_id=do.me.id)
        except NotFound:
            return _("That one is not sold any more. Type *back* to look around.")
        if product.left <= 0:
            return await _sold_out(product, do)
        shown = picture(next(iter(product.pictures), None))
        if len(product.variants) == 1:
            text = f"{about(product)}\n\n{_('How many would you like? Tap or type a number.')}"
            return Reply(text, _counts(product.id, product.variants[0]), image=shown)
        text = f"{about(product)}\n\n{_('Which one would you like?')}"
        return offer(text, _variants(product), button("Choose"), image=shown)

    async def ask_again(self, do: Services) -> Words:
        try:
            product = await do.shopping.product(self.product_id, user_id=do.me.id)
        except NotFound:
            return await self.ask(do)
        if product.left <= 0:
            return await _sold_out(product, do)
        if len(product.variants) == 1:
            return _how_many(product, product.variants[0])
        text = _("*{name}*: which one would you like?").format(name=product.name)
        return offer(text, _variants(product), button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        product = await do.shopping.product(self.product_id, user_id=do.me.id)
        if said.tapped is not None or product.left <= 0:
            return await _chosen(said.choice(), do)
        if len(product.variants) == 1:
            return await put(product.id, product.variants[0].id, said.number(1, MOST), do)
        if variant := _meant(said.text, product.variants):
            return await _of_variant(product, variant, said, do)
        return await _chosen(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        what, *numbers = opened(choice)
        return await look(numbers[0], do) if what in ("add", "variant", "product") else None


class HowMany(Step):
    """How many of one variant."""

    tag: ClassVar[str] = "shopping.quantity"
    product_id: int
    variant_id: int

    async def ask(self, do: Services) -> Words:
        product = await do.shopping.product(self.product_id, user_id=do.me.id)
        variant = _variant(product, self.variant_id)
        if variant is None or variant.left <= 0:
            return _("That one is sold out. Type *back* to choose another.")
        return _how_many(product, variant)

    async def answer(self, said: Said, do: Services) -> Next:
        if said.tapped is not None:
            return await _chosen(said.tapped, do)
        return await put(self.product_id, self.variant_id, said.number(1, MOST), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await ProductCard.reopen(choice, do)


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
    """The cart holds another shop's things: empty it, or finish there first?"""

    tag: ClassVar[str] = "shopping.switch"
    product_id: int
    variant_id: int
    count: int
    business_id: int  # whose things are in the cart

    async def ask(self, do: Services) -> Words:
        shop = await do.businesses.get(self.business_id)
        text = _(
            "Your cart has things from *{shop}*. One order goes to one shop: "
            "shall I empty the cart and begin here?"
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


async def put(product_id: int, variant_id: int, count: int, do: Services) -> Next:
    """Into the cart; or what stands in the way, and what can be done about it."""
    try:
        await do.shopping.add_to_cart(do.me.id, variant_id, count)
    except SoldOut:
        return Go(ProductCard(product_id=product_id), _("Somebody was faster: that one is gone."))
    except OnlyLeft as short:
        return _fewer(product_id, variant_id, short)
    except TooMany as many:
        return Again(_at_most(many))
    except OtherShop as other:
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


async def _chosen(choice: str, do: Services) -> Next:
    match opened(choice):
        case ("add", product_id, variant_id, count):
            return await put(product_id, variant_id, count, do)
        case ("variant", product_id, variant_id):
            return HowMany(product_id=product_id, variant_id=variant_id)
        case ("product", product_id):
            return await look(product_id, do)
    raise NotUnderstood(_("I did not get that. Please tap one of the choices, or type its number."))


async def _of_variant(product: Product, variant: Variant, said: Said, do: Services) -> Next:
    """ "2 of the red ones": which, and perhaps how many."""
    try:
        count = said.number(1, MOST)
    except NotUnderstood:
        return HowMany(product_id=product.id, variant_id=variant.id)
    return await put(product.id, variant.id, count, do)


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
    try:
        product = await do.shopping.product(product_id)
    except NotFound:
        return await browse.enter(do)
    if product.category_id is None:
        return await browse.enter(do)
    return browse.Shelf(category_id=product.category_id)


async def _sold_out(product: Product, do: Services) -> Words:
    """What to say of a product that is gone, with what stands beside it."""
    shown = picture(next(iter(product.pictures), None))
    text = about(product)
    if product.category_id is None:
        return Reply(text, image=shown)
    page = await do.shopping.category_page(product.category_id, user_id=do.me.id)
    beside = [one for one in page.items if one.id != product.id and not one.sold_out][:SIMILAR]
    rows = [Choice(f"product:{one.id}", one.name, beneath(one)) for one in beside]
    if not rows:
        return Reply(text, image=shown)
    return offer(f"{text}\n\n{_('Perhaps one of these?')}", rows, button("Choose"), image=shown)


def _how_many(product: Product, variant: Variant) -> Reply:
    text = _("How many *{name}* would you like? Tap or type a number.").format(
        name=named(product.name, variant.title)
    )
    return Reply(
        f"{text}\n{money(variant.price)} · {left_of(variant.left)}", _counts(product.id, variant)
    )


def _counts(product_id: int, variant: Variant) -> tuple[Choice, ...]:
    most = min(3, variant.left)
    return tuple(
        Choice(f"add:{product_id}:{variant.id}:{count}", str(count)) for count in range(1, most + 1)
    )


def _variants(product: Product) -> list[Choice]:
    here = product.variants[: browse.ROWS + 1]
    return [
        Choice(f"variant:{product.id}:{one.id}", one.title or row("This one"), variant_row(one))
        for one in here
    ]


def _variant(product: Product, variant_id: int) -> Variant | None:
    return next((one for one in product.variants if one.id == variant_id), None)


def _meant(text: str, variants: tuple[Variant, ...]) -> Variant | None:
    """The one variant that some words can only mean: "2 of the red ones"."""
    said = set(re.findall(r"\w+", text.casefold()))
    shared = [len(said & set(one.title.casefold().split())) for one in variants]
    best = max(shared)
    likely = [one for one, count in zip(variants, shared, strict=True) if count == best]
    there = [one for one in likely if one.left > 0] or likely
    return there[0] if best and len(there) == 1 else None


STEPS: list[type[Step]] = [ProductCard, HowMany, Fewer, SwitchShop, Added]
