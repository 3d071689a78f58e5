"""Whoever is told to stop notices at once, however long they would have waited for work."""

import asyncio

from bot.roles import Role, run_until_stopped
from tests.engine.house import House

LONG = 600.0


async def test_a_role_that_waits_for_its_bell_hears_the_stop(house: House) -> None:
    bells = [house.wakeups.bell(name) for name in ("webhooks", "inbox", "outbox", "payments")]
    waiting = asyncio.Barrier(len(bells) + 1)
    left: list[int] = []

    async def wait(n: int, stop: asyncio.Event) -> None:
        await waiting.wait()
        await bells[n].wait(LONG)
        assert stop.is_set()
        left.append(n)

    def role(n: int) -> Role:
        return Role(str(n), lambda stop: wait(n, stop))

    stop = asyncio.Event()
    running = asyncio.create_task(
        run_until_stopped([role(n) for n in range(4)], LONG, stop, house.wakeups.wake_all)
    )
    await waiting.wait()
    await asyncio.sleep(0)  # now they wait for their bells
    stop.set()
    async with asyncio.timeout(30):
        await running
    assert sorted(left) == [0, 1, 2, 3]
