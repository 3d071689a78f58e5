"""A QR code as a drawing: any phone's camera reads from it what we wrote into it."""

from collections.abc import Iterator
from itertools import groupby

QUIET = 4  # modules left white around it (ISO/IEC 18004)


def svg(words: str) -> str:
    """A code of the words, a module a unit; up to 15 % of it may be unreadable (level M)."""
    import segno

    rows = segno.make(words, error="m", micro=False, boost_error=False).matrix
    size = len(rows) + 2 * QUIET
    path = "".join(run for y, row in enumerate(rows) for run in _runs(row, y))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f'<path d="{path}"/></svg>'
    )


def _runs(row: bytearray, y: int) -> Iterator[str]:
    """The dark modules of a row, those side by side as one."""
    x = 0
    for is_dark, modules in groupby(row):
        count = len(list(modules))
        if is_dark:
            yield f"M{x + QUIET} {y + QUIET}h{count}v1h-{count}z"
        x += count
