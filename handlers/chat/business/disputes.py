"""Disputed payments, told to those who sold: what the bank wants, until when, and how it ended."""

from bot.dialog import Choice, Notice, Reply, Template, Words
from bot.language import _, button, money, ngettext, when
from services import Services
from services.ground.facts import Fact
from services.payments import Dispute, DisputeStatus
from services.payments.facts import DisputeAnswered, DisputeDue, DisputeFact, DisputeMoved


async def moved(fact: DisputeMoved, do: Services) -> Words:
    dispute = await do.payments.dispute(fact.dispute_id)
    if dispute.status != fact.status:
        return ""  # it is something else by now, and that is told as well
    match dispute.status:
        case DisputeStatus.INQUIRY:
            text = _("A bank asks about *{amount}* of order *{number}*: {why}.")
        case DisputeStatus.OPEN:
            text = _(
                "*{amount}* of order *{number}* is disputed: {why}. The bank has taken the money "
                "until it has decided."
            )
        case DisputeStatus.WON:
            text = _("The dispute about order *{number}* is *won*: *{amount}* is yours again.")
        case DisputeStatus.LOST:
            text = _(
                "The dispute about order *{number}* is *lost*: the bank gave *{amount}* back to "
                "the customer."
            )
        case DisputeStatus.CLOSED:
            text = _(
                "The bank asks no more about order *{number}*. *{amount}* was never taken from you."
            )
    return await _about(fact, dispute, text, do)


async def answered(fact: DisputeAnswered, do: Services) -> Words:
    dispute = await do.payments.dispute(fact.dispute_id)
    if dispute.status not in (DisputeStatus.INQUIRY, DisputeStatus.OPEN):
        return ""
    text = _("The bank has the evidence about order *{number}* and looks at it now.")
    return await _about(fact, dispute, text, do)


async def due(fact: DisputeDue, do: Services) -> Words:
    dispute = await do.payments.dispute(fact.dispute_id)
    if not dispute.needs_evidence:
        return ""
    text = ngettext(
        "{count} day is left for the evidence about order *{number}*.",
        "{count} days are left for the evidence about order *{number}*.",
        fact.days,
    )
    return await _about(fact, dispute, text, do, count=fact.days)


def _wanted(dispute: Dispute, do: Services) -> str:
    """What helps, and until when."""
    if dispute.evidence_due_at is None:
        return ""
    until = when(dispute.evidence_due_at, do.me.time_zone, do.now)
    return _(
        "The bank takes evidence until *{until}*: who received it and when, what was agreed, the "
        "receipt. Without any, the customer is usually believed."
    ).format(until=until)


async def _about(
    fact: DisputeFact, dispute: Dispute, text: str, do: Services, **more: object
) -> Reply:
    """The bubble, with the order a tap away."""
    payment = await do.payments.payment(dispute.payment_id)
    [order, *_others] = await do.shopping.purchase(fact.user_id, payment.service_id)
    amount = min(dispute.amount, order.total)  # of several sellers' money their own part
    more |= {"amount": money(amount), "number": order.order_number}
    said = text.format(why=_why(dispute.reason), **more)
    if dispute.needs_evidence:
        said = f"{said}\n{_wanted(dispute, do)}".rstrip()
    choices = (Choice.act("order-open", order.id, button("Show the order")),)
    words = said.replace("*", "").replace("\n", " ")
    return Reply(said, choices, template=Template("dispute_news", (words,)))


def _why(reason: str) -> str:
    """Stripe's word for the reason. (docs.stripe.com/disputes/categories)"""
    match reason:
        case "product_not_received":
            return _("the customer says it did not arrive")
        case "product_unacceptable":
            return _("the customer says it is not what was promised")
        case "duplicate":
            return _("the customer says it was charged twice")
        case "credit_not_processed":
            return _("the customer says money was to come back")
        case "fraudulent" | "unrecognized":
            return _("the holder of the card says they did not pay this")
    return _("the bank does not say why")


NOTICES: dict[type[Fact], Notice] = {
    DisputeMoved: moved,
    DisputeAnswered: answered,
    DisputeDue: due,
}
