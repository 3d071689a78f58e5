"""A recorded bubble reads as the transcripts that tests play read it."""

import pytest

from bot.channels.address import Address
from bot.channels.cloud_out import parts, render
from bot.commands.chat import NotSeen, Screen, understood
from bot.commands.transcript import show
from bot.dialog.reply import Choice, Link, Media, Reply
from tests.conversations.phone import shown

CHOICES = tuple(Choice(f"c{n}", f"Choice {n}", "Beneath it" if n == 1 else "") for n in range(1, 6))
BUBBLES = [
    Reply("One line"),
    Reply("Two\nlines", choices=CHOICES[:2], footer="small print"),
    Reply("A list", choices=CHOICES, list_label="Open"),
    Reply("A picture", image=Media("https://shop.example/p.jpg"), choices=CHOICES[:3]),
    Reply("A caption", image=Media("https://shop.example/p.jpg")),
    Reply("A receipt", document=Media("https://shop.example/r.pdf", "receipt.pdf")),
    Reply("Pay here", link=Link("Pay", "https://pay.example/1")),
    Reply("Where are you?", asks_place=True),
]


@pytest.mark.parametrize("reply", BUBBLES, ids=lambda reply: reply.text)
def test_it_reads_as_tests_read_it(reply: Reply) -> None:
    for part in parts(reply):
        expected = shown(render(part, to=Address(phone="+12025550101"), ours=1))
        first, *rest = expected.lines
        lines = [f"< {first}", *(f"  {line}".rstrip() for line in rest)]
        assert show(part).transcript().splitlines() == lines
        assert {tap.label: tap.sends for tap in show(part).taps} == expected.taps


def screen_with(*labels: str) -> Screen:
    screen = Screen(lambda _: None)
    choices = tuple(Choice(f"id-{label}", label) for label in labels)
    screen.bubble(show(Reply("?", choices=choices)))
    return screen


def tapped(words: str, screen: Screen) -> str:
    return understood(words, screen)[1]


def test_a_number_taps_and_a_label_that_is_a_number_comes_first() -> None:
    assert tapped("2", screen_with("Shop", "Cart")) == "[Cart]"
    assert tapped("2", screen_with("2", "4")) == "[2]"
    assert tapped("7", screen_with("1", "2", "3")) == "7"
    assert tapped("0", screen_with("Shop")) == "0"


def test_old_labels_can_be_tapped_and_unseen_ones_not() -> None:
    screen = screen_with("Shop", "Cart")
    screen.bubble(show(Reply("Next", choices=(Choice("n", "Next"),))))
    sends, written = understood("[Shop]", screen)
    assert written == "[Shop]"
    assert sends["interactive"]["button_reply"]["id"] == "id-Shop"
    with pytest.raises(NotSeen):
        understood("[Nowhere]", screen)


def test_places_and_words() -> None:
    sends, _ = understood("(location -1.28,36.82 Home)", Screen(lambda _: None))
    assert sends["location"] == {"latitude": -1.28, "longitude": 36.82, "name": "Home"}
    assert understood("two mangoes", Screen(lambda _: None))[0]["text"] == {"body": "two mangoes"}
