"""A receipt as a PDF: the words here, how it looks in receipt.typ."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from bot.language import _, dated, money, speaking
from handlers.documents.qr import svg
from services.receipts import Receipt

NAMES = {"phonepe": "PhonePe", "mpesa": "M-Pesa"}
LAYOUT = Path(__file__).with_suffix(".typ")


async def drawn(receipt: Receipt, language: str, number: str | None = None) -> bytes:
    """The PDF; the same receipt is the same bytes. `number` (E.164) is ours, for the code that
    leads back into the chat. Drawn in a thread: it takes a tenth of a second."""
    return await asyncio.to_thread(_compiled, worded(receipt, language, number))


def _compiled(words: dict[str, Any]) -> bytes:
    import typst

    given = {"receipt": orjson.dumps(words).decode()}
    return bytes(typst.compile(str(LAYOUT), root=str(LAYOUT.parent), sys_inputs=given))


def worded(receipt: Receipt, language: str, number: str | None = None) -> dict[str, Any]:
    """Everything on it as text, for receipt.typ."""
    with speaking(language):
        return {"language": language, **_words(receipt), **_code(receipt, number)}


def coded(order_number: str, number: str | None) -> str:
    """What the code says: a link that opens our chat with the words typed, or just the words
    where our number is not known."""
    words = f"order {order_number}"
    return f"https://wa.me/{number.lstrip('+')}?text={quote(words)}" if number else words


def _code(receipt: Receipt, number: str | None) -> dict[str, str]:
    """Only what is kept as an order can be opened."""
    if receipt.seller is None:
        return {"code": "", "scan": ""}
    scan = (
        _("Scan this to open the order in our chat.")
        if number
        else _("Send us the words in this code to open the order in our chat.")
    )
    return {"code": svg(coded(receipt.what, number)), "scan": scan}


def _words(receipt: Receipt) -> dict[str, Any]:
    after = [[_("Given back"), money(receipt.refunded)]] if receipt.refunded.amount else []
    return {
        "title": _("Receipt {number}").format(number=receipt.number),
        "seller": _seller(receipt),
        "about": _about(receipt),
        "head": [_("What"), _("Count"), _("Price"), _("Amount")],
        "items": [
            [item.name, str(item.quantity), money(item.each), money(item.total)]
            for item in receipt.items
        ],
        "sums": _sums(receipt),
        "total": [_("Paid"), money(receipt.total)],
        "after": after,
        "foot": _("This receipt was made when the payment had arrived."),
    }


def _seller(receipt: Receipt) -> list[str]:
    if (seller := receipt.seller) is None:
        return []
    tax_id = _("Tax number {number}").format(number=seller.tax_id) if seller.tax_id else ""
    contact = seller.contact_phone or seller.contact_email or ""
    return [line for line in (seller.name, seller.address or "", contact, tax_id) if line]


def _about(receipt: Receipt) -> list[str]:
    paid = dated(receipt.paid_at, receipt.time_zone)
    lines = [
        _("For {name}").format(name=receipt.buyer) if receipt.buyer else "",
        _("Order {number}").format(number=receipt.what) if receipt.seller else receipt.what,
        paid,
        _method(receipt.method),
    ]
    return [line for line in lines if line]


def _method(method: str) -> str:
    match method:
        case "stripe":
            return _("Paid by card")
        case "cash":
            return _("Paid in cash")
        case "wallet":
            return _("Paid from the wallet")
        case "manual":
            return _("Paid by transfer")
    return _("Paid with {method}").format(method=NAMES[method])


def _sums(receipt: Receipt) -> list[list[str]]:
    tax = _("Tax included") if receipt.tax_included else _("Tax")
    rows = (
        (_("Delivery"), "", receipt.shipping),
        (_("Discount"), "-", receipt.discount),
        (tax, "", receipt.tax),
    )
    return [[what, sign + money(amount)] for what, sign, amount in rows if amount.amount]
