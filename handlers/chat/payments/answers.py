"""*Did it go through?*, answered truly: as far as anybody knows, the provider asked at once."""

from bot.dialog import Again, Next
from bot.language import _, money
from handlers.chat.payments import proofs
from handlers.chat.payments.words import coming
from services import Services
from services.ground.money import Money
from services.payments import DisputeStatus, Payment, RefundStatus, Status


async def did_it_go_through(do: Services) -> Next:
    """*I paid*, *did it go through?* said anywhere: about the newest payment."""
    newest = await do.payments.history(do.me.id, limit=1)
    if not newest:
        return Again(_("I have not asked you for any money yet."))
    payment = newest[0]
    if payment.method == "manual" and payment.status is not Status.PAID:
        return await proofs.whether_it_came(payment, do)
    if payment.service_type != "order":
        return Again(await asked_now(payment, do))
    return Again(await truth(payment.service_id, do))


async def truth(order_id: int, do: Services) -> str:
    """Whether an order is paid, as far as anybody knows; the provider is asked at once."""
    order = await do.shopping.order(do.me.id, order_id)
    payment = await do.payments.for_service("order", order.purchase_id)
    if payment is None:
        return _("There is nothing to pay.")
    return await asked_now(payment, do)


async def asked_now(payment: Payment, do: Services) -> str:
    """Whether it came, as far as anybody knows; the provider is asked at once."""
    if payment.is_open:
        payment = await do.payments.ask_now(payment.id)
    if (other := _disputed(payment) or await _going_back(payment, do)) is not None:
        return other
    return _truth(payment)


async def _going_back(payment: Payment, do: Services) -> str | None:
    """What is on its way back, or should be."""
    back = [one for one in await do.payments.refunds(payment.id) if not one.is_done]
    if not back:
        return None
    if any(one.status is RefundStatus.FAILED for one in back):
        text = _("{amount} arrived. Giving {back} back did not work yet; our team is on it.")
    else:
        text = _("{amount} arrived, and {back} of it is on its way back to you.")
    sums = Money(sum(one.amount.amount for one in back), payment.amount.currency)
    return text.format(amount=money(payment.amount), back=money(sums))


def _truth(payment: Payment) -> str:
    amount = money(payment.amount)
    match payment.status:
        case Status.PAID:
            return _("Yes, {amount} arrived. Thank you!").format(amount=amount)
        case Status.PARTLY_REFUNDED | Status.REFUNDED:
            return _("{amount} arrived, and {back} of it has gone back to you.").format(
                amount=amount, back=money(payment.refunded)
            )
        case Status.HELD:
            return coming(payment)
        case _ if payment.is_open and payment.method == "cash":
            return _("You pay {amount} in cash when you receive it.").format(amount=amount)
        case Status.CREATED:  # the provider has not been asked yet
            return _("No money has arrived yet.")
        case Status.EXPIRED:
            return _("No, the link lapsed before any money came. Nothing was charged.")
        case Status.FAILED:
            return _("No, the payment did not work. Nothing was charged.")
        case Status.CANCELLED:
            return _("No, that payment was called off. Nothing was charged.")
    return _(
        "Not yet: it is still pending. I am asking the payment provider right now, "
        "and I'll tell you as soon as the money is here."
    )


def _disputed(payment: Payment) -> str | None:
    """What the person's own bank does with it, where they objected there."""
    amount = money(payment.amount)
    match payment.dispute:
        case DisputeStatus.OPEN:
            text = _("{amount} arrived, and your bank has taken it back while it looks into it.")
        case DisputeStatus.LOST:
            text = _("{amount} arrived, and your bank has given it back to you.")
        case _:
            return None
    return text.format(amount=amount)
