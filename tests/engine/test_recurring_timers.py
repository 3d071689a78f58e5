"""A timer that comes again: at its hour whatever the clocks do, once each, late only once."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import timers
from services.ground.recurrence import BadRecurrence, Recurrence
from tests.engine.house import FACTS, House, News, now

NAIROBI = "Africa/Nairobi"  # no change of the clocks
HOUR = timedelta(hours=1)


def wall(time: str) -> datetime:
    """What the clock on the wall shows."""
    return datetime.fromisoformat(time)


def walk(recurrence: Recurrence, moment: datetime, count: int) -> list[datetime]:
    """The next `count` times, followed as a timer follows them."""
    found: list[datetime] = []
    while len(found) < count and (one := recurrence.after(moment)) is not None:
        recurrence, moment = recurrence.moved_to(one), one.at
        found.append(one.at)
    return found


def locally(moments: list[datetime], zone: str) -> list[str]:
    return [f"{moment.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}" for moment in moments]


# -- rules ------------------------------------------------------------------------------------


def test_nine_stays_nine_when_the_clocks_change() -> None:
    daily = Recurrence("FREQ=DAILY", wall("2026-03-28 09:00"), "Europe/Berlin")
    found = walk(daily, datetime(2026, 3, 27, tzinfo=UTC), 3)
    assert [one.hour for one in found] == [8, 7, 7]
    assert locally(found, "Europe/Berlin") == [
        "Sat 28 Mar 09:00", "Sun 29 Mar 09:00", "Mon 30 Mar 09:00",
    ]  # fmt: skip


def test_a_time_the_clock_jumps_over_comes_as_much_later() -> None:
    nightly = Recurrence("FREQ=DAILY", wall("2026-03-07 02:30"), "America/New_York")
    found = walk(nightly, datetime(2026, 3, 7, tzinfo=UTC), 3)
    assert locally(found, "America/New_York") == [
        "Sat 07 Mar 02:30", "Sun 08 Mar 03:30", "Mon 09 Mar 02:30",
    ]  # fmt: skip


def test_a_time_that_comes_twice_is_the_first() -> None:
    nightly = Recurrence("FREQ=DAILY", wall("2026-10-31 01:30"), "America/New_York")
    found = walk(nightly, datetime(2026, 10, 31, tzinfo=UTC), 3)
    assert found[1] == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert found[2] == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,TH", ["Mon 02 Mar 09:00", "Thu 05 Mar 09:00", "Mon 09 Mar 09:00"]),
        ("FREQ=WEEKLY;INTERVAL=2", ["Sun 01 Mar 09:00", "Sun 15 Mar 09:00", "Sun 29 Mar 09:00"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", ["Fri 27 Mar 09:00", "Fri 24 Apr 09:00", "Fri 29 May 09:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["Tue 31 Mar 09:00", "Sun 31 May 09:00"]),
        ("FREQ=DAILY;COUNT=2", ["Sun 01 Mar 09:00", "Mon 02 Mar 09:00"]),
        ("FREQ=DAILY;UNTIL=20260302T055959Z", ["Sun 01 Mar 09:00"]),
        ("FREQ=DAILY;UNTIL=20260302T060000Z", ["Sun 01 Mar 09:00", "Mon 02 Mar 09:00"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["Tue 29 Feb 09:00", "Sun 29 Feb 09:00"]),
    ],
)  # fmt: skip
def test_rules_are_those_of_rfc_5545(rule: str, wanted: list[str]) -> None:
    recurrence = Recurrence(rule, wall("2026-03-01 09:00"), NAIROBI)
    ends = "COUNT" in rule or "UNTIL" in rule
    found = walk(recurrence, datetime(2026, 2, 1, tzinfo=UTC), len(wanted) + ends)
    assert locally(found, NAIROBI) == wanted


@pytest.mark.parametrize(
    "rule",
    [
        "", "DAILY", "FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=DAILY;INTERVAL=0", "BYDAY=MO",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z", "FREQ=DAILY;FREQ=DAILY",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY;BYHOUR=25", "FREQ=DAILY;BYEASTER=1", "FREQ=YEARLY;BYDAY=60MO",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;UNTIL=20269999T000000Z", "FREQ=DAILY\nFREQ=DAILY", "FREQ=DAILY;COUNT=99999999",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=3",
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_followed_is_refused(rule: str) -> None:
    with pytest.raises(BadRecurrence):
        Recurrence(rule, wall("2026-03-01 09:00"), NAIROBI)


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../../etc/passwd", "Nairobi"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(BadRecurrence):
        Recurrence("FREQ=DAILY", wall("2026-03-01 09:00"), zone)


ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago",
    "Africa/Casablanca", "Asia/Beirut", "Pacific/Apia", "Africa/Nairobi", "Africa/Cairo",
)  # fmt: skip
RULES = (
    "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SU,SA", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=HOURLY;INTERVAL=5",
    "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=15,45", "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;COUNT=50", "FREQ=MONTHLY;BYDAY=1SU,-1SU",
)  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(RULES),
    st.datetimes(wall("2011-12-01 00:00"), wall("2030-01-01 00:00")),
    st.integers(0, 400),
)
def test_whatever_the_clocks_do_times_go_forward_and_keep_their_hour(
    zone: str, rule: str, starts: datetime, days: int
) -> None:
    starts = starts.replace(second=0, microsecond=0)
    recurrence = Recurrence(rule, starts, zone)
    moment = (starts + timedelta(days=days)).replace(tzinfo=UTC)
    found = walk(recurrence, moment, 12)
    assert found == sorted(set(found))
    assert all(one > moment for one in found)
    for one in found:
        local = one.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        kept = set(islice(recurrence._rule().xafter(local - 3 * HOUR), 12))
        jumped = one.astimezone(ZoneInfo(zone)).utcoffset() != (
            (one - 25 * HOUR).astimezone(ZoneInfo(zone)).utcoffset()
        )
        assert local in kept or jumped


# -- timers -----------------------------------------------------------------------------------


async def somebody(house: House) -> int:
    await house.say("hi")
    await house.settle()
    return await house.only_person()


def daily(**more: int) -> Recurrence:
    starts = (now() - timedelta(days=9)).replace(tzinfo=None, microsecond=0)
    return Recurrence("FREQ=DAILY", starts - timedelta(**more), "UTC")


async def repeat(house: House, fact: News, recurrence: Recurrence) -> bool:
    async with house.database.transaction() as tx:
        return await FACTS.repeat(tx, fact, recurrence, now())


async def fire(house: House) -> int:
    async with house.database.pool.acquire() as db, db.transaction():
        return await timers.fire(db)


async def due_in(house: House) -> Any:
    return await house.value("SELECT due_at - now() FROM timers")


async def overdue(house: House, by: timedelta) -> None:
    await house.execute("UPDATE timers SET due_at = due_at - $1::interval", by)


async def test_it_fires_each_time_once_and_is_put_to_the_next(house: House) -> None:
    me = await somebody(house)
    assert await repeat(house, News(user_id=me), daily(hours=1))
    assert timedelta(hours=22) < await due_in(house) < timedelta(hours=24)
    assert await fire(house) == 0
    for _ in range(3):
        await overdue(house, timedelta(days=1))
        assert [await fire(house), await fire(house)] == [1, 0]
        assert timedelta(hours=22) < await due_in(house) < timedelta(hours=24)
        await house.execute("UPDATE inbox SET provider_id = provider_id || id WHERE kind = 'fact'")
    await house.settle()
    assert (await house.said()).count("News: it (en)") == 3


async def test_after_a_long_time_away_it_is_told_once(house: House) -> None:
    me = await somebody(house)
    hourly = Recurrence("FREQ=HOURLY", daily().starts, "UTC")
    await repeat(house, News(user_id=me), hourly)
    await overdue(house, timedelta(days=30))
    assert [await fire(house), await fire(house)] == [1, 0]
    assert timedelta(0) < await due_in(house) <= timedelta(hours=1)


async def test_the_last_time_ends_it(house: House) -> None:
    me = await somebody(house)
    once = Recurrence("FREQ=DAILY;COUNT=1", (now() + HOUR).replace(tzinfo=None), "UTC")
    assert await repeat(house, News(user_id=me), once)
    await house.execute("UPDATE timers SET due_at = now(), starts = now() - interval '1 hour'")
    assert await fire(house) == 1
    assert await house.value("SELECT count(*) FROM timers") == 0
    past = Recurrence("FREQ=DAILY;COUNT=1", (now() - HOUR).replace(tzinfo=None), "UTC")
    assert not await repeat(house, News(user_id=me), past)


async def test_it_can_be_cancelled_and_changed_into_another(house: House) -> None:
    me = await somebody(house)
    await repeat(house, News(user_id=me), daily())
    async with house.database.transaction() as tx:
        await FACTS.schedule(tx, News(user_id=me), now() - HOUR)
    assert [await fire(house), await house.value("SELECT count(*) FROM timers")] == [1, 0]
    await repeat(house, News(user_id=me), daily())
    async with house.database.transaction() as tx:
        await FACTS.cancel(tx, News(user_id=me))
    assert await house.value("SELECT count(*) FROM timers") == 0


async def test_several_that_fire_at_once_fire_each_once(house: House) -> None:
    me = await somebody(house)
    for n in range(40):
        await repeat(house, News(user_id=me, what=str(n)), daily())
    await overdue(house, timedelta(days=2))
    fired = await asyncio.gather(*(fire(house) for _ in range(4)))
    assert sum(fired) == 40
    assert await house.value("SELECT count(*) FROM inbox WHERE kind = 'fact'") == 40


async def test_a_firing_that_is_lost_is_done_again_whole(house: House) -> None:
    me = await somebody(house)
    await repeat(house, News(user_id=me), daily())
    await overdue(house, timedelta(days=1))
    db = await house.database.pool.acquire()
    await db.transaction().start()
    assert await timers.fire(db) == 1
    db.terminate()
    await house.database.pool.release(db)
    assert [await fire(house), await fire(house)] == [1, 0]
    assert await house.value("SELECT count(*) FROM inbox WHERE kind = 'fact'") == 1


async def test_a_zone_that_is_no_more_holds_up_nobody(house: House) -> None:
    me = await somebody(house)
    await repeat(house, News(user_id=me, what="lost"), daily())
    await house.execute("UPDATE timers SET zone = 'Mars/Base'")
    await repeat(house, News(user_id=me, what="kept"), daily())
    await overdue(house, timedelta(days=1))
    assert await fire(house) == 2
    assert await house.values("SELECT payload->>'what' FROM timers") == ["kept"]
