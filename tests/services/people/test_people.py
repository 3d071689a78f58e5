"""What people agreed to, and when they may be written to unasked."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from services.ground.people import User
from services.ground.transaction import Transaction
from services.people import People, decent

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
async def person(tx: Transaction) -> int:
    return int(await tx.scalar(insert(User).values(name="Somebody").returning(User.id)))


@pytest.fixture
def people(tx: Transaction) -> People:
    return People(tx=tx, now=NOW)


async def test_who_said_nothing_has_agreed_to_nothing(people: People, person: int) -> None:
    assert not await people.agreed_to_marketing(person)
    assert await people.takes_reminders(person)


async def test_the_last_word_counts(people: People, person: int) -> None:
    await people.agree_to_marketing(person, "yes")
    assert await people.agreed_to_marketing(person)
    await people.stop_marketing(person, "stop")
    assert not await people.agreed_to_marketing(person)
    assert not await people.takes_reminders(person)
    await people.agree_to_marketing(person, "yes")
    assert await people.agreed_to_marketing(person)
    assert await people.takes_reminders(person)


async def test_no_reminders_is_for_good_and_of_reminders_alone(people: People, person: int) -> None:
    await people.agree_to_marketing(person, "yes")
    await people.stop_reminders(person, "No reminders")
    await people.stop_marketing(person, "stop")
    await people.start_marketing(person, "start")
    assert not await people.takes_reminders(person)
    assert await people.agreed_to_marketing(person)


@pytest.mark.parametrize(
    ("zone", "at", "then"),
    [
        ("Africa/Nairobi", "2026-11-24T06:00", "2026-11-24T06:00"),
        ("Africa/Nairobi", "2026-11-24T16:59", "2026-11-24T16:59"),
        ("Africa/Nairobi", "2026-11-24T17:00", "2026-11-25T06:00"),
        ("Africa/Nairobi", "2026-11-24T02:00", "2026-11-24T06:00"),
        ("Africa/Nairobi", "2026-12-31T21:30", "2027-01-01T06:00"),
        ("Europe/Lisbon", "2026-10-24T19:30", "2026-10-25T09:00"),  # the clocks go back
        ("America/New_York", "2026-03-08T04:30", "2026-03-08T13:00"),  # and forward
    ],
)
def test_a_decent_hour(zone: str, at: str, then: str) -> None:
    asked, answer = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (at, then))
    assert decent(asked, zone) == answer
