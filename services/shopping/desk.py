"""What every part of the shop works with: the transaction, the time, and whom it talks to."""

from datetime import datetime

from services.ground.facts import Facts
from services.ground.transaction import Transaction
from services.shopping.goods import Category
from services.shopping.ports import BusinessesPort, PaymentsPort


class Desk:
    """One transaction's view of the shop. Constructing it costs nothing."""

    def __init__(
        self,
        *,
        tx: Transaction,
        now: datetime,
        facts: Facts,
        businesses: BusinessesPort,
        payments: PaymentsPort,
    ) -> None:
        self._tx = tx
        self._now = now
        self._facts = facts
        self._businesses = businesses
        self._payments = payments
        self._categories: dict[tuple[int, str], Category] = {}  # looked up in this turn
