"""Handing a person to a human agent: the port through which a service does it.

While an agent has a person the bot is silent with them, whatever happens, until the agent hands
them back or the time is over. The composition root binds the port to the outbox.
"""

from datetime import datetime
from typing import Protocol

from services.ground.transaction import Transaction


class AlreadyTaken(Exception):
    """Another agent has this person."""


class NotTaken(Exception):
    """This agent does not have this person, or not any more."""


class Handovers(Protocol):
    """People and agents are rows of `users`. In the caller's transaction."""

    async def take(self, tx: Transaction, user_id: int, agent_id: int, minutes: float) -> datetime:
        """The agent has the person until then; taking again makes it longer. Raises
        AlreadyTaken."""

    async def say(self, tx: Transaction, user_id: int, agent_id: int, words: str) -> None:
        """The agent's own words to the person. Raises NotTaken."""

    async def hand_back(self, tx: Transaction, user_id: int, agent_id: int) -> None:
        """The bot answers again. Raises NotTaken."""
