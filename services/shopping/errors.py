"""What can stand in the way of buying and selling; each docstring is the message."""

from services.ground.errors import NotFound
from services.shopping.cart import Cart
from services.shopping.moves import Move, OrderStatus

__all__ = [
    "Allocated",
    "CannotMove",
    "CartChanged",
    "EmptyCart",
    "NotFound",
    "NotOffered",
    "OnlyLeft",
    "OtherShop",
    "ShoppingError",
    "SoldOut",
    "TooMany",
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


class OtherShop(ShoppingError):
    """The cart holds things of another shop."""

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
