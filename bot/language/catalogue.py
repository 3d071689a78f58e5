"""The gettext catalogues, and which language is being spoken.

English is the language of the source; every other one is a `messages.po` beside
this file, read once at start. The language of the present turn is a context
variable, so that a sentence is written as plain `_("…")` wherever it is said.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "sw": "Kiswahili"}
DEFAULT = "en"
FOLDER = Path(__file__).parent / "catalogues"

_language: ContextVar[str] = ContextVar("language", default=DEFAULT)


def catalogue(language: str) -> Catalog:
    """The catalogue of a language as its translators wrote it."""
    with (FOLDER / language / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def _translations(language: str) -> NullTranslations:
    if language == DEFAULT:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


_loaded = {language: _translations(language) for language in LANGUAGES}


def current() -> str:
    return _language.get()


def speak(language: str) -> None:
    """From here to the end of the turn, speak this language."""
    _language.set(language if language in LANGUAGES else DEFAULT)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    token = _language.set(language if language in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        _language.reset(token)


def _(sentence: str) -> str:
    return _loaded[_language.get()].gettext(sentence)


def ngettext(one: str, many: str, count: int) -> str:
    return _loaded[_language.get()].ngettext(one, many, count)


def button(label: str) -> str:
    """A label of a button or of what opens a list: at most 20 characters in every language."""
    return _loaded[_language.get()].pgettext("button", label)


def row(label: str) -> str:
    """A label of a row of a list: at most 24 characters in every language."""
    return _loaded[_language.get()].pgettext("row", label)


def in_every_language(sentence: str) -> dict[str, str]:
    """A sentence as each language says it: for words that work in all of them at once."""
    return {language: _loaded[language].gettext(sentence) for language in LANGUAGES}
