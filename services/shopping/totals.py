"""What an order comes to: integers of minor units, tax per line, parts that add to the whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.ground.money import share, split


@dataclass(frozen=True, slots=True)
class LineTotal:
    """`total` is what the line costs before tax is added; `tax` is in it or on top of it.

    `discount` has been taken off already.
    """

    total: int
    tax: int
    discount: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """Minor units. `total` = subtotal − discount + shipping (+ tax unless included)."""

    lines: tuple[LineTotal, ...]
    subtotal: int
    discount: int
    shipping: int
    tax: int
    tax_included: bool
    total: int


def line_total(
    price: int, quantity: int, basis_points: int, tax_included: bool, discount: int = 0
) -> LineTotal:
    """Tax of the whole line, as discounted, rounded half up once."""
    total = price * quantity - discount
    return LineTotal(total, tax_of(total, basis_points, tax_included), discount)


def spread(discount: int, lines: Sequence[int]) -> list[int]:
    """A discount over what the lines cost, in proportion; a line bears no more than it costs.

    `discount` is at most the sum of the lines.
    """
    return split(discount, lines) if discount else [0] * len(lines)


def tax_of(total: int, basis_points: int, tax_included: bool) -> int:
    """Tax on top of `total`, or within it, rounded half up."""
    if not tax_included:
        return share(total, basis_points)
    whole = 10_000 + basis_points
    return (2 * total * basis_points + whole) // (2 * whole)


def part(whole: int, quantity: int, before: int, count: int) -> int:
    """What `count` pieces are of the `whole` that `quantity` of them came to, when `before` have
    been reckoned already: in whatever steps, the parts of all add up to the whole."""
    return whole * (before + count) // quantity - whole * before // quantity


def totals(lines: Sequence[LineTotal], shipping: int, tax_included: bool) -> Totals:
    """The whole out of its lines and what bringing it costs."""
    discount = sum(line.discount for line in lines)
    subtotal = sum(line.total for line in lines) + discount
    tax = sum(line.tax for line in lines)
    total = subtotal - discount + shipping + (0 if tax_included else tax)
    return Totals(tuple(lines), subtotal, discount, shipping, tax, tax_included, total)


def delivery_fee(fee: int, free_from: int | None, subtotal: int) -> int:
    """What bringing costs: nothing from `free_from` on."""
    return 0 if free_from is not None and subtotal >= free_from else fee
