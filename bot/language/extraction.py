"""The sentences of the source, and what a catalogue lacks of them or has too much.

`python -m bot.language.extraction` brings every catalogue up to date: new sentences come in
untranslated, those nobody says any more go. A test fails while anything is left to translate.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po

from bot.language.catalogue import DEFAULT, FOLDER, LANGUAGES, catalogue

ROOT = Path(__file__).parents[2]
SPEAKING = ("bot", "handlers")  # the folders whose code says something to people
KEYWORDS = {"_": 1, "in_every_language": 1, "button": 1, "row": 1, "ngettext": 2}
"""The functions that are given sentences, and how many."""
LONGEST = {"button": 20, "row": 24}  # characters of a label (WhatsApp's buttons and list rows)


class NotExtractable(Exception):
    """A sentence cannot be found in the source."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the source. `many` is its plural, `context` button, row or none."""

    one: str
    many: str | None = None
    context: str | None = None

    @property
    def id(self) -> str | tuple[str, str]:
        return self.one if self.many is None else (self.one, self.many)


def sentences(root: Path = ROOT) -> set[Sentence]:
    """Everything the source says."""
    return {sentence for folder in SPEAKING for sentence in _said(root / folder)}


def _said(folder: Path) -> Iterator[Sentence]:
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(), str(file))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in KEYWORDS:
                yield _sentence(node.func.id, node, file)


def _sentence(name: str, call: ast.Call, file: Path) -> Sentence:
    """Raises NotExtractable: a sentence put together at run time cannot be translated."""
    said = [arg.value for arg in call.args[: KEYWORDS[name]] if isinstance(arg, ast.Constant)]
    words = [one for one in said if isinstance(one, str)]
    if len(words) != KEYWORDS[name]:
        raise NotExtractable(f"{file}:{call.lineno}: {name}() needs its sentence written out")
    context = name if name in LONGEST else None
    return Sentence(words[0], words[1] if len(words) > 1 else None, context)


def update(language: str) -> None:
    """Rewrite a catalogue: what is said, with the translations it has."""
    old = catalogue(language)
    new = Catalog(
        locale=language,
        project="whatsapp-service-platform",
        last_translator="the maintainers",
        language_team=LANGUAGES[language],
        header_comment=f"# {LANGUAGES[language]}",
        fuzzy=False,
    )
    new.revision_date = new.creation_date = old.creation_date
    for sentence in sorted(sentences(), key=lambda s: (s.context or "", s.one)):
        known = old.get(sentence.id, sentence.context)
        new.add(sentence.id, _translation(known, sentence), context=sentence.context)
    with (FOLDER / language / "messages.po").open("wb") as file:
        write_po(file, new, omit_header=False, no_location=True, sort_output=False, width=100)


def _translation(known: Message | None, sentence: Sentence) -> Any:
    """Its translation, unless it has become one of how many, or no longer is."""
    if known is None or known.pluralizable != (sentence.many is not None):
        return None
    return known.string


def missing(language: str) -> list[Sentence]:
    """What the catalogue does not say, or only in part."""
    known = catalogue(language)
    plurals = known.num_plurals
    return sorted(
        (s for s in sentences() if not _whole(known.get(s.id, s.context), s, plurals)),
        key=lambda s: s.one,
    )


def _whole(message: Message | None, sentence: Sentence, plurals: int) -> bool:
    if message is None:
        return False
    said = message.string
    if sentence.many is None:
        return bool(said)
    return isinstance(said, list | tuple) and len(said) == plurals and all(said)


def stale(language: str) -> list[str]:
    """What the catalogue says and nobody asks for."""
    said = {(s.one, s.context) for s in sentences()}
    known = [(_first(m.id), m.context or None) for m in catalogue(language) if m.id]
    return [one for one, context in known if (one, context) not in said]


def _first(id_: str | tuple[str, ...] | list[str]) -> str:
    return id_ if isinstance(id_, str) else id_[0]


if __name__ == "__main__":
    for each in LANGUAGES:
        if each != DEFAULT:
            update(each)
