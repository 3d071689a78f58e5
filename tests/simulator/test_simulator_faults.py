"""The switches: each makes the world misbehave in its own way, as often as asked and the same
for the same seed.
"""

import asyncio
from typing import Any

import aiohttp
import pytest

from bot.simulator.faults import SWITCHES, Faults, UnknownFault
from tests.simulator.product_side import AMINA, NUMBER_ID, TOKEN, Outside

NOOR = "12025550106"


async def hear(outside: Outside, count: int) -> list[str]:
    """What the product heard, once it heard so many."""
    await outside.product.until(lambda: len(outside.product.said()) >= count)
    return [message["text"]["body"] for message in outside.product.said()]


async def test_duplicate(outside: Outside) -> None:
    await outside.api("PUT", "/faults", {"duplicate": {"count": 1}})
    await outside.say(AMINA, {"text": "one"})
    await outside.say(AMINA, {"text": "two"})
    assert await hear(outside, 3) == ["one", "one", "two"]


async def test_reorder_lets_later_ones_overtake(outside: Outside) -> None:
    await outside.api("PUT", "/faults", {"reorder": {"count": 1}})
    await outside.say(AMINA, {"text": "one"})
    await outside.say(AMINA, {"text": "two"})
    assert await hear(outside, 2) == ["two", "one"]


async def test_batch_travels_in_one_post(outside: Outside) -> None:
    await outside.api("PUT", "/faults", {"batch": True})
    for words in ("one", "two"):
        await outside.say(AMINA, {"text": words})
    await outside.say(NOOR, {"text": "three"})
    assert await hear(outside, 3) == ["one", "two", "three"]
    assert len(outside.product.hooks) == 1


async def test_drop_200_delivers_again(outside: Outside) -> None:
    await outside.api("PUT", "/faults", {"drop_200": {"count": 1}})
    await outside.say(AMINA, {"text": "one"})
    assert await hear(outside, 2) == ["one", "one"]


async def test_delay_holds_the_webhook_back(outside: Outside) -> None:
    await outside.api("PUT", "/faults", {"delay_ms": 300})
    loop = asyncio.get_running_loop()
    start = loop.time()
    await outside.say(AMINA, {"text": "one"})
    await hear(outside, 1)
    assert loop.time() - start >= 0.3


async def test_early_status_comes_before_the_answer(outside: Outside) -> None:
    await outside.say(AMINA, {"text": "hi"})
    await outside.api("PUT", "/faults", {"early_status": 1})
    sent = await outside.sent(text={"body": "Hello"})
    assert [status["id"] for status in outside.product.statuses()] == [sent]


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("send_429", 130429, 429),
        ("send_131056", 131056, 400),
        ("send_5xx", 131000, 500),
        ("closed_window", 131047, 400),
    ],
)
async def test_refused_sends(outside: Outside, fault: str, code: int, status: int) -> None:
    await outside.say(AMINA, {"text": "hi"})
    await outside.api("PUT", "/faults", {fault: {"count": 1}})
    found, answer = await outside.send(text={"body": "Hello"})
    assert (found, answer["error"]["code"]) == (status, code)
    await outside.sent(text={"body": "Hello"})
    assert [message["text"] for message in await outside.shows(AMINA)] == ["hi", "Hello"]


async def test_send_timeout_accepts_and_never_answers(outside: Outside) -> None:
    await outside.say(AMINA, {"text": "hi"})
    await outside.api("PUT", "/faults", {"send_timeout": {"count": 1}})
    body = {"messaging_product": "whatsapp", "to": AMINA, "type": "text", "text": {"body": "Hello"}}
    url = f"{outside.url}/v26.0/{NUMBER_ID}/messages"
    with pytest.raises(TimeoutError):
        await outside.http.post(
            url,
            json=body,
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=aiohttp.ClientTimeout(total=0.5),
        )
    assert [message["text"] for message in await outside.shows(AMINA)] == ["hi", "Hello"]
    await outside.product.until(outside.product.statuses)


