"""How the shop's things are said: prices, what is left, the lines of a cart or an order."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

from bot.dialog import Media
from bot.language import _, money, ngettext, when
from services import Services
from services.ground.money import Money
from services.shopping import (
    Address,
    Card,
    Cart,
    CartLine,
    Difference,
    Gone,
    Order,
    Part,
    PriceChanged,
    Product,
    Variant,
    VoucherRefused,
    Why,
    pictures,
)

FEW = 5  # from here down, what is left is said in figures
ROW = 24  # characters a row's label shows; what is longer is said again beneath it


def named(name: str, title: str) -> str:
    """A variant by its full name: "Kitenge shirt, red M"."""
    return f"{name}, {title}" if title else name


def picture(path: str | None) -> Media | None:
    return None if path is None else Media(pictures.address(path))


def priced(price: Money, former: Money | None = None) -> str:
    """A price, with the former one struck through."""
    return f"*{money(price)}*" if former is None else f"*{money(price)}* ~{money(former)}~"


def left_of(count: int) -> str:
    """What is left, when that is worth saying."""
    if count <= 0:
        return _("Sold out")
    if count <= FEW:
        return ngettext("Only {count} left", "Only {count} left", count).format(count=count)
    return _("In stock")


def beneath(card: Card) -> str:
    """What stands under a product's name in a list."""
    price = money(card.price)
    if card.price_to != card.price:
        price = _("from {price}").format(price=price)
    if card.sold_out:
        price = f"{price} · {_('Sold out')}"
    more = card.name if len(card.name) > ROW else card.short_description
    return f"{price} · {more}" if more else price


def star_line(rating: int) -> str:
    """A rating of 1 to 5."""
    return "★" * rating + "☆" * (5 - rating)


def rated(product: Product) -> str:
    """The mean of its reviews, and how many there are; nothing before the first."""
    count = product.reviews_count
    if not count:
        return ""
    said = ngettext("{count} review", "{count} reviews", count).format(count=count)
    return f"★ {product.rating:.1f} ({said})"


def about(product: Product) -> str:
    """A product opened, without the question."""
    dearest = max(variant.price for variant in product.variants)
    price = priced(product.price, product.variants[0].compare_at)
    if dearest != product.price:
        price = _("from {price}").format(price=f"*{money(product.price)}*")
    first = f"*{product.name}*\n{price}"
    facts = [fact for fact in (rated(product), left_of(product.left)) if fact]
    text = product.description or product.short_description or ""
    return "\n\n".join(part for part in (first, text, " · ".join(facts)) if part)


def variant_row(variant: Variant) -> str:
    return f"{money(variant.price)} · {left_of(variant.left)}"


def cart_line(line: CartLine) -> str:
    return f"{line.quantity} × {named(line.name, line.title)} · {money(line.total)}"


async def cart_lines(cart: Cart, do: Services) -> str:
    """What is in it; of several sellers each with what it comes to."""
    blocks = [lines for _, lines in numbered(cart)]
    if len(blocks) == 1:
        return blocks[0]
    sums = [together(part.subtotal) for part in cart.parts]
    names = [await shop_name(part.business_id, do) for part in cart.parts]
    whole = zip(names, blocks, sums, strict=True)
    return "\n\n".join(f"*{name}*\n{lines}\n{sum_}" for name, lines, sum_ in whole)


def numbered(cart: Cart) -> Iterator[tuple[Part, str]]:
    """Each seller's lines, counted through the whole cart."""
    count = itertools.count(1)
    for part in cart.parts:
        yield part, "\n".join(f"{next(count)}. {cart_line(line)}" for line in part.lines)


def together(amount: Money) -> str:
    """What one of several sellers' part comes to."""
    return _("Together {amount}").format(amount=money(amount))


async def shop_name(business_id: int, do: Services) -> str:
    return (await do.businesses.get(business_id)).name


def numbers(orders: Iterable[Order]) -> str:
    """Their numbers, between two asterisks: "1042*, *1043"."""
    return "*, *".join(str(order.order_number) for order in orders)


def running_total(cart: Cart) -> str:
    return ngettext(
        "In your cart: {count} thing, *{total}*.",
        "In your cart: {count} things, *{total}*.",
        cart.count,
    ).format(count=cart.count, total=money(cart.subtotal))


def changes(differences: Iterable[Difference]) -> str:
    """What became different since the person last saw the cart."""
    return "\n".join(_change(one) for one in differences)


