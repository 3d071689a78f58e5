"""What people do with their phones, and what the product hears and shows because of it."""

import asyncio
import base64
from typing import Any

import pytest
from aiohttp import FormData

from tests.simulator.product_side import AMINA, NUMBER_ID, TOKEN, Outside, buttons, menu

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_a_word_becomes_a_signed_webhook(outside: Outside) -> None:
    said = await outside.say("+1 (202) 555-0101", {"text": "Hi ☀"}, 202)
    message = (await outside.product.until(outside.product.said))[0]
    hook = outside.product.hooks[0]
    assert hook.signature_fits()
    assert hook.raw.isascii()
    assert message["text"] == {"body": "Hi ☀"}
    assert message["from"] == AMINA
    assert message["id"] == said["id"]
    assert message["timestamp"].isdecimal()
    value = hook.values()[0]
    assert value["metadata"] == {
        "display_phone_number": "12025550199",
        "phone_number_id": NUMBER_ID,
    }
    assert value["contacts"][0]["profile"] == {"name": "Amina"}
    assert value["contacts"][0]["wa_id"] == AMINA
    assert value["contacts"][0]["user_id"] == message["from_user_id"]


async def test_a_username_only_person_has_no_phone_and_is_answered(outside: Outside) -> None:
    said = await outside.say("Noor", {"text": "hello"})
    message = (await outside.product.until(outside.product.said))[0]
    contact = outside.product.hooks[0].values()[0]["contacts"][0]
    assert "from" not in message
    assert "wa_id" not in contact
    assert contact["profile"] == {"name": "Noor", "username": "noor"}
    assert message["from_user_id"] == contact["user_id"] == said["user_id"]
    body = {"messaging_product": "whatsapp", "recipient": said["user_id"], "type": "text"}
    status, answer = await outside.graph(f"{NUMBER_ID}/messages", body | {"text": {"body": "Hi"}})
    assert status == 200
    assert answer["contacts"] == [{"input": said["user_id"], "user_id": said["user_id"]}]
    delivered = await outside.product.until(outside.product.statuses)
    assert "recipient_id" not in delivered[0]
    assert delivered[0]["recipient_user_id"] == said["user_id"]
    assert [m["text"] for m in await outside.shows("noor")] == ["hello", "Hi"]


async def test_statuses_come_in_order_and_return_our_words(outside: Outside) -> None:
    await outside.say(AMINA, {"text": "hi"})
    body = {"messaging_product": "whatsapp", "to": AMINA, "type": "text", "text": {"body": "Hello"}}
    await outside.graph(f"{NUMBER_ID}/messages", body | {"biz_opaque_callback_data": "row 7"})
    await outside.product.until(lambda: len(outside.product.statuses()) == 2)
    assert len(await outside.shows(AMINA)) == 2
    await outside.product.until(lambda: len(outside.product.statuses()) == 3)
    statuses = outside.product.statuses()
    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"row 7"}
    assert statuses[0]["pricing"]["pricing_model"] == "PMP"
    assert statuses[0]["recipient_id"] == AMINA


async def test_taps_answer_the_very_message(outside: Outside) -> None:
    await outside.say(AMINA, {"text": "hi"})
    asked = await outside.sent(interactive=buttons("Yes", "No"))
    listed = await outside.sent(interactive=menu("Bread", "Tea"))
    tapped = await outside.say(AMINA, {"tap": "yes"})
    assert tapped["tapped"] == {"message": asked, "id": "id:Yes", "label": "Yes"}
    await outside.say(AMINA, {"tap": "row:Tea", "message": listed})
    await outside.product.until(lambda: len(outside.product.said()) == 3)
    button, row = outside.product.said()[1:]
    assert button["context"] == {"from": "12025550199", "id": asked}
    assert button["interactive"]["button_reply"] == {"id": "id:Yes", "title": "Yes"}
    reply = {"id": "row:Tea", "title": "Tea", "description": "All of Tea"}
    assert row["interactive"] == {"type": "list_reply", "list_reply": reply}


