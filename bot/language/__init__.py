"""Sentences in the person's language, and money and time as they write them."""

from bot.language.catalogue import (
    DEFAULT,
    LANGUAGES,
    _,
    button,
    current,
    in_every_language,
    ngettext,
    row,
    speak,
    speaking,
)
from bot.language.formats import dated, day, distance, money, when

__all__ = [
    "DEFAULT",
    "LANGUAGES",
    "_",
    "button",
    "current",
    "dated",
    "day",
    "distance",
    "in_every_language",
    "money",
    "ngettext",
    "row",
    "speak",
    "speaking",
    "when",
]
