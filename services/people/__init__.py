"""People: what they told us about themselves, and what they agreed to."""

from services.people.hours import decent
from services.people.people import People

__all__ = ["People", "decent"]