async def test_a_tap_on_what_is_not_there_says_what_is(outside: Outside) -> None:
    await outside.say(AMINA, {"text": "hi"})
    asked = await outside.sent(interactive=buttons("Yes", "No"))
    refused = await outside.say(AMINA, {"tap": "Maybe"}, 409)
    assert [choice["label"] for choice in refused["shows"]] == ["Yes", "No"]
    assert "Maybe" in refused["error"]
    await outside.say(AMINA, {"tap": "Yes", "message": "wamid.none"}, 404)
    await outside.say("+12025550107", {"tap": "Yes", "message": asked}, 404)


async def test_a_link_is_shown_as_payment_and_opens(outside: Outside) -> None:
    await outside.say(AMINA, {"text": "pay"})
    url = "http://127.0.0.1:1/simulator/checkout/cs_test_1"
    link = {"name": "cta_url", "parameters": {"display_text": "Pay now", "url": url}}
    await outside.sent(interactive={"type": "cta_url", "body": {"text": "12 USD"}, "action": link})
    shown = (await outside.shows(AMINA))[-1]
    assert shown["link"] == {"label": "Pay now", "url": url}
    assert shown["payment_link"] == url
    assert (await outside.say(AMINA, {"tap": "Pay now"}))["opens"] == url


async def test_the_long_poll_wakes_when_the_bot_writes(outside: Outside) -> None:
    said = await outside.say(AMINA, {"text": "hi"})
    poll = asyncio.create_task(outside.shows(AMINA, f"?after={said['id']}&wait=20"))
    await outside.product.until(outside.product.said)
    assert not poll.done()
    sent = await outside.sent(text={"body": "Welcome"})
    heard = await asyncio.wait_for(poll, 5)
    assert [(m["id"], m["from"], m["text"]) for m in heard] == [(sent, "bot", "Welcome")]
    assert await outside.shows(AMINA, f"?after={heard[0]['seq']}&wait=0.05") == []
    assert (await outside.api("GET", f"/people/{AMINA}"))["unread"] == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"location": {"latitude": -1.28, "longitude": 36.82, "name": "Home"}}, "location"),
        ({"contacts": [{"name": "Joy", "phone": "+254700000001"}]}, "contacts"),
        ({"order": {"product_items": [{"product_retailer_id": "A", "quantity": 2}]}}, "order"),
        (
            {"cloud": {"type": "sticker", "sticker": {"id": "1", "mime_type": "image/webp"}}},
            "sticker",
        ),
        (
            {"cloud": {"type": "interactive", "interactive": {"type": "button_reply"}}},
            "interactive",
        ),
    ],
)
async def test_other_kinds_travel_whole(outside: Outside, body: dict[str, Any], kind: str) -> None:
    said = await outside.say(AMINA, body)
    message = (await outside.product.until(outside.product.said))[0]
    assert message["type"] == kind == said["type"]
    assert message[kind]


async def test_a_raw_message_said_twice_is_delivered_twice_and_shown_once(outside: Outside) -> None:
    raw = {"id": "wamid.same", "type": "text", "text": {"body": "again"}}
    await outside.say(AMINA, {"cloud": raw})
    await outside.say(AMINA, {"cloud": raw})
    await outside.product.until(lambda: len(outside.product.said()) == 2)
    assert len(await outside.shows(AMINA)) == 1


async def test_a_photo_can_be_fetched_by_the_product(outside: Outside) -> None:
    form = FormData()
    form.add_field("image", PIXEL, filename="a.png", content_type="image/png")
    form.add_field("caption", "Receipt")
    url = f"{outside.url}/simulator/api/people/{AMINA}/messages"
    async with outside.http.post(url, data=form) as response:
        assert response.status == 202
    image = (await outside.product.until(outside.product.said))[0]["image"]
    assert image["caption"] == "Receipt"
    status, found = await outside.graph(image["id"], method="GET")
    assert (status, found["mime_type"], found["file_size"]) == (200, "image/png", len(PIXEL))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with outside.http.get(found["url"], headers=headers) as response:
        assert await response.read() == PIXEL
    async with outside.http.get(found["url"]) as response:
        assert response.status == 401
    async with outside.http.get((await outside.shows(AMINA))[0]["media"]["url"]) as response:
        assert await response.read() == PIXEL


