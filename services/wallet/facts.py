"""What the wallet announces to its owner. Amounts are minor units of `currency`."""

from typing import ClassVar

from services.ground.facts import Fact


class ToppedUp(Fact):
    """What was paid for is in the wallet."""

    tag: ClassVar[str] = "wallet-topped-up"
    payment_id: int
    amount: int
    currency: str
