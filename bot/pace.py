"""How fast somebody writes, and when that is more than any person does.

A leaking bucket of messages, by the time they arrived: after an hour away everything that
waits may be answered, while another bot that answers every answer of ours is left alone
after a while. What is known travels in the person's session as a few numbers.
"""

import zlib
from datetime import datetime
from typing import Literal, NamedTuple

BURST = 120.0  # messages at once
SUSTAINED = 1.0  # messages a second, for as long as they like
CALM = BURST / 2  # in the bucket: from here down, somebody who was paused is heard again
FULLEST = BURST * 1.5  # so that an hour of noise takes a minute of silence, not an hour
SAME = 20  # times the same words in a row, none more than APART after the one before
APART = 60.0  # seconds
TOO_MANY = "too many"  # why the messages of a pause are ignored

Verdict = Literal["hear", "pause", "ignore"]


class Pace(NamedTuple):
    """`level` messages in the bucket at `at` (Unix seconds); `words` is a hash of the last
    text, said `same` times in a row."""

    level: float = 0.0
    at: float = 0.0
    paused: float = 0.0  # 1: they were told, and are not heard
    words: float = 0.0
    same: float = 0.0

    def after(self, text: str, count: int, at: datetime) -> tuple["Pace", Verdict]:
        """`count` messages later, the last of which said `text` ("" where none was typed)."""
        moment = at.timestamp()
        gap = max(0.0, moment - self.at)
        level = min(FULLEST, max(0.0, self.level - gap * SUSTAINED) + count)
        words = float(zlib.crc32(text.encode())) if text else 0.0
        again = words == self.words and words != 0.0 and gap <= APART
        same = self.same + count if again else float(count)
        fast = level > BURST or same >= SAME
        if self.paused:
            fast = level > CALM or same >= SAME
        verdict: Verdict = "hear" if not fast else "ignore" if self.paused else "pause"
        return Pace(level, max(moment, self.at), float(fast), words, same), verdict


def read(numbers: tuple[float, ...]) -> Pace:
    """What a session kept; a fresh one for anything else."""
    try:
        return Pace(*map(float, numbers))
    except (TypeError, ValueError):
        return Pace()
