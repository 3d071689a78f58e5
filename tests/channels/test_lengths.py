"""Text is clipped and split where a reader would, and nothing of it is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.lengths import Room, clip, pieces, width

FAMILY = "👨‍👩‍👧"  # five code points, one picture
FLAG = "🇰🇪"
words = st.text(
    st.sampled_from(list("ab .!?\n é")) | st.sampled_from("नमस्तेकि👍🏽‍👧🇰🇪"), max_size=400
)
examples = settings(max_examples=300, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [
        ("Checkout", 20, "Checkout"),
        ("Exactly twenty chars", 20, "Exactly twenty chars"),
        ("One more than twenty!", 20, "One more than twent…"),
        ("Ends at a word end now", 8, "Ends at…"),
        (f"abc{FAMILY}", 8, "abc…"),
        (f"ab{FLAG}{FLAG}", 8, f"ab{FLAG}…"),
        ("thumb👍🏽", 8, "thumb…"),
        ("cafe\u0301s", 5, "caf…"),
        ("किताबें", 4, "कि…"),
    ],
)
def test_a_label_is_clipped_between_what_one_sees_as_characters(
    text: str, limit: int, clipped: str
) -> None:
    assert clip(text, limit) == clipped


@examples
@given(words, st.integers(12, 60))
def test_what_is_clipped_fits_and_is_a_beginning(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    assert width(clipped) <= limit
    assert clipped == text or text.startswith(clipped[:-1])


@examples
@given(words, st.integers(12, 60), st.integers(12, 60), st.integers(12, 60))
def test_pieces_fit_their_rooms_and_together_are_the_text(
    text: str, first: int, middle: int, last: int
) -> None:
    said = pieces(text, Room(first, middle, last))
    assert "".join("".join(said).split()) == "".join(text.split())
    for number, piece in enumerate(said):
        room = first if number == 0 else middle
        if number == len(said) - 1:
            room = last if number else min(first, last)
        assert width(piece) <= room
        assert piece or len(said) == 1


def test_a_paragraph_end_is_better_than_a_sentence_end_than_a_word_end() -> None:
    room = Room(40, 40, 40)
    assert pieces("One two three four.\n\nFive six seven. Eight nine ten.", room) == [
        "One two three four.",
        "Five six seven. Eight nine ten.",
    ]
    assert pieces("One two three. Four five six. Seven eight nine ten eleven", room) == [
        "One two three. Four five six.",
        "Seven eight nine ten eleven",
    ]
    assert pieces("one two three four five six seven eight nine ten", room) == [
        "one two three four five six seven eight",
        "nine ten",
    ]


def test_a_short_first_paragraph_does_not_leave_a_bubble_nearly_empty() -> None:
    said = pieces("Hi!\n\n" + "word " * 20, Room(60, 60, 60))
    assert width(said[0]) > 20
