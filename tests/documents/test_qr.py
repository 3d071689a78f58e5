"""The code on a receipt: taken out of the drawing and read by the standard, not by who wrote it.

The reader knows ISO/IEC 18004 as far as versions 1 to 6 at level M in byte mode go.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import pytest

from handlers.documents.qr import QUIET, svg
from handlers.documents.receipt import coded, worded
from tests.documents.test_receipt import receipt

Modules = list[list[bool]]

MASKS: tuple[Callable[[int, int], bool], ...] = (
    lambda y, x: (y + x) % 2 == 0,
    lambda y, x: y % 2 == 0,
    lambda y, x: x % 3 == 0,
    lambda y, x: (y + x) % 3 == 0,
    lambda y, x: (y // 2 + x // 3) % 2 == 0,
    lambda y, x: y * x % 2 + y * x % 3 == 0,
    lambda y, x: (y * x % 2 + y * x % 3) % 2 == 0,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2 == 0,
)
BLOCKS = {1: (1, 16), 2: (1, 28), 3: (1, 44), 4: (2, 32), 5: (2, 43), 6: (4, 27)}
"""At level M: how many blocks, and the data codewords of each."""


def modules(drawing: str) -> Modules:
    """The dark modules of a drawing, without the white around them."""
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', drawing)
    assert found is not None
    assert found[1] == found[2]
    size = int(found[1]) - 2 * QUIET
    dark = [[False] * size for _ in range(size)]
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", drawing)
    for x, y, count, back in (map(int, run) for run in runs):
        assert count == back
        for at in range(x, x + count):
            dark[y - QUIET][at - QUIET] = True
    return dark


def read(dark: Modules) -> str:
    """What a code says."""
    size = len(dark)
    version = (size - 17) // 4
    level_and_mask = _format(dark)
    assert level_and_mask >> 3 == 0b00, "level M"
    mask = MASKS[level_and_mask & 0b111]
    bits = (dark[y][x] ^ mask(y, x) for y, x in _way(size, version))
    blocks, each = BLOCKS[version]
    words = [_number(islice(bits, 8)) for _ in range(blocks * each)]
    data = [word for block in range(blocks) for word in words[block::blocks]]
    stream = (word >> bit & 1 == 1 for word in data for bit in range(7, -1, -1))
    assert _number(islice(stream, 4)) == 0b0100, "byte mode"
    count = _number(islice(stream, 8))
    return bytes(_number(islice(stream, 8)) for _ in range(count)).decode()


def _number(bits: Iterable[bool]) -> int:
    return int("".join("1" if bit else "0" for bit in bits), 2)


def _format(dark: Modules) -> int:
    """Level and mask, from beside the upper left finder: the first 5 of 15 bits, unmasked."""
    return _number(dark[8][x] for x in range(5)) ^ 0b10101


def _way(size: int, version: int) -> Iterator[tuple[int, int]]:
    """The modules of data, column pair by column pair, up and down."""
    right = size - 1
    upwards = True
    while right > 0:
        if right == 6:  # the timing pattern
            right -= 1
        for y in range(size - 1, -1, -1) if upwards else range(size):
            for x in (right, right - 1):
                if not _is_pattern(y, x, size, version):
                    yield y, x
        right -= 2
        upwards = not upwards


def _is_pattern(y: int, x: int, size: int, version: int) -> bool:
    """Finders with their format beside them, timing, and from version 2 on the alignment."""
    if (y < 9 and x < 9) or (y < 9 and x >= size - 8) or (y >= size - 8 and x < 9):
        return True
    return y == 6 or x == 6 or (version > 1 and max(abs(y - size + 7), abs(x - size + 7)) <= 2)


@pytest.mark.parametrize("order", ["1", "1042", "123456789012"])
@pytest.mark.parametrize("number", [None, "+254700000001", "+12025550100"])
def test_what_is_drawn_reads_as_what_was_meant(order: str, number: str | None) -> None:
    assert read(modules(svg(coded(order, number)))) == coded(order, number)


@pytest.mark.parametrize("words", ["x", "x" * 100, "oda ya “Achieng” ✓"])
def test_any_words_can_be_drawn(words: str) -> None:
    assert read(modules(svg(words))) == words


def test_it_leads_to_the_order_in_our_chat() -> None:
    assert coded("1042", "+254700000001") == "https://wa.me/254700000001?text=order%201042"
    assert coded("1042", None) == "order 1042"


def test_a_receipt_shows_the_code_of_its_order() -> None:
    said = worded(receipt(), "en", "+254700000001")
    assert read(modules(said["code"])).endswith("?text=order%201042")
    assert said["scan"] == "Scan this to open the order in our chat."


def test_what_is_not_of_an_order_has_none() -> None:
    assert worded(receipt(seller=None), "en", "+254700000001")["code"] == ""
