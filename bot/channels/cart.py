"""A native WhatsApp cart, with its prices in minor units."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from bot.channels.shapes import listing, mapping, text, whole
from bot.dialog.said import CartLine
from services.ground.money import decimals

_MOST = 1_000_000  # pieces of one line; more is a slip or a joke
_DEAREST = Decimal(10**12)


def cart_lines(order: dict[str, Any]) -> tuple[CartLine, ...]:
    """The lines of an `order` message that name a product and how many.

    A price that cannot be read is 0: the catalogue, not the phone, says what things cost.
    """
    lines = (_line(mapping(each)) for each in listing(order.get("product_items")))
    return tuple(line for line in lines if line)


def _line(item: dict[str, Any]) -> CartLine | None:
    sku = text(item.get("product_retailer_id"))
    quantity = whole(item.get("quantity"))
    if not sku or quantity is None or not 0 < quantity <= _MOST:
        return None
    currency = text(item.get("currency")).upper()[:3]
    return CartLine(sku, quantity, minor_units(item.get("item_price"), currency), currency)


def minor_units(price: object, currency: str) -> int:
    """A price in whole units ("30.5", 30.5) as minor units of `currency`, rounded half up.

    A JSON number is read by its shortest decimal writing, so 19.99 is 1999, never 1998.
    """
    if isinstance(price, bool) or not isinstance(price, int | float | str):
        return 0
    try:
        exact = Decimal(str(price))
    except InvalidOperation:
        return 0
    if not exact.is_finite() or not 0 <= exact <= _DEAREST:
        return 0
    return int(exact.scaleb(decimals(currency)).quantize(Decimal(1), ROUND_HALF_UP))
