"""Money on its way back to the buyer, as they are told of it."""

from bot.dialog import Notice, Reply, Words
from bot.language import _, money
from handlers.chat.payments import notices, proofs
from handlers.chat.shopping.order_words import news
from handlers.chat.shopping.words import numbers
from handlers.chat.wallet import words as wallet
from services import Services
from services.ground.facts import Fact
from services.ground.money import Money
from services.payments.books import TOP_UP
from services.payments.facts import PaymentRefunded, RefundFact, RefundFailed, RefundStarted
from services.payments.methods import BY_HAND
from services.shopping.parcels import NEVER_SENT
from services.shopping.settling import VOUCHER_GONE


async def started(fact: RefundStarted, do: Services) -> Words:
    if fact.service_type == TOP_UP:
        return wallet.going_back(fact)
    payment = await do.payments.payment(fact.payment_id)
    if payment.method in BY_HAND:
        return ""  # it is given back at once, and told so
    match fact.why:
        case "order_cancelled" | "rest_cancelled":
            return ""  # said when it was cancelled
        case "cannot_fulfil":
            text = await _came_too_late(fact, do)
        case "paid_twice":
            text = _("You paid order *{number}* twice. *{amount}* is on its way back.")
        case _:
            text = _("*{amount}* of order *{number}* is on its way back to you.")
    return await _about(fact, text, do)


async def _came_too_late(fact: RefundFact, do: Services) -> str:
    [order, *_others] = await notices.paid_for(fact, do, fact.business_id)
    events = await do.shopping.order_events(fact.user_id, order.id)
    if VOUCHER_GONE in [event.reason for event in events]:
        return _(
            "Your payment for order *{number}* came, but too late: its voucher was used up. "
            "*{amount}* is on its way back to you. I am sorry."
        )
    return _(
        "Your payment for order *{number}* came, but too late: the goods were gone. "
        "*{amount}* is on its way back to you. I am sorry."
    )


async def refunded(fact: PaymentRefunded, do: Services) -> Words:
    if fact.service_type == TOP_UP:
        return wallet.went_back(fact)
    if fact.to_wallet:
        return await _about(fact, _("*{amount}* of order *{number}* is back in your wallet."), do)
    payment = await do.payments.payment(fact.payment_id)
    if fact.why == NEVER_SENT:
        return ""  # nor paid
    if payment.method == "manual":
        return await _about(fact, proofs.given_back(fact.why), do)
    if payment.method == "cash":
        text = _(
            "The shop says it gives you *{amount}* of order *{number}* back in cash. "
            "If it does not, type *agent*."
        )
        return await _about(fact, text, do)
    text = _(
        "*{amount}* of order *{number}* has gone back to you. "
        "Your bank may take a few days to show it."
    )
    return await _about(fact, text, do)


async def failed(fact: RefundFailed, do: Services) -> Words:
    if fact.service_type == TOP_UP:
        return wallet.not_gone_back(fact)
    text = _(
        "Giving back *{amount}* of order *{number}* did not work at once. "
        "Somebody on our team is on it; you will get your money."
    )
    return await _about(fact, text, do)


async def _about(fact: RefundFact, text: str, do: Services) -> Reply:
    amount = money(Money(fact.amount, fact.currency))
    about = await notices.paid_for(fact, do, fact.business_id)
    said = text.format(number=numbers(about), amount=amount)
    return news(about[0].id, said)


NOTICES: dict[type[Fact], Notice] = {
    RefundStarted: started,
    PaymentRefunded: refunded,
    RefundFailed: failed,
}
