"""What a paid order is told with, and its receipt as a file."""

from collections.abc import Sequence

from bot.dialog import Action, Again, Choice, Media, Next, Notice, Reply, Template, Words
from bot.language import _, button, money, ngettext
from handlers.chat.payments.words import plain
from handlers.chat.shopping import orders
from handlers.chat.shopping.words import bills, numbers, what_follows
from handlers.chat.taps import number_of
from services import Services
from services.ground.facts import Fact
from services.ground.money import Money
from services.payments.errors import NotAllowed
from services.payments.facts import ReceiptReady
from services.shopping import Order, PaymentStatus

BUTTONS = 3  # on a bubble


async def receipt(order_id: int, do: Services) -> Reply:
    """What a paid order is told with, and those paid together with it."""
    together = await do.shopping.purchase(do.me.id, order_id)
    paid = [one for one in together if one.payment_status is PaymentStatus.PAID] or together
    said = ngettext(
        "Paid, thank you! 🎉 Order *{number}*", "Paid, thank you! 🎉 Orders *{number}*", len(paid)
    ).format(number=numbers(paid))
    text = f"{said}\n\n{await bills(paid, do)}\n\n{what_follows(paid)}"
    total = Money(sum(one.total.amount for one in paid), paid[0].total.currency)
    template = Template("order_paid", (plain(paid), money(total)))
    return Reply(text, _receipts([one for one in paid if one.payment_id]), template=template)


def _receipts(paid: Sequence[Order]) -> tuple[Choice, ...]:
    """One of each order, as many as there is room for."""
    if len(paid) == 1:
        return (Choice.act("receipt", paid[0].id, button("Receipt")),)
    label = button("Receipt {number}")
    return tuple(
        Choice.act("receipt", one.id, label.format(number=one.order_number))
        for one in paid[:BUTTONS]
    )


async def ask_receipt(argument: str, do: Services) -> Next:
    """The button *Receipt* of an order: the buyer's, or for the business's books."""
    order = await orders.seen(number_of(argument), do)
    if order is None:
        return Again(orders.unknown())
    if order.payment_id is None:
        return Again(_("There is nothing to pay."), quietly=True)
    try:
        me = do.me
        await do.payments.ask_receipt(
            order.payment_id, me.id, me.language, me.time_zone, order.business_id
        )
    except NotAllowed:
        return Again(_("There is a receipt as soon as the money has arrived."), quietly=True)
    return Again(_("Your receipt is on its way, one moment."), quietly=True)


async def receipt_ready(fact: ReceiptReady, do: Services) -> Words:
    name = _("Receipt {number}").format(number=fact.number)
    return Reply("", document=Media(f"/files/{fact.file_key}", f"{name}.pdf"))


NOTICES: dict[type[Fact], Notice] = {ReceiptReady: receipt_ready}
ACTIONS: dict[str, Action] = {"receipt": ask_receipt}
