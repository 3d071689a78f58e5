"""A buyer's photo of a transfer: the business says whether the money is there."""

from typing import ClassVar

from bot.dialog import (
    Action,
    Again,
    Choice,
    Done,
    Next,
    Notice,
    Reply,
    Said,
    Step,
    Template,
    Words,
)
from bot.language import _, button, money
from handlers.chat.business.order import decisions, unknown
from handlers.chat.files import passed_on
from handlers.chat.taps import number_of
from services import Services
from services.businesses.facts import SentFile
from services.ground.errors import NotFound
from services.ground.facts import Fact
from services.payments import Proof, ProofStatus
from services.payments.errors import AlreadyDecided, NoSuchPayment, SamePerson
from services.payments.facts import ProofSent, ProofWaits
from services.shopping import CannotFulfil

LONGEST_REASON = 200  # characters


async def sent(fact: ProofSent, do: Services) -> Words:
    """To the members: the photo, and the question."""
    proof = await do.payments.proof(fact.proof_id)
    if proof.status is not ProofStatus.SENT:
        return ""
    text = _(
        "{name} says that *{amount}* for order *{number}* is paid by transfer. "
        "Is it in your account?"
    )
    return await _asked(proof, text, fact.user_id, do)


async def waits(fact: ProofWaits, do: Services) -> Words:
    """To them once more, where nobody has answered."""
    proof = await do.payments.proof(fact.proof_id)
    if proof.status is not ProofStatus.SENT:
        return ""
    text = _(
        "{name} still waits for your word: is *{amount}* for order *{number}* in your account?"
    )
    return await _asked(proof, text, fact.user_id, do)


async def _asked(proof: Proof, text: str, member_id: int, do: Services) -> Words:
    try:
        order = await do.shopping.order_of_proof(proof.id, member_id)
    except NotFound:  # they have left the business since
        return ""
    name = await do.people.name(order.user_id) or _("a customer")
    text = text.format(name=name, amount=money(order.total), number=order.order_number)
    choices = (*decisions(proof), Choice.act("order-open", order.id, button("Show the order")))
    template = Template("transfer_shown", (text.replace("*", ""),))
    return (passed_on(SentFile(key=proof.file_key)), Reply(text, choices, template=template))


async def confirm(argument: str, do: Services) -> Next:
    number = number_of(argument)
    if (stands := await _undecidable(number, do)) is not None:
        return Again(stands, quietly=True)
    try:
        paid = await do.shopping.confirm_transfer(number, do.me.id)
    except AlreadyDecided:  # in this very moment
        return Again(_stands(await do.payments.proof(number)), quietly=True)
    if isinstance(paid, CannotFulfil):
        return Again(_give_back(paid), quietly=True)
    text = _("Order *{number}* is paid; the customer knows.")
    return Again(text.format(number=paid.order_number), quietly=True)


def _give_back(paid: CannotFulfil) -> str:
    if paid.missing:
        text = _(
            "What order *{number}* is for has been sold meanwhile, so the order is off. Please "
            "transfer *{amount}* back; the customer knows that it comes."
        )
    else:
        text = _(
            "Order *{number}* was cancelled meanwhile. Please transfer *{amount}* back; the "
            "customer knows that it comes."
        )
    return text.format(number=paid.order.order_number, amount=money(paid.order.total))


async def decline(argument: str, do: Services) -> Next:
    number = number_of(argument)
    if (stands := await _undecidable(number, do)) is not None:
        return Again(stands, quietly=True)
    return DeclineProof(proof_id=number)


async def _undecidable(proof_id: int, do: Services) -> str | None:
    """Why the person cannot decide this, if they cannot."""
    try:
        order = await do.shopping.order_of_proof(proof_id, do.me.id)
        proof = await do.payments.proof(proof_id)
    except (NoSuchPayment, NotFound):
        return unknown()
    if order.user_id == do.me.id:
        return _("Somebody else of your business decides about your own order.")
    return None if proof.status is ProofStatus.SENT else _stands(proof)


def _stands(proof: Proof) -> str:
    if proof.status is ProofStatus.CONFIRMED:
        return _("One of you has found the money already.")
    if proof.status is ProofStatus.DECLINED:
        return _("One of you has looked already: the money was not there.")
    return _("The customer has sent a newer photo.")


class DeclineProof(Step):
    """Why not: for the customer."""

    tag: ClassVar[str] = "business.proof-decline"
    free_text: ClassVar[bool] = True
    proof_id: int

    async def ask(self, do: Services) -> Words:
        text = _("What shall I tell the customer? Tap, or write it in one message.")
        return Reply(text, (Choice("none", button("No reason")),))

    async def answer(self, said: Said, do: Services) -> Next:
        reason = None if said.tapped is not None else said.words(LONGEST_REASON)
        try:
            await do.shopping.decline_transfer(self.proof_id, do.me.id, reason)
        except (NoSuchPayment, NotFound, SamePerson):  # they left the business meanwhile, say
            return Done(unknown())
        except AlreadyDecided:
            return Done(_stands(await do.payments.proof(self.proof_id)))
        return Done(_("The customer knows that you cannot find it."))


NOTICES: dict[type[Fact], Notice] = {ProofSent: sent, ProofWaits: waits}
ACTIONS: dict[str, Action] = {"proof-confirm": confirm, "proof-decline": decline}
STEPS: list[type[Step]] = [DeclineProof]
