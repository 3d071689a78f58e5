"""The shop in chat: looking around, the cart, checkout, orders."""

from bot.dialog import Step
from handlers.chat.shopping import (
    adding,
    addresses,
    amending,
    browse,
    cart,
    checkout,
    notices,
    orders,
    parcels,
    product,
    rating,
    receiving,
    reminding,
    return_photo,
    returns,
    reviews,
    shortcuts,
    vouchers,
    waiting,
)

STEPS: list[type[Step]] = [
    *browse.STEPS,
    *product.STEPS,
    *reviews.STEPS,
    *adding.STEPS,
    *cart.STEPS,
    *receiving.STEPS,
    *addresses.STEPS,
    *checkout.STEPS,
    *amending.STEPS,
    *vouchers.STEPS,
    *orders.STEPS,
    *returns.STEPS,
    *return_photo.STEPS,
    *rating.STEPS,
]
NOTICES = {**notices.NOTICES, **parcels.NOTICES, **waiting.NOTICES, **reminding.NOTICES}
ACTIONS = {
    **orders.ACTIONS,
    **rating.ACTIONS,
    **returns.ACTIONS,
    **reviews.ACTIONS,
    **waiting.ACTIONS,
    **reminding.ACTIONS,
    **addresses.ACTIONS,
}
SHORTCUTS = shortcuts.SHORTCUTS
ROUTES = shortcuts.ROUTES
is_phrase = shortcuts.is_phrase
