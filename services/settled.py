"""What was paid for hears of it: a payment's service type leads to the service that asked."""

from collections.abc import Callable

from services import Services
from services.ground.transaction import Transaction
from services.payments import Payment
from services.payments.books import TOP_UP
from services.shopping import CannotFulfil

ORDER = "order"


class SettledServices:
    """The Settled port of payments, bound to every service that asks for money."""

    def __init__(self, services: Callable[[Transaction], Services]) -> None:
        self._services = services

    async def paid(self, tx: Transaction, payment: Payment) -> bool:
        if payment.service_type == TOP_UP:
            await self._services(tx).wallet.topped_up(payment)
            return True
        ends = await self._services(tx).shopping.mark_paid(_order(payment))
        return not all(isinstance(end, CannotFulfil) for end in ends)

    async def failed(self, tx: Transaction, payment: Payment) -> None:
        if payment.service_type != TOP_UP:
            await self._services(tx).shopping.payment_failed(_order(payment))

    async def expired(self, tx: Transaction, payment: Payment) -> None:
        if payment.service_type != TOP_UP:
            await self._services(tx).shopping.payment_expired(_order(payment))

    async def refunded(self, tx: Transaction, payment: Payment) -> None:
        if payment.service_type != TOP_UP:
            await self._services(tx).shopping.went_back(_order(payment), payment.id)

    async def sellers(self, tx: Transaction, payment: Payment) -> list[int]:
        """Of each business those who chose to hear of disputes; where nobody did, the owners."""
        if payment.service_type == TOP_UP:
            return []
        do = self._services(tx)
        told: list[int] = []
        for order in await do.shopping.purchase(payment.user_id, _order(payment)):
            told += await _hearing(do, order.business_id)
        return list(dict.fromkeys(told))


async def _hearing(do: Services, business_id: int) -> list[int]:
    told = await do.businesses.members_to_tell(business_id, "disputes")
    members = await do.businesses.members(business_id)
    return told or [member.user_id for member in members if member.role == "owner"]


def _order(payment: Payment) -> int:
    """The first of the orders a payment is for. Raises LookupError for a service nobody bound
    here."""
    if payment.service_type != ORDER:
        raise LookupError(payment.service_type)
    return payment.service_id
