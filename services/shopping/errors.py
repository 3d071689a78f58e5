"""What can stand in the way of buying and selling; each docstring is the message."""

from datetime import datetime

from services.ground.errors import NotFound
from services.ground.money import Money
from services.shopping.cart import Cart
from services.shopping.moves import Move, OrderStatus
from services.shopping.returned import Return, WhyNot
from services.shopping.review import Review
from services.shopping.voucher import Why

__all__ = [
    "Allocated",
    "BadCode",
    "CannotMove",
    "CannotMoveReturn",
    "CartChanged",
    "CodeTaken",
    "EmptyCart",
    "NotFound",
    "NotOffered",
    "NotReturnable",
    "NotYours",
    "OnlyLeft",
    "OtherCurrency",
    "ReviewChanged",
    "SentMeanwhile",
    "ShoppingError",
    "SoldOut",
    "StillThere",
    "TooMany",
    "VoucherRefused",
    "only_left",
]


class ShoppingError(Exception):
    """It cannot be bought like this."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.__doc__} ({detail})" if detail else self.__doc__)


class OnlyLeft(ShoppingError):
    """Not that many are left."""

    def __init__(self, left: int, name: str = "", variant_id: int = 0, in_cart: int = 0) -> None:
        super().__init__(f"{left} of {name}" if name else str(left))
        self.left = left  # what this person can have in all
        self.name = name
        self.variant_id = variant_id
        self.in_cart = in_cart  # of them, already in the person's cart


class SoldOut(OnlyLeft):
    """Nothing is left."""

    def __init__(self, name: str = "", variant_id: int = 0, in_cart: int = 0) -> None:
        super().__init__(0, name, variant_id, in_cart)


def only_left(left: int, name: str, variant_id: int, in_cart: int = 0) -> OnlyLeft:
    """SoldOut when nothing is left, else OnlyLeft."""
    if left <= 0:
        return SoldOut(name, variant_id, in_cart)
    return OnlyLeft(left, name, variant_id, in_cart)


class TooMany(ShoppingError):
    """The shop sells fewer than that at once."""

    def __init__(self, most: int, in_cart: int = 0) -> None:
        super().__init__(str(most))
        self.most = most
        self.in_cart = in_cart


class OtherCurrency(ShoppingError):
    """The cart holds things priced in another currency."""

    def __init__(self, business_id: int) -> None:
        super().__init__()
        self.business_id = business_id  # whose things are in the cart


class EmptyCart(ShoppingError):
    """There is nothing in the cart."""


class CartChanged(ShoppingError):
    """The cart is not what the person was shown."""

    def __init__(self, cart: Cart) -> None:
        super().__init__()
        self.cart = cart  # as it is now; `cart.differences` says what changed


class NotOffered(ShoppingError):
    """The shop does not bring, hand over or take payment that way."""


class VoucherRefused(ShoppingError):
    """The voucher does not work."""

    def __init__(
        self,
        why: Why,
        code: str,
        *,
        missing: Money | None = None,
        starts_at: datetime | None = None,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.code = code
        self.missing = missing  # of the subtotal, where that is why
        self.starts_at = starts_at  # where it does not work yet


class BadCode(ShoppingError):
    """A voucher's code is 3 to 24 letters from A to Z, digits and dashes."""


class CodeTaken(ShoppingError):
    """The business has a voucher of that code already."""


class Allocated(ShoppingError):
    """So many are promised to orders already."""

    def __init__(self, allocated: int) -> None:
        super().__init__(str(allocated))
        self.allocated = allocated


class CannotMove(ShoppingError):
    """The order cannot do that now."""

    def __init__(self, order_number: int, status: OrderStatus, possible: tuple[Move, ...]) -> None:
        super().__init__(
            f"{order_number} is {status}; possible: {', '.join(possible) or 'nothing'}"
        )
        self.order_number = order_number
        self.status = status
        self.possible = possible


class SentMeanwhile(ShoppingError):
    """Something of the order was sent since the person looked."""


class NotReturnable(ShoppingError):
    """It cannot come back."""

    def __init__(self, why: WhyNot) -> None:
        super().__init__(why)
        self.why = why


class CannotMoveReturn(ShoppingError):
    """The return cannot do that now."""

    def __init__(self, return_: Return) -> None:
        possible = ", ".join(return_.possible) or "nothing"
        super().__init__(f"{return_.label} is {return_.status}; possible: {possible}")
        self.return_ = return_


class NotYours(ShoppingError):
    """One's own goods and one's own words are for others to judge."""


class ReviewChanged(ShoppingError):
    """Its author has changed the review meanwhile."""

    def __init__(self, review: Review) -> None:
        super().__init__(str(review.edition))
        self.review = review  # as it reads now


class StillThere(ShoppingError):
    """There is no need to wait for what can be had."""
