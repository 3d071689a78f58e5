"""Giving targets many inputs, and telling what came of it."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.mutation import mutated
from tests.fuzz.shrinking import smallest
from tests.fuzz.target import Target

ROOT = Path(__file__).parents[2]
SLICE = 0.1  # seconds a target has in a round, for each of its shares
SLOW = 1.0  # seconds of the processor an input may take before it is worth telling of


@dataclass
class Escape:
    """Something that a reader let out."""

    target: str
    error: BaseException
    raw: bytes

    @property
    def signature(self) -> str:
        """The same for the same mistake: what was raised, and where in our own code."""
        frames = traceback.extract_tb(self.error.__traceback__)
        ours = [frame for frame in frames if _is_ours(frame.filename)]
        at = ours[-1] if ours else frames[-1]
        where = Path(at.filename)
        place = where.relative_to(ROOT) if where.is_relative_to(ROOT) else where.name
        what = getattr(self.error, "why", type(self.error).__name__)
        return f"{self.target}: {what} at {place}:{at.lineno}"


def _is_ours(filename: str) -> bool:
    return filename.startswith(str(ROOT)) and "site-packages" not in filename


@dataclass
class Score:
    """How a target fared. `slowest` and `seconds` are of the processor."""

    tried: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_size: int = 0
    slow: int = 0


async def attempt(target: Target, raw: bytes, score: Score) -> Escape | None:
    begun = time.process_time()  # ours alone: a busy machine makes no reader slow
    try:
        await target.give(raw)
    except Exception as error:
        return Escape(target.name, error, raw)
    finally:
        took = time.process_time() - begun
        score.tried += 1
        score.seconds += took
        score.slow += took > SLOW
        if took > score.slowest:
            score.slowest, score.slowest_size = took, len(raw)
    return None


async def rounds(
    targets: tuple[Target, ...], seed: int, until: Callable[[], bool]
) -> tuple[dict[str, Score], dict[str, Escape]]:
    """Every target in turn, a slice of time each, until `until()`: how each fared, and the first
    input of every different escape. What a target is given depends on the seed alone."""
    scores = {target.name: Score() for target in targets}
    chances = {target.name: Random(f"{seed} {target.name}") for target in targets}
    escapes: dict[str, Escape] = {}
    for target in targets:
        for raw in target.seeds:
            _note(escapes, await attempt(target, raw, scores[target.name]))
    while not until():
        for target in targets:
            score, random = scores[target.name], chances[target.name]
            end = time.monotonic() + SLICE * target.share
            while time.monotonic() < end and not until():
                _note(escapes, await attempt(target, mutated(random, target.seeds), score))
    return scores, escapes


def _note(escapes: dict[str, Escape], escape: Escape | None) -> None:
    if escape is not None:
        escapes.setdefault(escape.signature, escape)


async def shrunk(target: Target, escape: Escape) -> bytes:
    async def fails(raw: bytes) -> bool:
        again = await attempt(target, raw, Score())
        return again is not None and again.signature == escape.signature

    return await smallest(escape.raw, fails)
