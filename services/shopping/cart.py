"""A cart as it stands now, and how that differs from what the person was shown."""

from dataclasses import dataclass

from services.ground.money import Money


@dataclass(frozen=True, slots=True)
class CartLine:
    """So many of one variant, at today's price."""

    variant_id: int
    product_id: int
    business_id: int
    name: str
    title: str  # of the variant, may be empty
    sku: str
    quantity: int
    price: Money
    price_shown: Money  # what the person was last told
    left: int  # what this person can have in all
    is_gone: bool  # no longer sold
    picture: str | None
    tax_basis_points: int

    @property
    def total(self) -> Money:
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class PriceChanged:
    line: CartLine
    was: Money


@dataclass(frozen=True, slots=True)
class Short:
    """Fewer are left than the cart holds; `line.left` of them, at least one."""

    line: CartLine


@dataclass(frozen=True, slots=True)
class Gone:
    """Sold out or no longer sold."""

    line: CartLine


Difference = PriceChanged | Short | Gone


@dataclass(frozen=True, slots=True)
class Part:
    """What of a cart one business sells: in the end one order. It has a line at least."""

    business_id: int
    voucher_id: int | None
    lines: tuple[CartLine, ...]

    @property
    def subtotal(self) -> Money:
        return _together(self.lines)


@dataclass(frozen=True, slots=True)
class Cart:
    """A person's cart, by who sells; all of it in one currency, and something at least.

    `version` changes with its content: checkout is given the one shown.
    """

    id: int
    version: int
    parts: tuple[Part, ...]

    @property
    def lines(self) -> tuple[CartLine, ...]:
        return tuple(line for part in self.parts for line in part.lines)

    @property
    def subtotal(self) -> Money:
        return _together(self.lines)

    @property
    def count(self) -> int:
        """Pieces in all."""
        return sum(line.quantity for line in self.lines)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What to say before paying; empty when nothing changed."""
        return tuple(found for line in self.lines for found in _differences(line))


def _together(lines: tuple[CartLine, ...]) -> Money:
    return Money(sum(line.total.amount for line in lines), lines[0].price.currency)


def _differences(line: CartLine) -> list[Difference]:
    if line.is_gone or line.left <= 0:
        return [Gone(line)]
    found: list[Difference] = []
    if line.price != line.price_shown:
        found.append(PriceChanged(line, line.price_shown))
    if line.left < line.quantity:
        found.append(Short(line))
    return found
