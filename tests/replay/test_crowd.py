"""A crowd that does anything at all, while the shop changes: every turn is the same again."""

import random
from collections.abc import Iterator
from typing import Any

from bot.database.connections import Database
from tests.conversations.phone import Phone
from tests.conversations.world import World
from tests.dialog.test_anything import THINGS, WORDS
from tests.replay.studio import contents, opened, other, shadow

PEOPLE, ROUNDS, ENOUGH = 36, 30, 1000
HAPPENS = (
    *("stock RICE-1 1", "stock RICE-1 0", "stock RICE-1 5", "price FLOUR 190", "price FLOUR 150"),
    *("gone RICE", "back RICE"),
)


async def test_a_thousand_random_turns_are_the_same_again(database: Database) -> None:
    dice = random.Random(20261124)
    world = await opened(database)
    crowd = list(_crowd(world))
    for n in range(ROUNDS):
        await world.send_together([(phone, _does(phone, dice)) for phone in crowd])
        if n % 5 == 4:
            await world.changes(dice.choice(HAPPENS))
            await world.pass_minutes(dice.choice((1, 50, 3000)))
    before = await contents(database)
    found = await shadow(database)
    assert len(found.turns) >= ENOUGH
    assert len({one.step_before for one in found.turns}) > 10
    assert other(found.turns) == []
    assert await contents(database) == before


def _crowd(world: World) -> Iterator[Phone]:
    yield world.phones["salma"]  # the owner takes part
    for n in range(1, PEOPLE):
        number = f"1202555{1000 + n}"
        name = f"somebody-{n}"
        yield world.phones.setdefault(name, Phone(name, name, number, f"US.9{number}"))


def _does(phone: Phone, dice: random.Random) -> dict[str, Any]:
    """Mostly a tap on what was offered last, else words or a thing."""
    taps = [tap for bubble in phone.seen[-3:] for tap in bubble.taps.values()]
    if taps and dice.random() < 0.75:
        return dice.choice(taps)
    return phone.does(dice.choice(THINGS if dice.random() < 0.15 else WORDS))
