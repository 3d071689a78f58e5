"""Text within a provider's limits: measured, clipped and split where a reader would.

Lengths are counted in UTF-16 units: no provider says how it counts, and this is the
longest of the likely ways, so what fits here fits there.
"""

import re
import unicodedata
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"[.!?…]+[\"')\]»”’]*(?=\s)|[。！？।]")
_ZWJ = "\u200d"


@dataclass(frozen=True, slots=True)
class Room:
    """How much text the first, the last and the bubbles between them may hold."""

    first: int
    middle: int
    last: int


def width(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2


def clip(text: str, limit: int) -> str:
    """`text`, or its beginning and "…" within `limit`; never half of a grapheme."""
    if width(text) <= limit:
        return text
    return text[: _fitting(text, limit - 1)].rstrip() + "…"


def pieces(text: str, room: Room) -> list[str]:
    """The text in bubbles, cut at the end of a paragraph, a sentence or a word."""
    text = text.strip()
    if width(text) <= min(room.first, room.last):
        return [text]
    tail = _cut(text, room.last, room.last)[-1]
    head = text[: len(text) - len(tail)].rstrip()
    if not head:  # it would fit the last bubble, but not the first
        return _cut(text, room.first, room.last)
    return [*_cut(head, room.first, room.middle), tail]


def _cut(text: str, first: int, others: int) -> list[str]:
    cut: list[str] = []
    limit = first
    while width(text) > limit:
        at = _best_end(text, _fitting(text, limit))
        cut.append(text[:at].rstrip())
        text = text[at:].lstrip()
        limit = others
    return [*cut, text] if text else cut


def _best_end(text: str, most: int) -> int:
    """Where to end a bubble of at most `most` characters, not leaving it nearly empty."""
    least = most // 3
    window = text[:most]
    for mark in ("\n\n", "\n"):
        if (at := window.rfind(mark)) > least:
            return at
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, most + 1)]
    ends = [end for end in ends if least < end <= most]
    if ends:
        return ends[-1]
    if text[most : most + 1].isspace():
        return most
    word = max(window.rfind(" "), window.rfind("\n"), window.rfind("\t"))
    return word if word > least else most


def _fitting(text: str, limit: int) -> int:
    """The most characters of `text` within `limit` that do not end inside a grapheme."""
    if text.isascii():
        return min(len(text), limit)
    end, used = 0, 0
    for character in text:
        used += 2 if ord(character) > 0xFFFF else 1
        if used > limit:
            break
        end += 1
    whole = end
    while whole > 0 and _inside(text, whole):
        whole -= 1
    return whole or end


def _inside(text: str, at: int) -> bool:
    """Whether cutting before text[at] would split what a person sees as one character."""
    if at >= len(text):
        return False
    following, before = text[at], text[at - 1]
    if following == _ZWJ or before == _ZWJ or _extends(following):
        return True
    if not _is_flag_half(following):
        return False
    halves = 0
    while at > halves and _is_flag_half(text[at - 1 - halves]):
        halves += 1
    return halves % 2 == 1


def _extends(character: str) -> bool:
    """Marks and vowel signs, variation selectors, skin tones, flag tags: part of what precedes."""
    code = ord(character)
    if 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F:
        return True
    return unicodedata.category(character)[0] == "M"


def _is_flag_half(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF
