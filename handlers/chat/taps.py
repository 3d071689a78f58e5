"""What the buttons that work from anywhere carry: the number of a row, or nothing of ours."""

LONGEST = 18  # digits of a number that the database has room for


def number_of(argument: str) -> int:
    """The number; 0, which no row has, for anything else: buttons can be made up."""
    ours = argument.isascii() and argument.isdecimal() and len(argument) <= LONGEST
    return int(argument) if ours else 0


def two_numbers_of(argument: str) -> tuple[int, int]:
    """ "12.3": the numbers of two things, each as `number_of`."""
    first, _dot, second = argument.partition(".")
    return number_of(first), number_of(second)