async def test_unreachable_fails_by_status(outside: Outside) -> None:
    await outside.say(AMINA, {"text": "hi"})
    await outside.api("PUT", "/faults", {"unreachable": {"count": 1}})
    await outside.sent(text={"body": "Hello"})
    failed = (await outside.product.until(outside.product.statuses))[0]
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", 131026)
    assert "contacts" not in outside.product.hooks[-1].values()[0]


async def test_username_only_hides_the_phone(outside: Outside) -> None:
    await outside.api("PUT", "/faults", {"username_only": {"count": 1}})
    await outside.say(AMINA, {"text": "one"})
    await outside.say(AMINA, {"text": "two"})
    await hear(outside, 2)
    first, second = outside.product.said()
    assert "from" not in first
    assert second["from"] == AMINA
    assert first["from_user_id"] == second["from_user_id"]
    assert "wa_id" not in outside.product.hooks[0].values()[0]["contacts"][0]


async def test_expired_media(outside: Outside) -> None:
    await outside.say(AMINA, {"image": "data:image/png;base64,aGk="})
    image = (await outside.product.until(outside.product.said))[0]["image"]
    _, found = await outside.graph(image["id"], method="GET")
    await outside.api("PUT", "/faults", {"expired_media": {"count": 1}})
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for wanted in (404, 200):
        async with outside.http.get(found["url"], headers=headers) as response:
            assert response.status == wanted


async def test_the_real_rates_can_be_switched_on(outside: Outside) -> None:
    await outside.say(AMINA, {"text": "hi"})
    await outside.api("PUT", "/faults", {"pair_rate": True, "statuses": "none"})
    for _ in range(45):
        await outside.sent(text={"body": "x"})
    assert await outside.refused(text={"body": "x"}) == 131056
    await outside.api("PUT", "/faults", {"throughput": 1, "statuses": "none"})
    await outside.sent(text={"body": "x"})
    assert await outside.refused(text={"body": "x"}) == 130429
    assert outside.product.statuses() == []


async def test_refused_webhooks_are_sent_again_in_order(outside: Outside) -> None:
    outside.product.answers = [503, 500, 401]
    for words in ("one", "two"):
        await outside.say(AMINA, {"text": words})
    assert await hear(outside, 5) == ["one", "one", "one", "one", "two"]


async def test_a_poisonous_webhook_does_not_hold_up_its_neighbours(outside: Outside) -> None:
    outside.product.answers = [500, 500, 500]
    for words in ("poison", "two"):
        await outside.say(AMINA, {"text": words})
    heard = await hear(outside, 5)
    assert heard[:3] == ["poison"] * 3
    assert sorted(heard[3:]) == ["poison", "two"]


async def test_put_replaces_patch_changes_delete_clears(outside: Outside) -> None:
    await outside.api("PUT", "/faults", {"duplicate": 0.25})
    changed = await outside.api("PATCH", "/faults", {"reorder": {"count": 2}})
    assert changed["faults"]["duplicate"] == 0.25
    assert changed["faults"]["reorder"] == {"probability": 1.0, "count": 2}
    replaced = await outside.api("PUT", "/faults", {"seed": 9})
    assert (replaced["faults"]["duplicate"], replaced["faults"]["seed"]) == (0.0, 9)
    refused = await outside.api("PUT", "/faults", {"duplicate": 1, "gremlins": 1}, 400)
    assert "gremlins" in refused["error"]
    assert (await outside.api("GET", "/faults"))["faults"]["seed"] == 9
    cleared = await outside.api("DELETE", "/faults")
    assert cleared["faults"]["seed"] == 1
    echoed = await outside.api("PUT", "/faults", cleared)
    assert echoed == cleared


def test_the_same_seed_makes_the_same_world() -> None:
    def days(seed: int) -> list[bool]:
        faults = Faults()
        faults.set({"seed": seed, "duplicate": 0.5})
        return [faults.fires("duplicate") for _ in range(64)]

    assert days(7) == days(7)
    assert days(7) != days(8)
    assert 0 < sum(days(7)) < 64


@pytest.mark.parametrize("value", [-1, 1.5, "often", [], {"count": -1}, {"probability": 2}])
def test_a_setting_that_makes_no_sense_is_refused(value: Any) -> None:
    for name in SWITCHES:
        with pytest.raises(UnknownFault):
            Faults().set({name: value})
