"""One product: look at it, choose a variant, say how many, and it is in the cart."""

import re
from typing import ClassVar

from bot.dialog import Again, Choice, Next, NotUnderstood, Reply, Said, Step, Words, named
from bot.language import _, button, money, row
from handlers.chat.shopping import adding, browse, reviews, waiting
from handlers.chat.shopping.offers import offer, opened
from handlers.chat.shopping.words import (
    about,
    beneath,
    left_of,
    picture,
    variant_row,
)
from handlers.chat.shopping.words import named as full_name
from services import Services
from services.shopping import Product, Variant

MOST = 999  # pieces anybody may mean; the shop's own limit is lower
SIMILAR = 4


async def look(product_id: int, do: Services, count: int = 0) -> Next:
    """Open a product; with `count`, and nothing left to choose, put it in the cart at once."""
    product = await adding.sold(product_id, do)
    if product is None:
        return Again(_("That one is not sold any more."))
    if count and len(product.variants) == 1:
        return await adding.put(product.id, product.variants[0].id, count, do)
    return ProductCard(product_id=product_id)


class ProductCard(Step):
    """A product with its picture. One variant: how many? Several: which one?"""

    tag: ClassVar[str] = "shopping.product"
    product_id: int

    async def ask(self, do: Services) -> Words:
        product = await adding.sold(self.product_id, do)
        if product is None:
            return _("That one is not sold any more. Type *back* to look around.")
        if product.left <= 0:
            return await _sold_out(product, do)
        shown = picture(next(iter(product.pictures), None))
        if len(product.variants) == 1:
            text = f"{about(product)}\n\n{_('How many would you like? Tap or type a number.')}"
            return Reply(text, _counts_and_reviews(product), image=shown)
        text = f"{about(product)}\n\n{_('Which one would you like?')}"
        return offer(text, _variants(product), button("Choose"), image=shown)

    async def ask_again(self, do: Services) -> Words:
        product = await adding.sold(self.product_id, do)
        if product is None or product.left <= 0:
            return await self.ask(do)
        if len(product.variants) == 1:
            return _how_many(product, product.variants[0])
        text = _("*{name}*: which one would you like?").format(name=product.name)
        return offer(text, _variants(product), button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        product = await adding.sold(self.product_id, do)
        if said.tapped is not None or product is None or product.left <= 0:
            return await _chosen(said.choice(), do)
        if len(product.variants) == 1:
            if _wants_reviews(said):
                return reviews.Reviews(product_id=product.id)
            return await adding.put(product.id, product.variants[0].id, said.number(1, MOST), do)
        if variant := _meant(said.text, product.variants):
            return await _of_variant(product, variant, said, do)
        return await _chosen(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        match opened(choice):
            case ("reviews", product_id):
                return reviews.Reviews(product_id=product_id)
            case ("add" | "variant" | "product", product_id, *_rest):
                return await look(product_id, do)
        return None


class HowMany(Step):
    """How many of one variant."""

    tag: ClassVar[str] = "shopping.quantity"
    product_id: int
    variant_id: int

    async def ask(self, do: Services) -> Words:
        product = await adding.sold(self.product_id, do)
        variant = _variant(product, self.variant_id) if product else None
        if product is None or variant is None or variant.left <= 0:
            return await _gone(self.product_id, variant, do)
        return _how_many(product, variant)

    async def answer(self, said: Said, do: Services) -> Next:
        if said.tapped is not None:
            return await _chosen(said.tapped, do)
        return await adding.put(self.product_id, self.variant_id, said.number(1, MOST), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await ProductCard.reopen(choice, do)


async def _chosen(choice: str, do: Services) -> Next:
    match opened(choice):
        case ("add", product_id, variant_id, count):
            return await adding.put(product_id, variant_id, count, do)
        case ("variant", product_id, variant_id):
            return HowMany(product_id=product_id, variant_id=variant_id)
        case ("reviews", product_id):
            return reviews.Reviews(product_id=product_id)
        case ("product", product_id):
            return await look(product_id, do)
    raise NotUnderstood(_("I did not get that. Please tap one of the choices, or type its number."))


async def _of_variant(product: Product, variant: Variant, said: Said, do: Services) -> Next:
    """ "2 of the red ones": which, and perhaps how many."""
    try:
        count = said.number(1, MOST)
    except NotUnderstood:
        return HowMany(product_id=product.id, variant_id=variant.id)
    return await adding.put(product.id, variant.id, count, do)


async def _sold_out(product: Product, do: Services) -> Words:
    """What to say of a product that is gone, with what stands beside it."""
    shown = picture(next(iter(product.pictures), None))
    text = about(product)
    if len(product.variants) > 1:
        text = f"{text}\n\n{_('Which one shall I tell you of when it is back?')}"
        kinds = waiting.choices(product)[: browse.ROWS]
        return Reply(text, (*kinds, *_to_read(product)), button("Choose"), image=shown)
    last = [await waiting.choice(product.id, product.variants[0].id, do), *_to_read(product)]
    rows = await _beside(product, do)
    if not rows:
        return Reply(text, tuple(last), button("Choose"), image=shown)
    text = f"{text}\n\n{_('Perhaps one of these?')}"
    return offer(text, [*rows, *last], button("Choose"), image=shown)


async def _beside(product: Product, do: Services) -> list[Choice]:
    """What stands on the same shelf and is there."""
    if product.category_id is None:
        return []
    page = await do.shopping.category_page(product.category_id, user_id=do.me.id)
    there = [one for one in page.items if one.id != product.id and not one.sold_out]
    return [Choice(f"product:{one.id}", one.name, beneath(one)) for one in there[:SIMILAR]]


async def _gone(product_id: int, variant: Variant | None, do: Services) -> Words:
    """A variant that is sold out, or sold no more."""
    text = _("That one is sold out. Type *back* to choose another.")
    if variant is None:
        return text
    return Reply(text, (await waiting.choice(product_id, variant.id, do),))


def _how_many(product: Product, variant: Variant) -> Reply:
    text = _("How many *{name}* would you like? Tap or type a number.").format(
        name=full_name(product.name, variant.title)
    )
    return Reply(
        f"{text}\n{money(variant.price)} · {left_of(variant.left)}", _counts(product.id, variant)
    )


def _counts(product_id: int, variant: Variant) -> tuple[Choice, ...]:
    most = min(3, variant.left)
    return tuple(
        Choice(f"add:{product_id}:{variant.id}:{count}", str(count)) for count in range(1, most + 1)
    )


def _counts_and_reviews(product: Product) -> tuple[Choice, ...]:
    """Three buttons: one fewer to count with where there is something to read."""
    counts = _counts(product.id, product.variants[0])
    to_read = _to_read(product)
    return (*counts[: 3 - len(to_read)], *to_read)


def _to_read(product: Product) -> list[Choice]:
    return [Choice(f"reviews:{product.id}", button("Reviews"))] if product.reviews_here > 0 else []


def _wants_reviews(said: Said) -> bool:
    """*reviews*, typed; a number is so many pieces."""
    if said.text.strip().isdecimal():
        return False
    return (named(said.text, said.offered) or "").startswith("reviews:")


def _variants(product: Product) -> list[Choice]:
    to_read = _to_read(product)
    here = product.variants[: browse.ROWS + 1 - len(to_read)]
    rows = [
        Choice(f"variant:{product.id}:{one.id}", one.title or row("This one"), variant_row(one))
        for one in here
    ]
    return rows + to_read


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


STEPS: list[type[Step]] = [ProductCard, HowMany]
