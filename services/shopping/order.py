"""An order as other rooms see it: frozen pictures of what was sold and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.ground.money import Money
from services.payments.methods import Provided
from services.shopping.moves import Move, OrderStatus, PaymentStatus, possible
from services.shopping.totals import part

Method = Provided | Literal["cash", "wallet", "manual"]
"""How a person pays: through a provider, in cash when it arrives, from their wallet, or by a
transfer that they show a photo of."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person receives things. `id` is None for the copy an order keeps."""

    id: int | None
    label: str | None
    recipient: str | None
    phone: str | None  # E.164, of who receives
    line: str | None
    city: str | None
    latitude: float | None
    longitude: float | None
    directions: str | None


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A line as sold."""

    id: int
    product_id: int | None
    variant_id: int | None  # None: no longer in the catalogue
    name: str
    title: str
    sku: str
    price: Money
    quantity: int
    tax: Money
    discount: Money
    total: Money  # price × quantity − discount
    paid: Money  # with its tax
    shipped: int  # pieces, as those below
    called_off: int
    delivered: int  # of those shipped
    coming_back: int  # of those delivered, asked back
    returned: int  # come back for their money
    exchanged: int  # come back for others

    @property
    def to_send(self) -> int:
        return self.quantity - self.shipped - self.called_off

    @property
    def may_return(self) -> int:
        return self.delivered - self.coming_back - self.returned - self.exchanged

    def part(self, count: int) -> Money:
        """What goes back for `count` more of it."""
        before = self.called_off + self.returned
        amount = part(self.paid.amount, self.quantity, before, count)
        return Money(amount, self.paid.currency)


@dataclass(frozen=True, slots=True)
class Order:
    """An order. `total` = subtotal − discount + shipping (+ tax, unless prices include it)."""

    id: int
    order_number: int
    user_id: int
    business_id: int
    paid_with: int | None
    status: OrderStatus
    fulfilment_status: str
    payment_method: str  # a Method, or free
    payment_status: PaymentStatus
    payment_id: int | None
    items: tuple[OrderItem, ...]
    subtotal: Money
    discount: Money
    voucher_id: int | None
    voucher: str | None  # its code
    shipping: Money
    tax: Money
    tax_included: bool
    total: Money
    called_off: Money  # of the total: what was never sent
    delivery: str  # delivery, pickup
    delivery_zone: str | None
    address: Address | None
    customer_notes: str | None
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    reserved_until: datetime | None
    created_at: datetime
    paid_at: datetime | None
    accepted_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None

    @property
    def possible(self) -> tuple[Move, ...]:
        """What a person can have done with it now."""
        return possible(self.status)

    @property
    def purchase_id(self) -> int:
        """What its money is asked for: the first of the orders that are paid together."""
        return self.paid_with or self.id

    @property
    def is_by_transfer(self) -> bool:
        """Paid past any provider, and shown with a photo."""
        return self.payment_method == "manual"

    @property
    def count(self) -> int:
        return sum(item.quantity for item in self.items)

    @property
    def shipped(self) -> int:
        """Pieces sent so far."""
        return sum(item.shipped for item in self.items)

    @property
    def to_send(self) -> dict[int, int]:
        """What is left to be sent: pieces by the line's id."""
        return {item.id: item.to_send for item in self.items if item.to_send}

    @property
    def due(self) -> Money:
        """What it costs, without what is never sent."""
        return self.total - self.called_off

    @property
    def came_all_back(self) -> bool:
        """Everything that was sent was given back for its money."""
        return self.shipped > 0 and all(item.returned == item.shipped for item in self.items)


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """An order in a list; `first` is the name of its first line, `count` the pieces in all."""

    id: int
    order_number: int
    status: OrderStatus
    payment_method: str
    payment_status: PaymentStatus
    delivery: str  # delivery, pickup
    total: Money
    first: str
    count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One move: who, when, why; with `return_id` it is that return which moved."""

    move: Move
    from_status: OrderStatus | None
    to_status: OrderStatus
    who: str  # customer, business, platform
    user_id: int | None
    reason: str | None
    return_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Missing:
    """A line that cannot be sent: `left` of it remain for this order."""

    name: str
    variant_id: int  # 0: no longer in the catalogue
    wanted: int
    left: int


@dataclass(frozen=True, slots=True)
class CannotFulfil:
    """Money came for an order that can no longer be sent: give it back, and say so."""

    order: Order
    missing: tuple[Missing, ...]  # empty when it had been called off, or its voucher was gone
