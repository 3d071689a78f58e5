"""Bubbles become Green API calls: numbered text, files by address."""

import pytest
from hypothesis import given, settings

from bot.channels.address import Address, NoAddress
from bot.channels.green_out import GreenCall, parts, render
from bot.channels.lengths import width
from bot.channels.media import UPLOADED
from bot.dialog.reply import Choice, Link, Media, Reply
from tests.channels.test_cloud_out import BILL, LONG, PICTURE, choices, some_reply

CHAT = Address(phone="+12025550101", chat_id="120650379300963@lid")


def call(reply: Reply, *, buttons: bool = False) -> GreenCall:
    (part,) = parts(reply)
    return render(part, to=CHAT, buttons=buttons)


def test_choices_are_numbered_lines_with_what_to_answer() -> None:
    two = (Choice("a", "Black tea", "KES 300"), Choice("b", "Green tea"))
    sent = call(Reply("Which tea?", two, "Teas", footer="Fresh today"))
    assert sent.method == "sendMessage"
    assert sent.body["message"] == (
        "Which tea?\n\n_Fresh today_\n\n*Teas*\n1. Black tea — KES 300\n2. Green tea\n\n↩ 1–2"
    )


def test_buttons_where_they_work_have_our_ids() -> None:
    sent = call(Reply("Sure?", choices(2)), buttons=True)
    assert sent.method == "sendInteractiveButtonsReply"
    assert sent.body["buttons"][1] == {"buttonId": "id1", "buttonText": "Choice 1"}
    assert call(Reply("Which?", choices(4)), buttons=True).method == "sendMessage"


def test_a_group_gets_no_buttons() -> None:
    group = Address(chat_id="120363043968066561@g.us")
    assert render(Reply("Sure?", choices(2)), to=group, buttons=True).method == "sendMessage"


def test_a_picture_goes_by_address_with_a_name_that_tells_its_type() -> None:
    sent = call(Reply("Tea", image=PICTURE))
    assert sent == GreenCall(
        "sendFileByUrl",
        {
            "chatId": CHAT.chat_id,
            "urlFile": PICTURE.url,
            "fileName": "tea.jpg",
            "caption": "Tea",
        },
    )
    assert call(Reply("", document=BILL)).body["fileName"] == "Bill 1042.pdf"
    assert call(Reply("", image=Media("https://shop.example/p/7?w=9"))).body["fileName"] == "7.jpg"


def test_a_file_that_green_api_has_already_goes_by_the_address_it_gave() -> None:
    kept = Media(UPLOADED + "https://shelf.example/7a.jpg")
    sent = call(Reply("", image=kept))
    assert sent.body["urlFile"] == "https://shelf.example/7a.jpg"
    assert sent.body["fileName"] == "7a.jpg"


def test_a_link_is_said_in_the_text() -> None:
    sent = call(Reply("KES 500", link=Link("Pay now", "https://pay.example/1")))
    assert sent.body["message"] == "KES 500\n\nPay now: https://pay.example/1"


def test_the_chat_id_is_used_as_it_came_and_a_phone_only_without_one() -> None:
    assert render(Reply("Hi"), to=CHAT).body["chatId"] == "120650379300963@lid"
    phone = Address(phone="+12025550101")
    assert render(Reply("Hi"), to=phone, reply_to="S1").body == {
        "chatId": "12025550101@c.us",
        "message": "Hi",
        "quotedMessageId": "S1",
    }
    with pytest.raises(NoAddress):
        render(Reply("Hi"), to=Address(bsuid="US.1349"))


def test_long_text_puts_the_file_first_and_the_choices_last() -> None:
    first, *_, last = parts(Reply(LONG, choices(2), image=PICTURE))
    assert first.image == PICTURE and not first.choices
    assert last.choices == choices(2) and last.image is None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(some_reply)
def test_no_limit_is_ever_passed(reply: Reply) -> None:
    bubbles = parts(reply)
    for bubble in bubbles:
        sent = render(bubble, to=CHAT).body
        assert width(sent.get("message", "")) <= 20_000
        assert width(sent.get("caption", "")) <= 1024
        assert "urlFile" in sent or sent["message"].strip()
    assert tuple(one for each in bubbles for one in each.choices) == reply.choices
    assert sum(each.image is not None for each in bubbles) == (reply.image is not None)
    assert sum(each.document is not None for each in bubbles) == (reply.document is not None)
