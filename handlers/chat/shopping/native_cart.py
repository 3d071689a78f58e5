"""A cart filled in WhatsApp's own catalogue becomes a cart of ours."""

from bot.dialog import Again, Go, Next, Said
from bot.language import _
from handlers.chat.shopping import cart
from services import Services
from services.ground.errors import NotFound
from services.shopping import OnlyLeft, OtherCurrency, TooMany


async def received(said: Said, do: Services) -> Next:
    """Each line by its SKU, at our prices; what cannot be had is named."""
    missed: list[str] = []
    for line in said.cart:
        try:
            variant_id = await do.shopping.variant_of_sku(line.sku)
            await do.shopping.add_to_cart(do.me.id, variant_id, line.quantity)
        except (NotFound, OnlyLeft, TooMany, OtherCurrency):
            missed.append(line.sku)
    if said.cart and len(missed) == len(said.cart):
        return Again(_("I cannot get any of that for you right now, sorry."))
    if missed:
        text = _("It is in your cart, except what there is not enough of: {names}.")
        return Go(cart.OpenCart(), text.format(names=", ".join(missed)))
    return Go(cart.OpenCart(), _("It is all in your cart."))
