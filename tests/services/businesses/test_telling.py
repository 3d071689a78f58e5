"""What members hear of: what they want, not in quiet hours, and again where nobody answers."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from services.businesses import Quiet
from services.businesses.telling import PATIENCE
from services.ground.facts import Fact
from services.ground.transaction import Transaction
from tests.services.businesses.conftest import NOW, Street

NIGHT = Quiet(22 * 60, 7 * 60)


class News(Fact):
    tag: ClassVar[str] = "test-news"


class Reminder(Fact):
    tag: ClassVar[str] = "test-reminder"


def news(member: int) -> News:
    return News(user_id=member)


def reminder(member: int) -> Reminder:
    return Reminder(user_id=member)


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    """By the clock of Nairobi, three hours ahead of UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=3)


@pytest.mark.parametrize(
    ("quiet", "moment", "ends"),
    [
        (NIGHT, at(21, 59), None),
        (NIGHT, at(22), at(7, day=3)),
        (NIGHT, at(0, 30), at(7)),
        (NIGHT, at(6, 59), at(7)),
        (NIGHT, at(7), None),
        (Quiet(11 * 60, 13 * 60), at(12), at(13)),
        (Quiet(11 * 60, 13 * 60), at(13), None),
    ],
)
def test_quiet_hours_end(quiet: Quiet, moment: datetime, ends: datetime | None) -> None:
    assert quiet.until(moment, "Africa/Nairobi") == ends


async def test_the_quiet_hear_of_it_afterwards(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    agent = await street.joined(tx, shop, owner, "agent")
    await street.at(tx).keep_quiet(shop.id, agent, Quiet(11 * 60, 13 * 60))
    assert at(12) == NOW
    await street.at(tx).tell(shop.id, "orders", news)
    assert "test-news" in street.told.tags(owner)
    assert "test-news" not in street.told.tags(agent)
    assert list(street.told.later.values()) == [(news(agent), at(13))]
    await street.at(tx).keep_quiet(shop.id, agent, None)
    await street.at(tx).tell(shop.id, "orders", news)
    assert "test-news" in street.told.tags(agent)


async def test_what_nobody_answers_goes_on_to_the_next(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    people = [await street.joined(tx, shop, owner, "agent") for _ in range(2)]
    for person in people:
        await street.at(tx).want(shop.id, person, [])
    await street.at(tx).tell_until_answered(shop.id, "orders", news, reminder)
    told = [(fact.user_id, when) for fact, when in street.told.later.values()]
    assert told == [
        (owner, NOW + PATIENCE),
        (people[0], NOW + 2 * PATIENCE),
        (people[1], NOW + 3 * PATIENCE),
    ]


async def test_who_was_quiet_is_not_told_twice_at_once(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    await street.at(tx).keep_quiet(shop.id, owner, Quiet(11 * 60, 13 * 60))
    await street.at(tx).tell_until_answered(shop.id, "orders", news, reminder)
    told = list(street.told.later.values())
    assert told == [(news(owner), at(13)), (reminder(owner), at(13) + PATIENCE)]


async def test_where_nobody_wants_to_hear_somebody_does(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    await street.at(tx).want(shop.id, owner, [])
    await street.at(tx).tell_until_answered(shop.id, "orders", news, reminder)
    assert street.told.tags(owner).count("test-reminder") == 1


async def test_the_day_comes_every_evening(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    await street.at(tx).want(shop.id, owner, ["orders", "summary"])
    (recurrence,) = street.told.again.values()
    first = recurrence.after(street.now)
    assert first is not None
    assert first.at == at(20)
    await street.at(tx).want(shop.id, owner, ["orders"])
    assert not street.told.again


async def test_who_goes_hears_no_more_of_the_day(tx: Transaction, street: Street) -> None:
    shop, owner = await street.shop(tx)
    agent = await street.joined(tx, shop, owner, "agent")
    await street.at(tx).want(shop.id, agent, ["summary"])
    await street.at(tx).remove(shop.id, agent, by=owner)
    assert not street.told.again
