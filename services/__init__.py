"""Everything the business can do. Knows nothing of chat."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from services.businesses import Businesses
from services.ground.facts import Facts
from services.ground.people import PLATFORM, Person
from services.ground.phones import NOBODY, Phones
from services.ground.transaction import Transaction
from services.payments import Payments
from services.people import People
from services.shopping import Shopping
from services.wallet import Wallets

BRAND = "Chatterbay"


@dataclass(frozen=True, slots=True)
class Services:
    """What one turn may use: who is talking, the time, and the business.

    Everything that writes shares the turn's database transaction.
    """

    me: Person
    now: datetime
    brand: str  # what the platform calls itself
    people: People
    businesses: Businesses
    payments: Payments
    shopping: Shopping
    wallet: Wallets


def open_services(
    tx: Transaction,
    now: datetime,
    facts: Facts,
    me: Person = PLATFORM,
    brand: str = BRAND,
    providers: Collection[str] = ("stripe",),
    phones: Phones = NOBODY,
) -> Services:
    """The services of one transaction, for one person or for the platform itself; `providers`
    are those of payments that are configured, `phones` is how people are known by a number."""
    businesses = Businesses(tx=tx, now=now, facts=facts)
    payments = Payments(tx=tx, now=now, facts=facts, providers=providers)
    return Services(
        me=me,
        now=now,
        brand=brand,
        people=People(tx=tx, now=now, phones=phones),
        businesses=businesses,
        payments=payments,
        shopping=Shopping(tx=tx, now=now, facts=facts, businesses=businesses, payments=payments),
        wallet=Wallets(tx=tx, now=now, facts=facts, payments=payments),
    )
