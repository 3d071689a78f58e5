"""What a check found, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"  # works, but somebody should know
    WRONG = "wrong"  # does not work: the exit code says so


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `advice` says what to do; empty when nothing is to be done."""

    subject: str
    level: Level
    says: str
    advice: str = ""


def ok(subject: str, says: str) -> Finding:
    return Finding(subject, Level.OK, says)


def note(subject: str, says: str, advice: str = "") -> Finding:
    return Finding(subject, Level.NOTE, says, advice)


def wrong(subject: str, says: str, advice: str) -> Finding:
    return Finding(subject, Level.WRONG, says, advice)
