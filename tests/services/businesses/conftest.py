"""People, and the businesses service on a transaction, with what it announces."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from services.businesses import Business, Businesses, Draft
from services.ground.facts import Fact
from services.ground.people import User
from services.ground.recurrence import Recurrence
from services.ground.transaction import Transaction

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Told:
    """The facts port, in memory: announced facts by key, and those for later with their time."""

    facts: dict[str, Fact] = field(default_factory=dict)
    later: dict[str, tuple[Fact, datetime]] = field(default_factory=dict)
    again: dict[str, Recurrence] = field(default_factory=dict)

    async def announce(self, tx: Transaction, fact: Fact) -> None:
        self.facts.setdefault(fact.key(), fact)

    async def schedule(self, tx: Transaction, fact: Fact, at: datetime) -> None:
        self.later[fact.key()] = (fact, at)

    async def repeat(
        self, tx: Transaction, fact: Fact, recurrence: Recurrence, after: datetime
    ) -> bool:
        self.again[fact.key()] = recurrence
        return True

    async def cancel(self, tx: Transaction, fact: Fact) -> None:
        self.later.pop(fact.key(), None)
        self.again.pop(fact.key(), None)

    def tags(self, user_id: int) -> list[str]:
        return [fact.tag for fact in self.facts.values() if fact.user_id == user_id]


@dataclass
class Street:
    """`at(tx)` is the service on a transaction, now."""

    now: datetime = NOW
    told: Told = field(default_factory=Told)

    def at(self, tx: Transaction) -> Businesses:
        return Businesses(tx=tx, now=self.now, facts=self.told)

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)

    async def person(self, tx: Transaction, name: str = "Somebody") -> int:
        return int(await tx.scalar(insert(User).values(name=name).returning(User.id)))

    async def shop(self, tx: Transaction, name: str = "Corner") -> tuple[Business, int]:
        """A shop that was just opened, and its owner."""
        owner = await self.person(tx, "Owner")
        await self.at(tx).keep_draft(owner, answered(name))
        return await self.at(tx).open(owner), owner

    async def joined(self, tx: Transaction, business: Business, by: int, role: str) -> int:
        """Somebody who was invited and has accepted."""
        person = await self.person(tx, role.title())
        await self.at(tx).invite(business.id, person, role, by=by)  # type: ignore[arg-type]
        await self.at(tx).accept(business.id, person)
        return person


def answered(name: str) -> Draft:
    place = {"country": "KE", "currency": "KES", "time_zone": "Africa/Nairobi"}
    return Draft(name=name, sells="Food", **place)


@pytest.fixture
def street() -> Street:
    return Street()
