"""Being told when something sold out is back, and taking the one that is held."""

from bot.dialog import Action, Again, Choice, Next, Notice, Reply, Template, Words
from bot.language import _, button, when
from handlers.chat.shopping import adding, cart, product
from handlers.chat.shopping.words import named
from handlers.chat.taps import number_of, two_numbers_of
from services import Services
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.shopping import Product, StillThere
from services.shopping.facts import BackInStock


async def choice(product_id: int, variant_id: int, do: Services) -> Choice:
    """The button beneath what is sold out: onto the list, or off it."""
    if await do.shopping.waits_for(do.me.id, variant_id):
        return _off(variant_id)
    return Choice.act("wait", f"{product_id}.{variant_id}", button("Tell me when back"))


def choices(product_: Product) -> list[Choice]:
    """The kinds of a product of which none is left."""
    return [Choice.act("wait", f"{product_.id}.{one.id}", one.title) for one in product_.variants]


def _off(variant_id: int) -> Choice:
    return Choice.act("wait-leave", variant_id, button("Take me off the list"))


async def ask(argument: str, do: Services) -> Next:
    """Onto the list; or to the product, where it is back already."""
    product_id, variant_id = two_numbers_of(argument)
    try:
        is_new = await do.shopping.wait_for(do.me.id, variant_id)
    except NotFound:
        return Again(_("That one is not sold any more."), quietly=True)
    except StillThere:
        return await product.look(product_id, do)
    text = _("You are on the list. As soon as it is back I tell you, and hold one for you.")
    if not is_new:
        text = _("You are on the list already. I tell you as soon as it is back.")
    return Again(Reply(text, (_off(variant_id),)), quietly=True)


async def leave(argument: str, do: Services) -> Next:
    """Off the list."""
    await do.shopping.stop_waiting(do.me.id, number_of(argument))
    return Again(_("All right, you are not on the list any more."), quietly=True)


async def let_go(argument: str, do: Services) -> Next:
    """Without what is held: the next one has it."""
    await do.shopping.stop_waiting(do.me.id, number_of(argument))
    return Again(_("All right, somebody else can have it."), quietly=True)


async def take(argument: str, do: Services) -> Next:
    """Into the cart with what is held, if it is not there already."""
    product_id, variant_id = two_numbers_of(argument)
    filled = await do.shopping.cart(do.me.id)
    if filled is not None and any(line.variant_id == variant_id for line in filled.lines):
        return await cart.show(do)
    return await adding.put(product_id, variant_id, 1, do)


async def back(fact: BackInStock, do: Services) -> Words:
    """Nothing, where it was let go of or bought before this could be said."""
    until = await do.shopping.held_until(fact.user_id, fact.variant_id)
    found = await adding.sold(fact.product_id, do)
    if until is None or found is None:
        return ""
    title = next((one.title for one in found.variants if one.id == fact.variant_id), "")
    name, until_when = named(found.name, title), when(until, do.me.time_zone, do.now)
    text = _("*{name}* is back! I hold one for you until *{until}*.")
    choices = (
        Choice.act(
            "hold-take", f"{fact.product_id}.{fact.variant_id}", button("Put it in my cart")
        ),
        Choice.act("hold-leave", fact.variant_id, button("Let it go")),
    )
    template = Template("back_in_stock", (name, until_when))
    return Reply(text.format(name=name, until=until_when), choices, template=template)


NOTICES: dict[type[Fact], Notice] = {BackInStock: back}
ACTIONS: dict[str, Action] = {
    "wait": ask,
    "wait-leave": leave,
    "hold-take": take,
    "hold-leave": let_go,
}
