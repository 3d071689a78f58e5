"""A recorded turn: all it started from, all it read, and what it led to."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from bot.replay.questions import Asked, Failure, asked_from
from services.ground.people import Person

VERSION = 1


class UnreadableRecording(Exception):
    """It was written by another release, or is damaged."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a turn starts from, the database aside."""

    person: Person
    language: str  # spoken by now, which a turn just before may have changed
    brand: str
    now: datetime
    state: Mapping[str, Any] | None  # the stored session; None: never talked with
    channel_id: int  # where the answer goes
    talked_at: datetime | None
    is_fact: bool
    payload: Mapping[str, Any]
    correlation_id: str | None
    said: Mapping[str, Any] | None = None  # where the payload is not all that was answered


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn led to, as people and the next turn see it."""

    bubbles: Sequence[Mapping[str, Any]] = ()  # Reply each, cut into the channel's parts
    language: str | None = None
    state: Mapping[str, Any] | None = None
    ignored: str | None = None  # why there was nothing to say
    failure: Failure | None = None

    @property
    def step(self) -> str | None:
        return step_of(self.state)


def step_of(state: Mapping[str, Any] | None) -> str | None:
    """The tag of the step that a stored session waits at."""
    stack = (state or {}).get("stack") or [{}]
    tag: str | None = stack[-1].get("tag")
    return tag


@dataclass(frozen=True, slots=True)
class Recording:
    inbox_id: int
    scene: Scene
    asked: Sequence[Asked]
    outcome: Outcome


def packed(recording: Recording) -> bytes:
    """As it is kept. Raises TypeError for what cannot be written as JSON."""
    kept = {
        "version": VERSION,
        "scene": asdict(recording.scene),
        "asked": [asked.json() for asked in recording.asked],
        "outcome": asdict(recording.outcome),
    }
    return zlib.compress(orjson.dumps(kept), 1)


def unpacked(inbox_id: int, body: bytes) -> Recording:
    """What `packed` wrote. Raises UnreadableRecording."""
    try:
        kept = orjson.loads(zlib.decompress(body))
        if kept["version"] != VERSION:
            raise UnreadableRecording(f"version {kept['version']}")
        asked = [asked_from(one) for one in kept["asked"]]
        return Recording(inbox_id, _scene(kept["scene"]), asked, _outcome(kept["outcome"]))
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise UnreadableRecording(type(error).__name__) from error


def _scene(kept: dict[str, Any]) -> Scene:
    person = Person(**kept.pop("person"))
    now = datetime.fromisoformat(kept.pop("now"))
    talked_at = kept.pop("talked_at")
    at = datetime.fromisoformat(talked_at) if talked_at else None
    return Scene(**kept, person=person, now=now, talked_at=at)


def _outcome(kept: dict[str, Any]) -> Outcome:
    failure = kept.pop("failure")
    return Outcome(**kept, failure=Failure(**failure) if failure else None)
