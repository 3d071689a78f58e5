"""What stands on a receipt, and the job that makes those asked for: outside any transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from services import Services
from services.businesses import Business
from services.ground.facts import Facts
from services.ground.files import Files
from services.ground.money import Money
from services.ground.transaction import Transaction
from services.payments import Payment, receipts
from services.payments.due import Begin, Clock
from services.payments.receipts import Wanted
from services.settled import ORDER
from services.shopping import Order

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    quantity: int
    each: Money
    total: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """What stands on it. Amounts of nothing are left out when it is drawn."""

    number: str
    paid_at: datetime
    time_zone: str  # of whoever reads it
    method: str
    buyer: str
    seller: Business | None
    what: str  # what it was for: an order's number
    items: tuple[Item, ...]
    shipping: Money
    tax: Money
    tax_included: bool
    discount: Money
    total: Money
    refunded: Money


Draw = Callable[[Receipt, str], Awaitable[bytes]]
"""A receipt as a PDF in a language."""


@dataclass(frozen=True, slots=True)
class ReceiptMaker:
    """The job. `services` are the platform's, in a transaction."""

    begin: Begin
    services: Callable[[Transaction], Services]
    files: Files
    draw: Draw
    facts: Facts
    clock: Clock

    async def step(self) -> int:
        """Make one receipt; 0 when none is due."""
        async with self.begin() as tx:
            wanted = await receipts.claim(tx, self.clock())
        if wanted is None:
            return 0
        try:
            await self._make(wanted)
        except Exception as error:
            log.error("receipts.make", receipt=wanted.id, exc_info=error)
            async with self.begin() as tx:
                await receipts.put_off(tx, self.clock(), wanted)
        return 1

    async def _make(self, wanted: Wanted) -> None:
        async with self.begin() as tx:
            receipt = await contents(self.services(tx), wanted)
        key = await self.files.put(await self.draw(receipt, wanted.language), "pdf")
        async with self.begin() as tx:
            await receipts.done(tx, self.clock(), self.facts, wanted, key, receipt.number)


async def contents(do: Services, wanted: Wanted) -> Receipt:
    """What the receipt of a payment says, or of a seller's part of it, as things are now."""
    payment = await do.payments.payment(wanted.payment_id)
    plain = _plain(payment, await do.people.name(payment.user_id) or "", wanted.time_zone)
    if payment.service_type != ORDER:
        return plain
    together = await do.shopping.purchase(payment.user_id, payment.service_id)
    whose = wanted.business_id or together[0].business_id
    [order] = [one for one in together if one.business_id == whose]
    receipt = _of_order(plain, order, await do.businesses.get(order.business_id))
    if order.total == payment.amount:
        return receipt
    back = await do.payments.given_back(payment.id, order.business_id)
    number = f"{receipt.number}-{order.order_number}"
    return replace(receipt, number=number, total=order.total, refunded=back)


def _plain(payment: Payment, buyer: str, time_zone: str) -> Receipt:
    nothing = Money(0, payment.amount.currency)
    return Receipt(
        number=f"{payment.id:06d}",
        paid_at=payment.paid_at or payment.created_at,
        time_zone=time_zone,
        method=payment.method,
        buyer=buyer,
        seller=None,
        what=payment.description,
        items=(),
        shipping=nothing,
        tax=nothing,
        tax_included=True,
        discount=nothing,
        total=payment.amount,
        refunded=payment.refunded,
    )


def _of_order(plain: Receipt, order: Order, seller: Business) -> Receipt:
    items = tuple(
        Item(
            f"{item.name}, {item.title}" if item.title else item.name,
            item.quantity,
            item.price,
            item.price * item.quantity,
        )
        for item in order.items
    )
    return replace(
        plain,
        seller=seller,
        what=str(order.order_number),
        items=items,
        shipping=order.shipping,
        tax=order.tax,
        tax_included=order.tax_included,
        discount=order.discount,
    )
