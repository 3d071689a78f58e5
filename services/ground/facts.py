"""Facts: what a service announces to people, and the port it announces through.

A service never speaks. It hands a frozen Fact to the port, in its own
transaction; the composition root binds the port to the inbox, and the chat
turns the fact into words when the person's turn comes.
"""

from datetime import datetime
from typing import ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from services.ground.recurrence import Recurrence
from services.ground.transaction import Transaction


class Fact(BaseModel):
    """Something that happened, told to one person. Subclass once per kind of fact."""

    model_config = ConfigDict(frozen=True)
    tag: ClassVar[str]  # stored in the database: never rename, never reuse
    unasked: ClassVar[bool] = False  # marketing: who said stop is not told, others last

    user_id: int  # who is told

    def key(self) -> str:
        """What makes this fact the same fact when announced twice: it is told once."""
        own = ",".join(f"{name}={value}" for name, value in self.model_dump(mode="json").items())
        return f"{self.tag}:{own}"


class Facts(Protocol):
    """Announcing, now or later. Announcing the same fact (by key) again does nothing."""

    async def announce(self, tx: Transaction, fact: Fact) -> None: ...

    async def schedule(self, tx: Transaction, fact: Fact, at: datetime) -> None:
        """Announce at `at`; late if the program was down, never lost."""

    async def repeat(
        self, tx: Transaction, fact: Fact, recurrence: Recurrence, after: datetime
    ) -> bool:
        """Announce at every time later than `after`; after a time away once, not for every time
        missed. False when there is none. Raises nothing: a Recurrence that was made can be
        used."""

    async def cancel(self, tx: Transaction, fact: Fact) -> None:
        """Forget a scheduled fact that has not been announced yet, or is to be again."""
