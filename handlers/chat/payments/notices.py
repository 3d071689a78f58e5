"""What happened to a payment while nobody waited for it."""

from bot.dialog import Notice, Words
from handlers.chat.payments.words import coming, is_on_phone, link, look_at_your_phone
from handlers.chat.wallet import words as wallet
from services import Services
from services.ground.facts import Fact
from services.payments.books import TOP_UP
from services.payments.facts import (
    PaymentExpired,
    PaymentFact,
    PaymentFailed,
    PaymentHeld,
    PaymentReady,
)
from services.shopping import Order


async def ready(fact: PaymentReady, do: Services) -> Words:
    payment = await do.payments.payment(fact.payment_id)
    if is_on_phone(payment):
        return look_at_your_phone(payment)
    if payment.url is None:
        return ""
    if fact.service_type == TOP_UP:
        return wallet.link(payment, do)
    return link(await paid_for(fact, do), payment, do)


async def ended(fact: PaymentFailed | PaymentExpired, do: Services) -> Words:
    """The order says it itself: OrderExpired comes with it."""
    if fact.service_type == TOP_UP:
        return wallet.lapsed(await do.payments.payment(fact.payment_id))
    return ""


async def held(fact: PaymentHeld, do: Services) -> Words:
    return coming(await do.payments.payment(fact.payment_id))


async def paid_for(fact: PaymentFact, do: Services, business_id: int | None = None) -> list[Order]:
    """The orders that a payment is for, or of them that of one seller."""
    together = await do.shopping.purchase(fact.user_id, fact.service_id)
    return [one for one in together if business_id in (None, one.business_id)] or together


NOTICES: dict[type[Fact], Notice] = {
    PaymentReady: ready,
    PaymentFailed: ended,
    PaymentExpired: ended,
    PaymentHeld: held,
}
