"""What phones show and what the product is owed survives the simulator's end, however it comes."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from aiohttp import ClientError

from bot.simulator import journal as journal_file
from bot.simulator.delivery import Delivery
from bot.simulator.faults import Faults
from bot.simulator.journal import Journal
from bot.simulator.updates import Envelopes, Update
from tests.simulator.product_side import AMINA, WABA_ID, Outside, buttons


async def test_phones_show_the_same_after_a_restart(outside: Outside, tmp_path: Path) -> None:
    await outside.down()
    await outside.up(journal=tmp_path / "phones.jsonl")
    await outside.say(AMINA, {"text": "hi"})
    await outside.say("Noor", {"image": "data:image/png;base64,aGk="})
    await outside.sent(interactive=buttons("Yes"))
    body = {"type": "BODY", "text": "Hello"}
    template = {"name": "hello", "language": "en", "category": "UTILITY", "components": [body]}
    await outside.graph(f"{WABA_ID}/message_templates", template)
    await outside.product.until(lambda: len(outside.product.statuses()) == 2)
    before = await outside.shows(AMINA)
    await outside.product.until(lambda: len(outside.product.statuses()) == 3)
    await outside.down()
    await outside.up()
    after = await outside.shows(AMINA)
    assert [message["id"] for message in after] == [message["id"] for message in before]
    assert after[1]["status"] == "read"
    assert len(outside.product.said()) == 2
    assert (await outside.say(AMINA, {"tap": "Yes"}))["seq"] == 3
    await outside.sent(template={"name": "hello", "language": {"code": "en"}})
    photo = (await outside.shows("Noor"))[0]["media"]["url"]
    async with outside.http.get(photo) as response:
        assert await response.read() == b"hi"


async def test_what_the_product_never_took_is_delivered_after_the_restart(
    outside: Outside, tmp_path: Path
) -> None:
    await outside.down()
    await outside.up(journal=tmp_path / "phones.jsonl")
    outside.product.answers = [503] * 1000
    said = await outside.say(AMINA, {"text": "are you there?"})
    sent = await outside.sent(text={"body": "Yes"})
    await outside.product.until(outside.product.hooks.copy)
    await outside.down()
    outside.product.answers.clear()
    outside.product.hooks.clear()
    await outside.up()
    await outside.product.until(lambda: len(outside.product.statuses()) == 2)
    assert [message["id"] for message in outside.product.said()] == [said["id"]]
    assert {status["id"] for status in outside.product.statuses()} == {sent}


async def test_a_kill_loses_nothing_that_was_answered(outside: Outside, tmp_path: Path) -> None:
    await outside.down()
    journal = tmp_path / "phones.jsonl"
    here = Path(__file__).parent
    outside.product.answers = [503] * 1000
    port = outside.url.rsplit(":", 1)[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(here / "alone.py"), outside.config.product_url, port, str(journal)),
        env=os.environ | {"PYTHONPATH": f"{here.parent.parent}"},
    )
    try:
        await reachable(outside)
        said = await outside.say(AMINA, {"text": "still here?"})
    finally:
        process.kill()
        await process.wait()
    outside.product.answers.clear()
    await outside.up(journal=journal)
    assert [message["id"] for message in await outside.shows(AMINA)] == [said["id"]]
    await outside.product.until(
        lambda: [m["id"] for m in outside.product.said()][-1:] == [said["id"]]
    )


async def reachable(outside: Outside) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await outside.api("GET", "")
                return
            except ClientError:
                await asyncio.sleep(0.05)


async def test_nothing_is_sent_after_the_end(outside: Outside) -> None:
    envelopes = Envelopes(outside.config)
    taken: list[Update] = []
    delivery = Delivery(envelopes, Faults(), taken.append)
    await delivery.start()
    await delivery.stop()
    delivery.send(Update("late", "lane", "whatsapp", {}))
    assert delivery.waiting == 1
    await delivery.start()
    await outside.product.until(outside.product.hooks.copy)
    await delivery.stop()
    assert outside.product.hooks[0].signature_fits()


async def test_a_torn_last_line_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "torn.jsonl"
    path.write_bytes(b'{"t":"one"}\n{"t":"tw')
    journal = Journal(path)
    assert list(journal.read()) == [{"t": "one"}]
    journal.open()
    journal.append({"t": "two"})
    journal.close()
    assert list(Journal(path).read()) == [{"t": "one"}, {"t": "two"}]


async def test_a_long_journal_is_made_short_and_says_the_same(
    outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "phones.jsonl"
    await outside.down()
    await outside.up(journal=path)
    await outside.say(AMINA, {"text": "hi"})
    for number in range(50):
        await outside.sent(text={"body": str(number)})
    await outside.product.until(lambda: len(outside.product.statuses()) == 100)
    before = await outside.shows(AMINA)
    await outside.quiet()
    await outside.down()
    long = path.stat().st_size
    monkeypatch.setattr(journal_file, "COMPACT_ABOVE", 1000)
    await outside.up()
    assert path.stat().st_size < long / 1.5
    after = await outside.shows(AMINA)
    assert [m["text"] for m in after] == [m["text"] for m in before]
    assert {m["status"] for m in after[1:]} == {"read"}
