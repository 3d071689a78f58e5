"""The facts port, in memory, for every service's tests."""

from dataclasses import dataclass, field
from datetime import datetime

from services.ground.facts import Fact
from services.ground.recurrence import Recurrence
from services.ground.transaction import Transaction


@dataclass
class Told:
    """The facts port, in memory: announced facts by key, in their order, and those of later."""

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
