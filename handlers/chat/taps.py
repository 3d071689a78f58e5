"""What is tapped, or typed instead; buttons that work from anywhere carry the number of a row."""

from bot.dialog import NotUnderstood, Said, named

LONGEST = 18  # digits of a number that the database has room for


def number_of(argument: str) -> int:
    """The number; 0, which no row has, for anything else: buttons can be made up."""
    ours = argument.isascii() and argument.isdecimal() and len(argument) <= LONGEST
    return int(argument) if ours else 0


def two_numbers_of(argument: str) -> tuple[int, int]:
    """ "12.3": the numbers of two things, each as `number_of`."""
    first, _dot, second = argument.partition(".")
    return number_of(first), number_of(second)


def has_none(said: Said) -> bool:
    """Whether somebody who was asked for something has none: by a no, or by the choice "none"."""
    try:
        return not said.yes_no()
    except NotUnderstood:
        return named(said.text, said.offered) == "none"
