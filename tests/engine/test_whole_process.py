"""The program as people run it: killed in the middle of a checkout, again and again, it goes on
where it stopped; told to leave, it leaves.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from sqlalchemy.engine import make_url

from bot.database import embedded
from bot.database.connections import arguments
from tests.commands.program import Program, free_port
from tests.endtoend.conftest import Phone
from tests.engine.house import eventually

AMINA = "+254700000010"


class Shop:
    """`python -m bot run` in a folder of its own, which may be killed and started again."""

    def __init__(self, folder: Path, http: aiohttp.ClientSession) -> None:
        self.folder, self.http = folder, http
        self.port = free_port()
        self.api = f"http://127.0.0.1:{self.port}/simulator/api"
        self.amina = Phone(http, self.api, AMINA)
        self.program: Program | None = None

    async def up(self) -> None:
        settings = {"PORT": str(self.port), "DATA_DIR": "data", "LOG_LEVEL": "WARNING"}
        self.program = Program(self.folder, settings, ("run",))
        await self.program.start("Open ")

    async def kill(self) -> None:
        """As when the power goes; PostgreSQL notices that its owner is gone."""
        postgres = self.postgres()
        assert self.program is not None
        self.program.process.kill()
        await self.program.process.wait()
        await eventually(lambda: _gone(postgres))

    async def leave(self, sign: signal.Signals) -> tuple[int, float]:
        """Ask it to leave; answers its exit code and how many seconds it took."""
        assert self.program is not None
        begun = time.monotonic()
        self.program.process.send_signal(sign)
        code = await asyncio.wait_for(self.program.process.wait(), 20)
        return code, time.monotonic() - begun

    def postgres(self) -> int:
        """The process of the server it brought along."""
        [file] = (self.folder / "data").rglob("postmaster.pid")
        return int(file.read_text().split()[0])

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        server = await embedded.start(self.folder / "data" / "postgres")
        db = await asyncpg.connect(**arguments(make_url(server.url)))
        try:
            return [tuple(row) for row in await db.fetch(query)]
        finally:
            await db.close()
            await embedded.stop(server)

    async def pay(self, link: str) -> None:
        async with self.http.post(f"{self.api}/payments/{link.rpartition('/')[2]}/pay") as answer:
            assert answer.status < 300, await answer.text()

    async def quiet(self) -> None:
        """Waits until nothing is to be answered or sent any more."""

        async def there() -> bool:
            [(waiting,)] = await self.rows(
                """SELECT (SELECT count(*) FROM inbox WHERE state = 'waiting')
                        + (SELECT count(*) FROM outbox
                           WHERE state IN ('waiting', 'sending', 'unknown'))"""
            )
            return int(waiting) == 0

        await eventually(there)

    async def heard(self) -> list[Any]:
        """Every bubble of the bot on Amina's phone."""
        async with self.http.get(f"{self.api}/people/{AMINA}/messages?from=bot") as answer:
            return list((await answer.json())["messages"])


async def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with aiohttp.ClientSession() as http:
        shop = Shop(tmp_path, http)
        await shop.up()
        yield shop
        if shop.program is not None and shop.program.process.returncode is None:
            await shop.program.stop()


async def test_a_checkout_survives_being_killed_again_and_again(shop: Shop) -> None:
    amina = shop.amina
    await amina.say("hi")
    await amina.shows("Shop")
    await amina.tap("Shop")
    await amina.shows("Duka Bora")
    await amina.tap("Duka Bora")
    await amina.shows("Fresh")
    await amina.say("2")
    await amina.shows("Mangoes")
    await amina.say("1")
    await amina.shows("Ksh 180")
    await amina.say("2")
    await amina.shows("Ksh 360")

    await amina.tap("Checkout")
    await shop.kill()  # right after the tap
    await shop.up()
    await amina.shows("Mtaa Mpya")
    await amina.tap("Mtaa Mpya")
    await amina.shows("address")
    await amina.say("Plot 12, Mango Road, blue gate")
    await amina.shows("Pay by card")

    await amina.tap("Pay by card")
    await asyncio.sleep(0.07)  # somewhere between the tap, the order, the link and its bubble
    await shop.kill()
    await shop.up()
    link = (await amina.shows("The link is open"))["payment_link"]

    await shop.pay(link)
    await shop.kill()  # right after the payment
    await shop.up()
    await amina.shows("Paid, thank you")
    await shop.quiet()

    assert await shop.rows("SELECT status, payment_status FROM orders") == [("paid", "paid")]
    assert await shop.rows("SELECT count(*) FROM payments WHERE status = 'paid'") == [(1,)]
    assert await shop.rows("SELECT DISTINCT state FROM inbox") == [("answered",)]
    [(said,)] = await shop.rows(
        """SELECT count(*) FROM outbox o JOIN user_identities i USING (user_id)
           WHERE i.value = '+254700000010' AND o.state IN ('sent', 'delivered', 'read')"""
    )
    heard = await shop.heard()
    assert len(heard) == said  # nothing twice, nothing missing
    assert len([m for m in heard if "Paid, thank you" in m["text"]]) == 1

    postgres = shop.postgres()
    code, seconds = await shop.leave(signal.SIGTERM)
    assert (code, seconds < 10) == (0, True)
    assert await _gone(postgres)


async def test_ctrl_c_ends_it_at_once_and_leaves_nothing_running(shop: Shop) -> None:
    postgres = shop.postgres()
    await shop.amina.say("hi")
    code, seconds = await shop.leave(signal.SIGINT)
    assert (code, seconds < 10) == (0, True)
    assert await _gone(postgres)
    await shop.up()
    await shop.amina.shows("What can I do for you?")
