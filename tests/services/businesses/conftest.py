"""People, and the businesses service on a transaction, with what it announces."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from services.businesses import Business, Businesses, Draft
from services.ground.people import User
from services.ground.transaction import Transaction
from tests.services.told import Told

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


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
