"""What the shop announces: to the person who buys, and to the people who sell.

The tag is stored; never rename one. `order_number` is what people call an order.
"""

from datetime import datetime
from typing import ClassVar

from services.ground.facts import Fact


class OrderFact(Fact):
    """What every fact about an order carries."""

    order_id: int
    order_number: int


class OrderPaid(OrderFact):
    """The money is in; the business has been told."""

    tag: ClassVar[str] = "order-paid"


class OrderAccepted(OrderFact):
    """The business is preparing the order."""

    tag: ClassVar[str] = "order-accepted"


class OrderShipped(OrderFact):
    """A parcel, perhaps of several, is on its way; with `delivery` "pickup": can be fetched."""

    tag: ClassVar[str] = "order-shipped"
    delivery: str
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    parcel_id: int | None = None


class ParcelDelivered(OrderFact):
    """One of several has arrived, or was fetched."""

    tag: ClassVar[str] = "parcel-delivered"
    parcel_id: int


class OrderDelivered(OrderFact):
    """It has arrived, or was fetched: all of it."""

    tag: ClassVar[str] = "order-delivered"


class OrderCancelled(OrderFact):
    """The business, or the platform, called it off. `refunding`: money is on its way back."""

    tag: ClassVar[str] = "order-cancelled"
    reason: str
    refunding: bool


class RestCancelled(OrderFact):
    """The business cannot send what was still to come. `amount`, in minor units, is what it had
    cost; `refunding`: it is on its way back."""

    tag: ClassVar[str] = "order-rest-cancelled"
    reason: str
    amount: int
    currency: str
    refunding: bool


class ReturnDecided(OrderFact):
    """The business takes the goods back, or does not."""

    tag: ClassVar[str] = "return-decided"
    return_id: int
    is_accepted: bool


class ExchangeSent(OrderFact):
    """What they get for what they gave back is on its way, or can be fetched."""

    tag: ClassVar[str] = "exchange-sent"
    return_id: int
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None


class OrderExpired(OrderFact):
    """It was not paid in time, or the payment failed: nothing is held any more."""

    tag: ClassVar[str] = "order-expired"
    why: str  # "expired" or "failed"
    until: datetime  # when it was to be paid: lapsing again after a renewal is told again


class ReviewAsk(OrderFact):
    """They have had what they ordered for a while: how do they like it?"""

    tag: ClassVar[str] = "review-ask"


class ReviewRefused(Fact):
    """To the author: the shop does not publish that edition of their review."""

    tag: ClassVar[str] = "review-refused"
    review_id: int
    edition: int
    reason: str


class BackInStock(Fact):
    """What they waited for has come: one is held for them until then."""

    tag: ClassVar[str] = "back-in-stock"
    product_id: int
    variant_id: int
    until: datetime


class CartWaits(Fact):
    """What they chose has lain in the cart for a while."""

    tag: ClassVar[str] = "cart-waits"
    unasked: ClassVar[bool] = True


class BusinessFact(Fact):
    """What every fact told to a member carries."""

    business_id: int


class NewOrder(BusinessFact):
    """Somebody bought: paid, or to be paid on delivery."""

    tag: ClassVar[str] = "business-new-order"
    order_id: int
    order_number: int
    total: int  # minor units of `currency`
    currency: str
    payment_method: str


class OrderWaits(BusinessFact):
    """Nobody of the business has answered an order by then, perhaps."""

    tag: ClassVar[str] = "business-order-waits"
    order_id: int
    order_number: int


class OrderCancelledByCustomer(BusinessFact):
    """The buyer called it off before it was sent."""

    tag: ClassVar[str] = "business-order-cancelled"
    order_id: int
    order_number: int
    reason: str


class ReturnAsked(BusinessFact):
    """A buyer wants to give something back: accept or decline."""

    tag: ClassVar[str] = "business-return-asked"
    return_id: int


class ReturnCancelled(BusinessFact):
    """The buyer keeps it after all."""

    tag: ClassVar[str] = "business-return-cancelled"
    return_id: int


class LowStock(BusinessFact):
    """An order brought what is left down to the product's threshold, or to nothing."""

    tag: ClassVar[str] = "business-low-stock"
    variant_id: int
    sku: str
    name: str
    left: int
    order_id: int  # the order that did it; filled up and low again is told again


class ReviewWritten(BusinessFact):
    """A review waits to be approved or refused."""

    tag: ClassVar[str] = "business-review-written"
    review_id: int


class ProductsImported(BusinessFact):
    """A file of products that a member sent has been taken, as far as it could be."""

    tag: ClassVar[str] = "business-products-imported"
    import_id: int
    added: int
    changed: int
    unchanged: int
    refused: int
    first: tuple[tuple[int, str, str, str, str], ...]  # problems: line, SKU, column, why, given
    ended: tuple[str, str, int] | None  # why it was not read further: why, given, line
    report_key: str | None  # a workbook of all problems, where there are more


FACTS: tuple[type[Fact], ...] = (
    OrderPaid,
    OrderAccepted,
    OrderShipped,
    ParcelDelivered,
    OrderDelivered,
    OrderCancelled,
    RestCancelled,
    ReturnDecided,
    ExchangeSent,
    OrderExpired,
    ReviewAsk,
    ReviewRefused,
    BackInStock,
    CartWaits,
    NewOrder,
    OrderWaits,
    OrderCancelledByCustomer,
    ReturnAsked,
    ReturnCancelled,
    LowStock,
    ReviewWritten,
    ProductsImported,
)
