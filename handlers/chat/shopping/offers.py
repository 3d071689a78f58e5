"""Choices of the shop: a list where there are many, lines and buttons where there are few."""

from collections.abc import Sequence

from bot.dialog import Choice, Media, NotUnderstood, Reply, Said
from bot.language import _, row

LONGEST_NAME = 40  # characters; what is longer is not meant as the name of a thing
LONGEST_ID, LONGEST_OFFSET = 18, 4  # digits of what a button of ours may carry
FEW = 3  # choices that become buttons, which have no room for a description


def offer(text: str, rows: Sequence[Choice], opens: str, image: Media | None = None) -> Reply:
    """Choices with what there is to say about each; `opens` is the label that opens a list."""
    if len(rows) <= FEW:
        lines = [_line(one) for one in rows if one.description]
        text = "\n".join([text, *lines])
    return Reply(text, tuple(rows), opens, image=image)


def _line(one: Choice) -> str:
    return f"• {one.label}" if one.description == one.label else f"• {one.label}: {one.description}"


def more(offset: int) -> Choice:
    """The last row of a page that others follow."""
    return Choice(f"more:{offset}", row("More"))


def chosen(said: Said) -> tuple[str, int]:
    """What was chosen, and its number: ("product", 17)."""
    match opened(said.choice()):
        case (str(what), int(number)):
            return what, number
    raise NotUnderstood(_("I did not get that. Please tap one of the choices, or type its number."))


def sought(said: Said) -> tuple[str, int]:
    """`chosen`, where other words are taken for the name of a thing."""
    try:
        return chosen(said)
    except NotUnderstood as why:
        words = said.text.strip()
        if said.tapped is not None or not 3 <= len(words) <= LONGEST_NAME:
            raise
        raise NotUnderstood(
            _("I find nothing called “{words}”. Try other words, or choose here:").format(
                words=words
            )
        ) from why


def opened(choice: str) -> tuple[str, *tuple[int, ...]]:
    """A choice's id taken apart: "add:17:33:2" is ("add", 17, 33, 2). A strange one is ("",)."""
    what, *numbers = choice.split(":")
    longest = LONGEST_OFFSET if what == "more" else LONGEST_ID
    if not all(
        number.isascii() and number.isdecimal() and len(number) <= longest for number in numbers
    ):
        return ("",)
    return (what, *(int(number) for number in numbers))
