"""One reader of outside bytes, and what it promises."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Run = Callable[[bytes], Awaitable[None] | None]


@dataclass(frozen=True)
class Target:
    """`run` reads one input and checks what came of it; whatever it raises is a finding, except
    `refuses`: how the reader says by contract that it cannot use the input."""

    name: str
    seeds: tuple[bytes, ...]
    run: Run
    refuses: tuple[type[Exception], ...] = ()
    share: int = 1  # how many slices of the time it has

    async def give(self, raw: bytes) -> None:
        """Raises what escaped."""
        try:
            waits = self.run(raw)
            if waits is not None:
                await waits
        except self.refuses:
            pass
