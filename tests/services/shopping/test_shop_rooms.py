"""The shop is one class of many rooms: a verb of one must not take the place of another's."""

from collections import defaultdict

from services.shopping import Shopping

ON_PURPOSE = {"decide_return"}  # says more, and calls the other


def test_no_verb_hides_another_of_its_name() -> None:
    rooms = defaultdict(list)
    for room in Shopping.__mro__:
        for name in vars(room):
            if not name.startswith("__"):
                rooms[name].append(room.__name__)
    assert {name for name, of in rooms.items() if len(of) > 1} == ON_PURPOSE
