"""Every sentence of the source is said in every language, and labels fit where they are shown."""

import re

import pytest

from bot.language import DEFAULT, LANGUAGES
from bot.language.catalogue import catalogue
from bot.language.extraction import LONGEST, Sentence, missing, sentences, stale

OTHERS = [language for language in LANGUAGES if language != DEFAULT]
WIDEST = "999"


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_to_translate(language: str) -> None:
    assert missing(language) == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    assert stale(language) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_speaks_of_the_same_things(language: str) -> None:
    known = catalogue(language)
    for sentence in sentences():
        message = known.get(sentence.id, sentence.context)
        assert message is not None
        said = message.string if isinstance(message.string, tuple | list) else (message.string,)
        wanted = _blanks(sentence.many or sentence.one)
        for each in said:
            # The singular may leave its number out, as English does.
            assert _blanks(str(each)) <= wanted, each
        assert _blanks(str(said[-1])) == wanted, said[-1]


@pytest.mark.parametrize("language", OTHERS)
def test_labels_fit(language: str) -> None:
    known = catalogue(language)
    for sentence in sentences():
        if (longest := LONGEST.get(sentence.context or "")) is None:
            continue
        message = known.get(sentence.id, sentence.context)
        assert message is not None
        for label in (sentence.one, str(message.string)):
            assert len(re.sub(r"\{\w+\}", WIDEST, label)) <= longest, label


def test_sentences_are_found_wherever_they_stand() -> None:
    found = sentences()
    assert Sentence("today") in found
    assert Sentence("Checkout", context="button") in found
    assert Sentence("More", context="row") in found
    assert Sentence("{count} thing", "{count} things") in found


def _blanks(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))
