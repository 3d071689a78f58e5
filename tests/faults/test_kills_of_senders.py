"""A sender killed wherever it waits (leasing, in flight, writing down): every bubble reaches the
phone once and in order, for its status tells what became of it.
"""

import asyncio

from aiohttp import ClientSession

from bot import lanes
from tests.engine.house import House, eventually, phone
from tests.engine.outside import Outside
from tests.faults.conftest import over
from tests.faults.kills import Process, lives

WORDS = ("one", "two", "three")


async def send(process: Process, outside: Outside) -> None:
    """A sender at work in `process`, until everything is sent or it is killed."""
    stop = asyncio.Event()
    http = ClientSession()  # of its own: its connections die with it
    theirs = Outside(over(outside.house, process), http, outside.graph)
    sender = theirs.sender(lease=3600, unknown_wait=3600)

    async def until_sent() -> None:
        await outside.done()
        stop.set()
        theirs.house.wakeups.wake("outbox")

    watching = asyncio.create_task(until_sent())
    await process.run(sender.run(stop))
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await http.close()


async def told(outside: Outside) -> None:
    """The emulator has taken what was on its way to it, and all that it had to tell has come."""

    async def quiet() -> bool:
        about = await outside.api("GET", "")  # behind whatever was written to it before
        if about["waiting_webhooks"] or not all(each.answered for each in outside.requests):
            return False
        return not await outside.house.value("SELECT count(*) FROM webhooks")

    await eventually(quiet)


async def let_time_pass(house: House) -> None:
    """Whatever is closed may open: the leases of the dead, and the patience with the unknown."""
    await house.execute("UPDATE recipients SET closed_until = now()")
    async with house.database.pool.acquire() as db, db.transaction():
        await lanes.settle_unknown(db, 3600)


async def phones_tell(outside: Outside, person: str) -> None:
    """Every bubble on this phone was told to be delivered, and we have heard it."""

    async def delivered() -> bool:
        shown = await outside.api("GET", f"/people/{person}/messages?from=bot&peek=1")
        return all(each["status"] in ("delivered", "read") for each in shown["messages"])

    await eventually(delivered)
    await told(outside)


async def test_every_bubble_arrives_once_and_in_order(outside: Outside, database_url: str) -> None:
    house = outside.house
    async for process in lives(database_url):
        amina = phone(process.dies_at)
        await outside.hello(amina)
        await outside.put(amina, *WORDS)

        await send(process, outside)

        await told(outside)
        await phones_tell(outside, amina)
        await let_time_pass(house)  # the dead one's bubbles are unknown, or their status told
        await phones_tell(outside, amina)
        await let_time_pass(house)  # those no status told of were never sent
        outside.start()
        await outside.done()
        await outside.stop()
        assert await outside.shown(amina) == list(WORDS)
        states = "SELECT DISTINCT state::text FROM outbox WHERE state NOT IN ('delivered', 'read')"
        await phones_tell(outside, amina)
        assert await house.values(states) == []
    assert process.suspensions >= 10
