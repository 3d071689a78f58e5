"""What a cart would come to, as the summary says it."""

from bot.language import _
from handlers.chat.shopping import words
from services import Services
from services.ground.money import Money
from services.shopping import Bill, Cart, Quote


async def quoted(filled: Cart, quote: Quote, do: Services) -> list[str]:
    """What is bought of whom, and what it comes to; with several sellers all of it too."""
    blocks = [lines for _part, lines in words.numbered(filled)]
    if len(quote.bills) == 1:
        [bill] = quote.bills
        whole = words.in_all(quote.total)
        return [blocks[0], _foot(bill, whole), _fetched(bill)]
    parts = []
    for bill, lines in zip(quote.bills, blocks, strict=True):
        name = await words.shop_name(bill.part.business_id, do)
        whole = words.together(Money(bill.totals.total, quote.total.currency))
        block = (f"*{name}*", lines, _foot(bill, whole), _fetched(bill))
        parts.append("\n".join(line for line in block if line))
    return [*parts, words.in_all(quote.total)]


def _foot(bill: Bill, whole: str) -> str:
    sums, currency = bill.totals, bill.part.subtotal.currency
    voucher, discount = bill.counted, Money(bill.totals.discount, currency)
    return words.sums(
        bill.part.subtotal,
        "" if voucher is None else words.voucher_line(voucher.code, discount),
        Money(sums.shipping, currency),
        Money(sums.tax, currency),
        sums.tax_included,
        whole,
    )


def _fetched(bill: Bill) -> str:
    if bill.delivery.zone_id is not None:
        return ""
    return _("You pick it up at {place}").format(place=bill.delivery.name)