def _change(one: Difference) -> str:
    name = named(one.line.name, one.line.title)
    if isinstance(one, Gone):
        return _("• {name} is sold out, I take it out of your cart.").format(name=name)
    if isinstance(one, PriceChanged):
        return _("• {name} now costs {price}, it was {was}.").format(
            name=name, price=money(one.line.price), was=money(one.was)
        )
    left = one.line.left
    return ngettext(
        "• Only {count} {name} is left, so that is what I keep for you.",
        "• Only {count} {name} are left, so that is what I keep for you.",
        left,
    ).format(count=left, name=name)


def order_lines(order: Order) -> str:
    return "\n".join(
        f"{item.quantity} × {named(item.name, item.title)} · {money(item.price * item.quantity)}"
        for item in order.items
    )


def sums(
    subtotal: Money,
    off: str,
    shipping: Money,
    tax: Money,
    tax_included: bool,
    total: str,
) -> str:
    """The foot of a bill; `off` is the line of a voucher, if there is one."""
    lines = [_("Goods {amount}").format(amount=money(subtotal))]
    if off:
        lines.append(off)
    if shipping.amount:
        lines.append(_("Delivery {amount}").format(amount=money(shipping)))
    if tax.amount and not tax_included:
        lines.append(_("Tax {amount}").format(amount=money(tax)))
    if tax.amount and tax_included:
        inside = _("includes {amount} tax").format(amount=money(tax))
        total = f"{total} ({inside})"
    if len(lines) == 1:
        return total
    return "\n".join([*lines, total])


def in_all(amount: Money) -> str:
    return _("*Total {amount}*").format(amount=money(amount))


def why_not(refused: VoucherRefused, do: Services) -> str:
    """Exactly why a voucher does not work."""
    text = {
        Why.UNKNOWN: _("I know no voucher “{code}”. Is it spelled right?"),
        Why.OTHER_SHOP: _("Voucher *{code}* is for another shop than your cart."),
        Why.OFF: _("The shop does not take voucher *{code}* any more."),
        Why.NOT_YET: _("Voucher *{code}* works only from {when} on."),
        Why.OVER: _("The time of voucher *{code}* is over."),
        Why.BY_YOU: _("You have used voucher *{code}* already."),
        Why.USED_UP: _("Voucher *{code}* is used up: others were faster."),
        Why.MINIMUM: _("For voucher *{code}* your cart needs *{amount}* more."),
        Why.NO_DELIVERY: _("Voucher *{code}* pays for delivery, and here there is none to pay."),
    }[refused.why]
    missing, at = refused.missing, refused.starts_at
    return text.format(
        code=refused.code[:ROW],
        amount="" if missing is None else money(missing),
        when="" if at is None else when(at, do.me.time_zone, do.now),
    )


def voucher_line(code: str, off: Money) -> str:
    """Its line in a bill."""
    if off.amount:
        return _("Voucher {code}: {amount} off").format(code=code, amount=money(off))
    return _("Voucher {code}: free delivery").format(code=code)


def bill(order: Order) -> str:
    """Lines and totals of an order."""
    off = voucher_line(order.voucher, order.discount) if order.voucher else ""
    whole = in_all(order.total)
    foot = sums(order.subtotal, off, order.shipping, order.tax, order.tax_included, whole)
    return f"{order_lines(order)}\n\n{foot}"


def what_follows(orders: Sequence[Order]) -> str:
    """After an order stands: who writes next, and how to look where it is."""
    return ngettext(
        "I'll write as soon as the shop accepts it. Type *track {number}* to see where it is.",
        "I'll write as soon as the shops accept them. Type *track {number}* to see where it is.",
        len(orders),
    ).format(number=orders[0].order_number)


async def bills(orders: Sequence[Order], do: Services) -> str:
    """Of several orders each under its seller's name and its number."""
    if len(orders) == 1:
        return bill(orders[0])
    text = _("*{shop}*, order *{number}*")
    heads = [
        text.format(shop=await shop_name(one.business_id, do), number=one.order_number)
        for one in orders
    ]
    return "\n\n".join(f"{head}\n{bill(one)}" for head, one in zip(heads, orders, strict=True))


def place(address: Address) -> str:
    """An address in one line."""
    pin = None if address.latitude is None else _("the place you shared")
    where = ", ".join(part for part in (address.line, address.city) if part) or pin or ""
    return f"{where} ({address.directions})" if address.directions else where
