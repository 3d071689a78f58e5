"""Who is there: people of the demo, people met by and by, strangers, and what reaches a closed
window.
"""

from tests.simulator.product_side import AMINA, NUMBER_ID, WABA_ID, Outside


async def test_a_template_opens_a_closed_window_and_its_quick_reply_is_a_button(
    outside: Outside,
) -> None:
    await outside.api("POST", "/people", {"name": "Joy", "phone": "+12025550103"})
    await outside.api("POST", "/people", {"name": "Neema", "phone": "12025550103"})
    assert await outside.refused("12025550103", text={"body": "Are you there?"}) == 131047
    template = {
        "name": "order_news",
        "language": {"code": "en"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": x} for x in ("7", "on its way")],
            },
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "0",
                "parameters": [{"type": "payload", "payload": "track:7"}],
            },
        ],
    }
    await outside.sent("12025550103", template=template)
    shown = (await outside.shows("12025550103"))[0]
    assert shown["text"] == "Order 7 is on its way."
    await outside.say("12025550103", {"tap": "Track it"})
    tapped = (await outside.product.until(outside.product.said))[0]
    assert tapped["type"] == "button"
    assert tapped["button"] == {"payload": "track:7", "text": "Track it"}
    await outside.sent("12025550103", text={"body": "Now I may write"})


async def test_a_webhook_sent_by_hand_can_be_answered(outside: Outside) -> None:
    await outside.sent("254700000044", text={"body": "You wrote to us past the simulator"})
    body = {"messaging_product": "whatsapp", "recipient": "KE.77", "type": "text"}
    status, _ = await outside.graph(f"{NUMBER_ID}/messages", body | {"text": {"body": "You too"}})
    assert status == 200
    assert (await outside.shows("+254700000044"))[0]["text"].startswith("You wrote")
    assert (await outside.shows("KE.77"))[0]["text"] == "You too"


async def test_a_refused_send_brings_nobody_in(outside: Outside) -> None:
    before = await outside.api("GET", "/people")
    template = {"name": "none", "language": {"code": "en"}}
    assert await outside.refused("254700000044", template=template) == 132001
    assert await outside.api("GET", "/people") == before


async def test_a_link_button_of_a_template_is_filled_in(outside: Outside) -> None:
    stranger = "254700000044"
    buttons = [{"type": "URL", "text": "Track", "url": "https://shop.example/t/{{1}}"}]
    components = [{"type": "BODY", "text": "Sent"}, {"type": "BUTTONS", "buttons": buttons}]
    template = {"name": "sent", "language": "en", "category": "UTILITY", "components": components}
    await outside.graph(f"{WABA_ID}/message_templates", template)
    end = {"type": "button", "sub_type": "url", "index": "0"}
    parameters = [{"type": "text", "text": "1042"}]
    sent = {
        "name": "sent",
        "language": {"code": "en"},
        "components": [end | {"parameters": parameters}],
    }
    await outside.sent(stranger, template=sent)
    shown = (await outside.shows(stranger))[0]
    assert shown["link"] == {"label": "Track", "url": "https://shop.example/t/1042"}


async def test_the_index_tells_what_a_script_needs(outside: Outside) -> None:
    about = await outside.api("GET", "")
    assert about["phone_number_id"] == NUMBER_ID
    assert [person["name"] for person in about["people"]] == ["Amina", "Pearl Shop"]
    assert about["people"][1]["role"] == "business"
    assert about["addresses"]["graph"] == outside.url
    await outside.api("POST", "/people", {"name": "Joy", "phone": "+254700000001"}, 201)
    await outside.api("POST", "/people", {}, 400)
    assert (await outside.api("GET", "/people/254700000001"))["user_id"].startswith("KE.")


async def test_the_session_behind_a_phone_is_shown(outside: Outside) -> None:
    asked: list[str] = []

    async def look_inside(identity: str) -> dict[str, object] | None:
        asked.append(identity)
        return {"current_step": "shop.product"} if identity.startswith("US.") else None

    await outside.down()
    await outside.up(look_inside)
    person = await outside.api("GET", "/people/+12025550101")
    assert person["session"] == {"current_step": "shop.product"}
    assert asked == [AMINA, person["user_id"]]
