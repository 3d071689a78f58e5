"""The shop in chat: looking around, the cart, checkout, orders."""

from bot.dialog import Step
from handlers.chat.shopping import (
    adding,
    amending,
    browse,
    cart,
    checkout,
    notices,
    orders,
    product,
    receiving,
    shortcuts,
    vouchers,
)

STEPS: list[type[Step]] = [
    *browse.STEPS,
    *product.STEPS,
    *adding.STEPS,
    *cart.STEPS,
    *receiving.STEPS,
    *checkout.STEPS,
    *amending.STEPS,
    *vouchers.STEPS,
    *orders.STEPS,
]
NOTICES = notices.NOTICES
ACTIONS = orders.ACTIONS
SHORTCUTS = shortcuts.SHORTCUTS
ROUTES = shortcuts.ROUTES
is_phrase = shortcuts.is_phrase
