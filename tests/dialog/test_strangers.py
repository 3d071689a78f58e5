"""Buttons can be made up: nobody acts for a business they do not belong to."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.database.connections import Database
from tests.conversations.world import World


def _tap(id_: str) -> dict[str, Any]:
    reply = {"type": "button_reply", "button_reply": {"id": id_, "title": "?"}}
    return {"type": "interactive", "interactive": reply}


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    """Amina has ordered and asked something; Ben belongs to nobody."""
    world = World(database)
    await world.begin()
    amina, ben = world.phones["amina"], world.phones["ben"]
    for words in ("hi", "1x maize flour", "checkout", "3", "cash at pick-up"):
        await world.says(amina, words)
    for words in ("agent", "Is it fresh?"):
        await world.says(amina, words)
    await world.says(ben, "hi")
    ben.unread.clear()
    yield world


FORGED = (
    "!order-accept:1", "!order-ship:1", "!order-deliver:1", "!order-cancel:1", "!order-open:1",
    "!order:1", "!reply:1", "!pay-again:1", "business.desk|1|todo:1", "business.orders|1|order:1",
    "business.calloff|1|out_of_stock", "shopping.orders|1|order:1", "payments.waiting|1|again:1",
    "shopping.order|1|reorder:1", "shopping.order|1|cancel:1", "shopping.order|1|pay:1",
    "payments.waiting|1|paid:1", "payments.waiting|1|cancel:1",
    "!stars:1.5", "!rate:1", "!rate-order:1", "!helpful:1", "!review-approve:1.1",
    "!review-refuse:1.1", "!wait-leave:1", "business.desk|1|reviews:1",
    "shopping.rate-which|1|item:1",
    "!add-product:1",
    "!send-papers:1", "!invite-accept:1", "!invite-decline:1", "business.manage|1|people:1",
    "business.manage|1|leave:1", "business.manage|1|hearing:1", "business.manage|1|papers:1",
    "business.people|1|member:1:2", "business.people|1|asked:1:2", "business.people|1|invite:1",
    "business.desk|1|manage:1",
    "shopping.order|1|return:1", "!order-ship_part:1",
    "!order-cancel_rest:1", "!parcel-there:1", "!return-open:1", "!return-own:1",
    "!return-keep:1", "!return-accept:1", "!return-decline:1", "!return-never:1", "!return-back:1",
    "!return-pay:1", "!return-send:1",
)  # fmt: skip


TAGS = (
    "order", "pay-again", "reply", "order-accept", "stars", "helpful", "parcel-there", "return-own",
)  # fmt: skip
NUMBERS = ("9" * 19, "9" * 5000, "²", "٣", "-1", "")
TOGETHER = 8  # that one world hears


async def _calmly(world: World, id_: str) -> None:
    """Nobody is too fast."""
    world.now += timedelta(minutes=1)
    await world.sends(world.phones["ben"], _tap(id_))


@pytest.mark.parametrize("first", range(0, len(FORGED), TOGETHER))
async def test_a_made_up_button_shows_and_does_nothing(world: World, first: int) -> None:
    for id_ in FORGED[first : first + TOGETHER]:
        await _shows_and_does_nothing(world, id_)


async def _shows_and_does_nothing(world: World, id_: str) -> None:
    ben = world.phones["ben"]
    ben.unread.clear()
    await _calmly(world, id_)
    said = "\n".join(line for bubble in ben.unread for line in bubble.lines)
    assert said, id_
    assert "Maize" not in said and "Amina" not in said and "fresh" not in said and "185" not in said
    assert await world.holds("order 1042", ben) == "placed, due"
    assert await world.value("SELECT count(*) FROM inbox WHERE attempts > 0") == 0


@pytest.mark.parametrize("tag", TAGS)
async def test_a_button_whose_number_is_none_fails_no_turn(world: World, tag: str) -> None:
    for number in NUMBERS:
        await _calmly(world, f"!{tag}:{number}")
        assert await world.value("SELECT count(*) FROM inbox WHERE attempts > 0") == 0
        assert await world.value("SELECT count(*) FROM inbox WHERE state = 'waiting'") == 0
