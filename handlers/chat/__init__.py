"""Every conversation the product can hold: the one list to edit."""

from bot.dialog import Dialog
from handlers.chat import (
    asides,
    business,
    commands,
    consent,
    home,
    payments,
    question,
    sentences,
    shopping,
    wallet,
)


def is_phrase(words: str) -> bool:
    """Whether a whole message says by itself what is to be done."""
    rooms = (home, wallet, business, shopping, consent)
    return any(room.is_phrase(words) for room in rooms)


dialog = Dialog(
    home=home.Menu(),
    steps=[
        *home.STEPS,
        *question.STEPS,
        *shopping.STEPS,
        *payments.STEPS,
        *wallet.STEPS,
        *business.STEPS,
    ],
    sentences=sentences.SENTENCES,
    commands=commands.command,
    is_phrase=is_phrase,
    shortcuts=[
        *home.SHORTCUTS,
        *wallet.SHORTCUTS,
        *business.SHORTCUTS,
        *shopping.SHORTCUTS,
        *consent.SHORTCUTS,
    ],
    routes=[*home.ROUTES, *shopping.ROUTES],
    actions={
        **home.ACTIONS,
        **question.ACTIONS,
        **shopping.ACTIONS,
        **payments.ACTIONS,
        **wallet.ACTIONS,
        **business.ACTIONS,
        **consent.ACTIONS,
    },
    asides=asides.ASIDES,
    wants=business.files.wants,
    notices={
        **consent.NOTICES,
        **question.NOTICES,
        **shopping.NOTICES,
        **payments.NOTICES,
        **wallet.NOTICES,
        **business.NOTICES,
    },
    hears_always=consent.is_about_consent,
)
