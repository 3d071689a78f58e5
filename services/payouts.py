"""The payout report: what the ledger knows of each business, with the business's name."""

from dataclasses import dataclass
from datetime import datetime

from services.businesses import Businesses
from services.ground.transaction import Transaction
from services.ledger import payouts
from services.ledger.payouts import Payout


@dataclass(frozen=True, slots=True)
class Line:
    slug: str
    payout: Payout


async def report(
    tx: Transaction, businesses: Businesses, until: datetime, since: datetime | None = None
) -> list[Line]:
    """Every business that ever sold, from `since` up to before `until`."""
    found = await payouts.payouts(tx, until, since)
    return [Line((await businesses.get(one.business_id)).slug, one) for one in found]
