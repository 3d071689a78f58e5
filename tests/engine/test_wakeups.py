"""Who is woken by what: a lost notification costs a delay, one too many costs the machine."""

from collections.abc import AsyncIterator

import pytest

from bot.database.connections import Database
from bot.wakeups import Bell, Wakeups

LONG = 30.0  # seconds: nobody waits for so long


@pytest.fixture
async def wakeups(database: Database) -> AsyncIterator[Wakeups]:
    wakeups = Wakeups(database)
    await wakeups.start()
    yield wakeups
    await wakeups.stop()


async def notify(database: Database, name: str) -> None:
    await database.pool.execute("SELECT pg_notify($1, '')", name)


async def listening(bell: Bell) -> None:
    """It rings once by itself, when notifications begin to be heard."""
    assert await bell.wait(LONG)
    bell.answer()


async def test_a_bell_made_while_others_are_heard_is_heard_as_well(
    wakeups: Wakeups, database: Database
) -> None:
    first = wakeups.bell("inbox")
    await listening(first)
    later = wakeups.bell("outbox")
    await listening(later)

    await notify(database, "outbox")

    assert await later.wait(LONG)
    assert not first.unanswered


async def test_after_a_lost_connection_every_bell_is_heard_again(
    wakeups: Wakeups, database: Database
) -> None:
    bells = [wakeups.bell(name) for name in ("webhooks", "inbox")]
    for bell in bells:
        await listening(bell)

    await database.pool.execute(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND query LIKE 'LISTEN %'"""
    )
    for bell in bells:
        await listening(bell)
    await notify(database, "inbox")

    assert await bells[1].wait(LONG)


async def test_what_nobody_here_waits_for_wakes_nobody(
    wakeups: Wakeups, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    wake = wakeups.wake

    def noted(name: str) -> None:
        woken.append(name)
        wake(name)

    monkeypatch.setattr(wakeups, "wake", noted)
    bell = wakeups.bell("outbox")
    await listening(bell)

    for name in ("webhooks", "inbox", "outbox"):
        await notify(database, name)

    assert await bell.wait(LONG)
    assert woken == ["outbox", "outbox"]  # when it began to be heard, and now
