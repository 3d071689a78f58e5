"""Whole messages that mean something in any language, however they are typed."""

from collections.abc import Mapping

_ENDS = " \t\n.,!?…。¡¿*_~\"'’“”«»"


def plain(text: str) -> str:
    """A message as it is compared: no capitals, no punctuation around it, single spaces."""
    return " ".join(text.strip(_ENDS).casefold().replace("’", "'").split())


def phrases(by_language: Mapping[str, str]) -> frozenset[str]:
    """The comma-separated words of every language together."""
    return frozenset(plain(phrase) for words in by_language.values() for phrase in words.split(","))