async def test_a_voice_note_as_data_url_is_audio_with_voice(outside: Outside) -> None:
    data = base64.b64encode(b"OggS....").decode()
    await outside.say(AMINA, {"voice": f"data:audio/ogg;base64,{data}"})
    message = (await outside.product.until(outside.product.said))[0]
    assert message["type"] == "audio"
    assert message["audio"]["voice"] is True


async def test_reactions_land_on_the_message(outside: Outside) -> None:
    await outside.say(AMINA, {"text": "hi"})
    sent = await outside.sent(text={"body": "Welcome"})
    await outside.say(AMINA, {"reaction": "👍"})
    await outside.product.until(lambda: len(outside.product.said()) == 2)
    assert outside.product.said()[1]["reaction"] == {"message_id": sent, "emoji": "👍"}
    assert next(m for m in await outside.shows(AMINA) if m["id"] == sent)["reaction"] == "👍"


async def test_words_can_be_mended_and_taken_back(outside: Outside) -> None:
    said = await outside.say(AMINA, {"text": "two bags of flour"})
    await outside.say(AMINA, {"edit": {"message": said["id"], "text": "three bags"}})
    await outside.say(AMINA, {"revoke": said["id"]})
    await outside.product.until(lambda: len(outside.product.said()) == 3)
    edited, revoked = outside.product.said()[1:]
    assert edited["edit"]["original_message_id"] == said["id"]
    assert edited["edit"]["message"]["text"] == {"body": "three bags"}
    assert revoked["revoke"] == {"original_message_id": said["id"]}
    first = (await outside.shows(AMINA))[0]
    assert (first["text"], first["revoked"], first["edited"]) == ("", True, True)
    await outside.say(AMINA, {"revoke": "wamid.none"}, 404)


async def test_its_end_waits_for_no_poll_and_no_stream(outside: Outside) -> None:
    poll = asyncio.create_task(outside.shows("Noor", "?wait=30"))
    async with outside.http.get(f"{outside.url}/simulator/api/stream") as stream:
        assert (await stream.content.readline()).startswith(b"retry:")
        await outside.say(AMINA, {"text": "hi"})
        assert await outside.product.until(outside.product.said)
        await asyncio.wait_for(outside.down(), 5)
        assert await asyncio.wait_for(poll, 5) == []


async def test_the_business_reads_and_the_ticks_follow(outside: Outside) -> None:
    said = await outside.say(AMINA, {"text": "hi"})
    await outside.product.until(outside.product.said)
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": said["id"]}
    typing = {"typing_indicator": {"type": "text"}}
    assert await outside.graph(f"{NUMBER_ID}/messages", read | typing) == (200, {"success": True})
    assert (await outside.shows(AMINA))[0]["status"] == "read"
    status, _ = await outside.graph(f"{NUMBER_ID}/messages", read | {"message_id": "wamid.no"})
    assert status == 400


async def test_a_batch_is_one_post(outside: Outside) -> None:
    messages = [{"person": f"120255501{n:02}", "text": str(n)} for n in range(40)]
    answer = await outside.api("POST", "/batches", {"messages": messages})
    assert len(outside.product.hooks) == 1
    assert [message["id"] for message in outside.product.said()] == answer["ids"]


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"location": {}}, {"order": {}}, {"image": "no"}]
)
async def test_nonsense_is_answered_with_a_sentence(outside: Outside, body: dict[str, Any]) -> None:
    assert (await outside.say(AMINA, body, 400))["error"]
