"""The cart: what is in it, changing it, and on to checkout."""

from typing import ClassVar

from bot.dialog import Again, Choice, Go, Next, NotUnderstood, Reply, Said, Step, Words
from bot.language import _, button, money, row
from handlers.chat.shopping import browse, checkout, vouchers
from handlers.chat.shopping.offers import offer, opened
from handlers.chat.shopping.words import cart_lines, changes, in_all, left_of, named
from services import Services
from services.ground.errors import NotFound
from services.shopping import CartLine, OnlyLeft, TooMany

MOST = 999


def next_choices(product_id: int = 0) -> tuple[Choice, ...]:
    """What follows a thing put in the cart; `product_id` leads back to its shelf."""
    return (
        Choice("checkout", button("Checkout")),
        Choice(f"shop:{product_id}", button("Keep shopping")),
        Choice("cart", button("My cart")),
    )


def nothing_in_it() -> Reply:
    text = _("Your cart is empty. Shall we look around?")
    return Reply(text, (Choice("shop:0", button("Go to the shop")),))


async def show(do: Services) -> Next:
    """Open the cart; what changed since it was last seen is told once, and is so from then on."""
    cart = await do.shopping.cart(do.me.id)
    if cart is None or not cart.differences:
        return OpenCart()
    told = _("Since you were here:") + "\n" + changes(cart.differences)
    await do.shopping.keep_changes(do.me.id)
    return Go(OpenCart(), told)


class OpenCart(Step):
    """What is in the cart, with what changed since it was last seen."""

    tag: ClassVar[str] = "shopping.cart"

    async def ask(self, do: Services) -> Words:
        cart = await do.shopping.cart(do.me.id)
        if cart is None:
            return nothing_in_it()
        parts = [_("*Your cart*"), await cart_lines(cart, do)]
        if cart.differences:
            parts.append(_("Since you were here:") + "\n" + changes(cart.differences))
        parts.append(in_all(cart.subtotal))
        parts.append(await vouchers.on_cart(cart, do))
        choices = (
            Choice("checkout", button("Checkout")),
            Choice("change", button("Change something")),
            Choice("shop:0", button("Keep shopping")),
        )
        return Reply("\n\n".join(part for part in parts if part), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        return await _go_on(said.choice(), do)

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        return await _go_on(choice, do)


async def _go_on(choice: str, do: Services) -> Next:
    match opened(choice):
        case ("checkout",):
            return await checkout.begin(do)
        case ("change",):
            return await _change(do)
        case ("shop", *_rest):
            return await browse.enter(do)
    return await show(do)


async def _change(do: Services) -> Next:
    """Which line? With one line only, that one."""
    cart = await do.shopping.keep_changes(do.me.id)
    if cart is None:
        return OpenCart()
    if len(cart.lines) == 1:
        return CartThing(variant_id=cart.lines[0].variant_id)
    return WhichThing()


class WhichThing(Step):
    """Which of the things in the cart should change."""

    tag: ClassVar[str] = "shopping.which"
    offset: int = 0

    async def ask(self, do: Services) -> Words:
        cart = await do.shopping.cart(do.me.id)
        if cart is None:
            return nothing_in_it()
        last = self.offset + browse.ROWS - 1
        rows = [_thing_row(line) for line in cart.lines[self.offset : last]]
        if len(cart.lines) > last:
            rows.append(Choice(f"more:{last}", row("More")))
        rows.append(Choice("clear", row("Empty the cart")))
        return offer(_("What would you like to change?"), rows, button("Choose"))

    async def answer(self, said: Said, do: Services) -> Next:
        match opened(said.choice()):
            case ("line", variant_id):
                return CartThing(variant_id=variant_id)
            case ("more", offset):
                return WhichThing(offset=offset)
            case ("clear",):
                return ClearCart()
        return OpenCart()

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        match opened(choice):
            case ("line", variant_id):
                return CartThing(variant_id=variant_id)
        return OpenCart()


def _thing_row(line: CartLine) -> Choice:
    counted = f"{line.quantity} × {money(line.price)}"
    return Choice(f"line:{line.variant_id}", named(line.name, line.title), counted)


class CartThing(Step):
    """How many of one thing it should be."""

    tag: ClassVar[str] = "shopping.line"
    variant_id: int

    async def ask(self, do: Services) -> Words:
        line = await self._line(do)
        if line is None:
            return _("That is not in your cart any more. Type *cart* to see what is.")
        text = _("You have {count} × *{name}*. How many should it be? Type a number.").format(
            count=line.quantity, name=named(line.name, line.title)
        )
        choices = (
            Choice(f"remove:{self.variant_id}", button("Take it out")),
            Choice("keep", button("Leave it as it is")),
        )
        return Reply(f"{text}\n{money(line.price)} · {left_of(line.left)}", choices)

    async def answer(self, said: Said, do: Services) -> Next:
        if said.tapped is None and _is_counted(said):
            return await self._have(said.number(0, MOST), do)
        match opened(said.choice()):
            case ("remove", variant_id):
                return await _take_out(variant_id, do)
        return OpenCart()

    @classmethod
    async def reopen(cls, choice: str, do: Services) -> Next | None:
        match opened(choice):
            case ("remove", variant_id):
                return CartThing(variant_id=variant_id)
        return OpenCart()

    async def _line(self, do: Services) -> CartLine | None:
        cart = await do.shopping.cart(do.me.id)
        lines = cart.lines if cart else ()
        return next((line for line in lines if line.variant_id == self.variant_id), None)

    async def _have(self, count: int, do: Services) -> Next:
        try:
            await do.shopping.set_quantity(do.me.id, self.variant_id, count)
        except OnlyLeft as short:
            return Again(_("There are only {count} left.").format(count=short.left))
        except TooMany as many:
            return Again(
                _("The shop sells up to {count} of these at once.").format(count=many.most)
            )
        except NotFound:
            return Go(OpenCart(), _("That one is not sold any more."))
        return Go(OpenCart(), _("Done."))


async def _take_out(variant_id: int, do: Services) -> Next:
    await do.shopping.remove(do.me.id, variant_id)
    return Go(OpenCart(), _("Taken out."))


class ClearCart(Step):
    """Really everything?"""

    tag: ClassVar[str] = "shopping.clear"

    async def ask(self, do: Services) -> Words:
        choices = (Choice("yes", button("Yes, empty it")), Choice("no", button("No, keep it")))
        return Reply(_("Shall I take everything out of your cart?"), choices)

    async def answer(self, said: Said, do: Services) -> Next:
        if not agreed(said):
            return OpenCart()
        await do.shopping.clear(do.me.id)
        return Go(OpenCart(), _("All taken out."))


def agreed(said: Said) -> bool:
    """Yes or no, by tap, label or word. A choice "yes" must be offered."""
    try:
        return said.choice() == "yes"
    except NotUnderstood:
        return said.yes_no()


def _is_counted(said: Said) -> bool:
    """Whether a number was typed, whatever its size."""
    if any(character.isdigit() for character in said.text):
        return True
    try:
        said.number(0, MOST)
    except NotUnderstood:
        return False
    return True


STEPS: list[type[Step]] = [OpenCart, WhichThing, CartThing, ClearCart]
