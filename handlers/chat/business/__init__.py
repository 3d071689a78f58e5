"""The business's own phone: opening it, its day, its orders, its people, by words and taps."""

from bot.dialog import Step
from handlers.chat.business import (
    desk,
    disputes,
    files,
    handing,
    hearing,
    inviting,
    located,
    making,
    managing,
    moving,
    notices,
    opening,
    order,
    packing,
    papers,
    parcels,
    people,
    products,
    proofs,
    returning,
    returns,
    reviewing,
    shortcuts,
    summary,
    taking_back,
    vouchers,
)
from handlers.chat.business.desk import enter

__all__ = ["ACTIONS", "NOTICES", "SHORTCUTS", "STEPS", "enter", "is_phrase"]

STEPS: list[type[Step]] = [
    *desk.STEPS,
    *order.STEPS,
    *moving.STEPS,
    *parcels.STEPS,
    *packing.STEPS,
    *proofs.STEPS,
    *returning.STEPS,
    *returns.STEPS,
    *taking_back.STEPS,
    *reviewing.STEPS,
    *vouchers.STEPS,
    *making.STEPS,
    *products.STEPS,
    *files.STEPS,
    *managing.STEPS,
    *opening.STEPS,
    *located.STEPS,
    *handing.STEPS,
    *papers.STEPS,
    *people.STEPS,
    *inviting.STEPS,
    *hearing.STEPS,
]
NOTICES = {
    **notices.NOTICES,
    **disputes.NOTICES,
    **proofs.NOTICES,
    **returning.NOTICES,
    **returns.NOTICES,
    **reviewing.NOTICES,
    **files.NOTICES,
    **papers.NOTICES,
    **inviting.NOTICES,
    **summary.NOTICES,
}
ACTIONS = {
    **moving.ACTIONS,
    **parcels.ACTIONS,
    **packing.ACTIONS,
    **proofs.ACTIONS,
    **returning.ACTIONS,
    **returns.ACTIONS,
    **taking_back.ACTIONS,
    **reviewing.ACTIONS,
    **products.ACTIONS,
    **desk.ACTIONS,
    **opening.ACTIONS,
    **papers.ACTIONS,
    **inviting.ACTIONS,
    **summary.ACTIONS,
}
SHORTCUTS = [*shortcuts.SHORTCUTS, *products.SHORTCUTS, *summary.SHORTCUTS, opening.by_words]


def is_phrase(words: str) -> bool:
    return any(room.is_phrase(words) for room in (shortcuts, products, summary, opening))
