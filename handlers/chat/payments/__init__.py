"""Paying, as the buyer meets it: by link, on the phone, by transfer; receipts and money back."""

from bot.dialog import Action, Notice, Step
from handlers.chat.payments import notices, proofs, receipts, refunds, renewing, waiting
from services.ground.facts import Fact

STEPS: list[type[Step]] = [*waiting.STEPS, *proofs.STEPS]
NOTICES: dict[type[Fact], Notice] = {
    **notices.NOTICES,
    **receipts.NOTICES,
    **proofs.NOTICES,
    **refunds.NOTICES,
}
ACTIONS: dict[str, Action] = {**renewing.ACTIONS, **receipts.ACTIONS, **proofs.ACTIONS}
