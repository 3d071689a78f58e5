"""How fast a number may send: in all, and to one person (a burst of 45, then one in six seconds;
providers.md B).
"""

import time
from dataclasses import dataclass
from typing import Final

PAIR_BURST: Final = 45
PAIR_SECONDS: Final = 6.0


@dataclass(slots=True)
class Bucket:
    """Tokens left at a moment."""

    tokens: float
    at: float

    def take(self, per_second: float, burst: float) -> bool:
        """One token, if there is one."""
        now = time.monotonic()
        self.tokens = min(burst, self.tokens + (now - self.at) * per_second)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Rates:
    """Buckets of the number and of every pair."""

    def __init__(self) -> None:
        self._number: Bucket | None = None
        self._pairs: dict[str, Bucket] = {}

    def number_may(self, per_second: int) -> bool:
        """Whether the number may send now; 0 means no limit."""
        if not per_second:
            return True
        if self._number is None:
            self._number = Bucket(per_second, time.monotonic())
        return self._number.take(per_second, per_second)

    def pair_may(self, key: str) -> bool:
        """Whether this person may be sent another message now."""
        bucket = self._pairs.setdefault(key, Bucket(PAIR_BURST, time.monotonic()))
        return bucket.take(1 / PAIR_SECONDS, PAIR_BURST)
