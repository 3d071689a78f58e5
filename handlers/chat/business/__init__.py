"""The business's own phone: its day, its orders, and what is done with them by a tap."""

from bot.dialog import Step
from handlers.chat.business import (
    desk,
    disputes,
    making,
    moving,
    notices,
    order,
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
]
NOTICES = {
    **notices.NOTICES,
    **disputes.NOTICES,
    **proofs.NOTICES,
    **returning.NOTICES,
    **reviewing.NOTICES,
}
ACTIONS = {**moving.ACTIONS, **proofs.ACTIONS, **returning.ACTIONS, **reviewing.ACTIONS}
SHORTCUTS = shortcuts.SHORTCUTS
is_phrase = shortcuts.is_phrase
