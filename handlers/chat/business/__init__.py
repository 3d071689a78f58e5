"""The business's own phone: its day, its orders, and what is done with them by a tap."""

from bot.dialog import Step
from handlers.chat.business import (
    desk,
    disputes,
    files,
    making,
    moving,
    notices,
    order,
    product,
    products,
    proofs,
    returning,
    reviewing,
    shortcuts,
    vouchers,
)
from handlers.chat.business.desk import enter

__all__ = ["ACTIONS", "NOTICES", "SHORTCUTS", "STEPS", "enter", "is_phrase"]

STEPS: list[type[Step]] = [
    *desk.STEPS,
    *order.STEPS,
    *moving.STEPS,
    *proofs.STEPS,
    *returning.STEPS,
    *reviewing.STEPS,
    *vouchers.STEPS,
    *making.STEPS,
    *products.STEPS,
    *files.STEPS,
]
NOTICES = {
    **notices.NOTICES,
    **disputes.NOTICES,
    **proofs.NOTICES,
    **returning.NOTICES,
    **reviewing.NOTICES,
    **files.NOTICES,
}
ACTIONS = {
    **moving.ACTIONS,
    **proofs.ACTIONS,
    **returning.ACTIONS,
    **reviewing.ACTIONS,
    **product.ACTIONS,
}
SHORTCUTS = [*shortcuts.SHORTCUTS, *products.SHORTCUTS]


def is_phrase(words: str) -> bool:
    return shortcuts.is_phrase(words) or products.is_phrase(words)
