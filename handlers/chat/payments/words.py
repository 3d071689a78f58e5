"""What is said of a payment by link, and of one asked for on the phone."""

from collections.abc import Sequence
from typing import TypeGuard

from bot.dialog import Link, Reply, Template
from bot.language import _, button, money, ngettext, when
from handlers.chat.shopping.words import numbers
from services import Services
from services.payments import Payment, Status
from services.shopping import Order


def is_on_phone(payment: Payment | None) -> TypeGuard[Payment]:
    """The person is being asked for the PIN."""
    return payment is not None and (payment.method, payment.status) == ("mpesa", Status.PENDING)


def look_at_your_phone(payment: Payment) -> str:
    return _(
        "Look at your phone: M-Pesa asks you for *{amount}*. Enter your PIN there, never here. "
        "I'll tell you the moment the money arrives."
    ).format(amount=money(payment.amount))


def coming(payment: Payment | None) -> str:
    if payment is not None and payment.status is Status.HELD:
        return _(
            "Somebody on our team is looking at your payment. I'll write as soon as it is clear."
        )
    if payment is not None and payment.status is Status.PENDING:
        return _("Your bank is still working on the payment. I'll tell you as soon as it is done.")
    if payment is not None and payment.method == "mpesa":
        return _("M-Pesa is about to ask you on your phone, one moment.")
    return _("The payment link is on its way, one moment.")


def link(together: Sequence[Order], payment: Payment, do: Services) -> Reply:
    """The bubble one pays from."""
    until = payment.expires_at or do.now
    text = ngettext(
        "*{amount}* for order *{number}*. The link is open until {until}.",
        "*{amount}* for orders *{number}*. The link is open until {until}.",
        len(together),
    ).format(
        amount=money(payment.amount),
        number=numbers(together),
        until=when(until, do.me.time_zone, do.now),
    )
    url = payment.url or ""
    template = Template("payment_link", (plain(together), money(payment.amount), url))
    return Reply(text, link=Link(button("Pay now"), url), template=template)


def plain(together: Sequence[Order]) -> str:
    """Their numbers, for a template: "1042, 1043"."""
    return ", ".join(str(order.order_number) for order in together)
