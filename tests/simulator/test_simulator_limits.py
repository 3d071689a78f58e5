"""The Cloud API refuses what Meta's refuses, with the same codes."""

import json
from io import BytesIO
from typing import Any

import pytest
from aiohttp import FormData

from tests.simulator.product_side import AMINA, NUMBER_ID, TOKEN, WABA_ID, Outside, buttons, menu

LINK = {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://shop.example"}}


@pytest.fixture
async def open_window(outside: Outside) -> Outside:
    await outside.say(AMINA, {"text": "hi"})
    return outside


@pytest.mark.parametrize(
    ("code", "content"),
    [
        (131008, {"text": {"body": " "}}),
        (100, {"text": {"body": "x" * 4097}}),
        (100, {"riddle": {"body": "x"}}),
        (131008, {"text": "words"}),
        (131009, {"interactive": buttons("1", "2", "3", "4")}),
        (131009, {"interactive": buttons()}),
        (131009, {"interactive": buttons("x" * 21)}),
        (131009, {"interactive": buttons("Same", "Same")}),
        (131008, {"interactive": buttons("Yes", words="")}),
        (131009, {"interactive": buttons("Yes", words="x" * 1025)}),
        (131009, {"interactive": menu(*map(str, range(11)))}),
        (131009, {"interactive": menu("x" * 25)}),
        (131009, {"interactive": menu("Bread", words="x" * 4097)}),
        (131009, {"interactive": menu("Bread") | {"header": {"type": "image"}}}),
        (131009, {"interactive": menu("Bread") | {"footer": {"text": "x" * 61}}}),
        (131009, {"interactive": {"type": "riddle", "body": {"text": "x"}}}),
        (131009, {"interactive": {"type": "cta_url", "body": {"text": "x"}, "action": {}}}),
        (131008, {"image": {}}),
        (100, {"image": {"id": "1", "link": "https://shop.example/a.jpg"}}),
        (100, {"image": {"link": "ftp://shop.example/a.jpg"}}),
        (100, {"image": {"link": "https://shop.example/a.jpg", "caption": "x" * 1025}}),
        (131009, {"audio": {"link": "https://shop.example/a.mp3", "caption": "x"}}),
        (131009, {"image": {"id": "404"}}),
        (131009, {"location": {"latitude": 91, "longitude": 0}}),
        (131009, {"contacts": []}),
        (132001, {"template": {"name": "none", "language": {"code": "en"}}}),
        (132001, {"template": {"name": "order_news", "language": {"code": "fr"}}}),
        (132000, {"template": {"name": "order_news", "language": {"code": "en"}}}),
        (131008, {"template": {"name": "order_news"}}),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else None,
)
async def test_refused(open_window: Outside, code: int, content: dict[str, Any]) -> None:
    assert await open_window.refused(**content) == code


@pytest.mark.parametrize(
    "content",
    [
        {"text": {"body": "x" * 4096, "preview_url": True}},
        {"interactive": buttons("x" * 20, "y", "z")},
        {"interactive": menu(*(f"{n:024}" for n in range(10)))},
        {"interactive": {"type": "cta_url", "body": {"text": "Go"}, "action": LINK}},
        {
            "interactive": {
                "type": "location_request_message",
                "body": {"text": "Where?"},
                "action": {"name": "send_location"},
            }
        },
        {"image": {"link": "https://shop.example/a.jpg", "caption": "Bread"}},
        {"document": {"link": "https://shop.example/a.pdf", "filename": "a.pdf"}},
        {"sticker": {"link": "https://shop.example/a.webp"}},
        {"location": {"latitude": "-1.2", "longitude": 36.8}},
        {"contacts": [{"name": {"formatted_name": "Joy"}}]},
        {"reaction": {"message_id": "wamid.any", "emoji": "👍"}},
    ],
    ids=lambda value: json.dumps(value)[:40],
)
async def test_taken_and_shown(open_window: Outside, content: dict[str, Any]) -> None:
    sent = await open_window.sent(**content)
    assert sent.startswith("wamid.HBg")
    shown = (await open_window.shows(AMINA))[-1]
    assert (shown["id"], shown["type"]) == (sent, next(iter(content)))


async def test_a_wrong_token_number_or_body_is_refused_as_meta_does(open_window: Outside) -> None:
    path = f"{NUMBER_ID}/messages"
    status, answer = await open_window.graph(path, {}, token="other")
    assert (status, answer["error"]["code"], answer["error"]["type"]) == (
        401,
        190,
        "OAuthException",
    )
    status, answer = await open_window.graph("1/messages", {})
    assert (status, answer["error"]["code"], answer["error"]["error_subcode"]) == (400, 100, 33)
    status, answer = await open_window.graph(path, {"to": AMINA, "text": {"body": "x"}})
    assert answer["error"]["message"] == "(#100) Invalid parameter"
    assert "messaging_product" in answer["error"]["error_data"]["details"]
    status, answer = await open_window.graph(path, ["no", "object"])
    assert (status, answer["error"]["code"]) == (400, 100)
    body = {"messaging_product": "whatsapp", "type": "text", "text": {"body": "x"}}
    status, answer = await open_window.graph(path, body)
    assert (status, answer["error"]["code"]) == (400, 131008)
    status, answer = await open_window.graph(path, body | {"recipient": "nobody"})
    assert (status, answer["error"]["code"]) == (400, 131026)
    status, answer = await open_window.graph(path, body | {"to": "amina"})
    assert (status, answer["error"]["code"]) == (400, 131009)


async def test_media_is_checked_lent_and_deleted(open_window: Outside) -> None:
    async def upload(mime_type: str, content: bytes) -> tuple[int, Any]:
        form = FormData({"messaging_product": "whatsapp", "type": mime_type})
        form.add_field("file", BytesIO(content), filename="file", content_type=mime_type)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{open_window.url}/v26.0/{NUMBER_ID}/media"
        async with open_window.http.post(url, data=form, headers=headers) as response:
            return response.status, await response.json()

    assert (await upload("text/html", b"<p>"))[1]["error"]["code"] == 100
    assert (await upload("image/png", b"x" * (5 * 1024 * 1024 + 1)))[1]["error"]["code"] == 131053
    assert (await upload("image/png", b""))[1]["error"]["code"] == 100
    status, answer = await upload("application/pdf", b"%PDF-")
    assert status == 200
    await open_window.sent(document={"id": answer["id"], "filename": "a.pdf"})
    shown = (await open_window.shows(AMINA))[-1]["media"]
    assert shown["filename"] == "a.pdf"
    async with open_window.http.get(shown["url"]) as response:
        assert await response.read() == b"%PDF-"
    assert (await open_window.graph(answer["id"], method="DELETE"))[1] == {"success": True}
    assert (await open_window.graph(answer["id"], method="GET"))[0] == 400


async def test_the_number_and_the_templates_can_be_asked_about(outside: Outside) -> None:
    _, number = await outside.graph(NUMBER_ID, method="GET")
    assert number["display_phone_number"] == "+1 202-555-0199"
    assert number["verified_name"] == "Chatterbay"
    body = {"type": "BODY", "text": "Hello {{name}}"}
    template = {"name": "hello", "language": "en_US", "category": "MARKETING", "components": [body]}
    status, created = await outside.graph(f"{WABA_ID}/message_templates", template)
    assert (status, created["status"]) == (200, "APPROVED")
    _, listed = await outside.graph(f"{WABA_ID}/message_templates", method="GET")
    assert [each["name"] for each in listed["data"]] == ["order_news", "hello"]
    parameter = {"type": "text", "parameter_name": "name", "text": "Amina"}
    components = [{"type": "body", "parameters": [parameter]}]
    await outside.sent(
        template={"name": "hello", "language": {"code": "en_US"}, "components": components}
    )
    assert (await outside.shows(AMINA))[-1]["text"] == "Hello Amina"
    _, gone = await outside.graph(f"{WABA_ID}/message_templates?name=hello", method="DELETE")
    assert gone == {"success": True}
    status, _ = await outside.graph(f"{WABA_ID}/message_templates", {"name": "Not Good"})
    assert status == 400
