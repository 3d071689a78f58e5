"""Bubbles become Cloud API messages that Meta takes: its limits are never passed."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.address import Address, NoAddress
from bot.channels.cloud_out import parts, render
from bot.channels.cloud_template import TemplateButton, render_template
from bot.channels.lengths import width
from bot.channels.media import UPLOADED
from bot.dialog.reply import Choice, Link, Media, Reply, Template

PHONE = Address(phone="+12025550101", bsuid="US.1349")
PICTURE = Media("https://shop.example/tea.jpg")
BILL = Media("https://shop.example/bill.pdf", "Bill 1042.pdf")
LONG = "A sentence of thirty-two letters. " * 200


def choices(count: int, label: str = "Choice", description: str = "") -> tuple[Choice, ...]:
    return tuple(Choice(f"id{n}", f"{label} {n}", description) for n in range(count))


def message(reply: Reply, **also: Any) -> dict[str, Any]:
    (part,) = parts(reply)
    return render(part, to=PHONE, ours=42, **also)


def test_a_text_carries_our_id_and_what_it_answers() -> None:
    assert message(Reply("Hello"), reply_to="wamid.1") == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "12025550101",
        "type": "text",
        "text": {"body": "Hello", "preview_url": False},
        "context": {"message_id": "wamid.1"},
        "biz_opaque_callback_data": "42",
    }


def test_somebody_without_a_phone_is_a_recipient_not_a_to() -> None:
    body = render(Reply("Hello"), to=Address(bsuid="US.1349"), ours=1)
    assert body["recipient"] == "US.1349"
    assert "to" not in body


def test_somebody_without_either_cannot_be_written_to() -> None:
    with pytest.raises(NoAddress):
        render(Reply("Hello"), to=Address(chat_id="1@lid"), ours=1)


def test_up_to_three_choices_are_buttons_under_their_picture() -> None:
    interactive = message(Reply("Tea, 250 g", choices(3), image=PICTURE))["interactive"]
    assert interactive["type"] == "button"
    assert interactive["header"] == {"type": "image", "image": {"link": PICTURE.url}}
    assert interactive["action"]["buttons"][2] == {
        "type": "reply",
        "reply": {"id": "id2", "title": "Choice 2"},
    }


def test_more_are_a_list_and_its_picture_comes_first() -> None:
    picture, listed = parts(Reply("Teas", choices(10, description="d"), "See", image=PICTURE))
    assert picture == Reply("", image=PICTURE)
    action = render(listed, to=PHONE, ours=1)["interactive"]["action"]
    assert action["button"] == "See"
    assert action["sections"][0]["rows"][9] == {
        "id": "id9",
        "title": "Choice 9",
        "description": "d",
    }


def test_more_than_ten_choices_take_another_list_and_none_is_lost() -> None:
    bubbles = parts(Reply("Teas", choices(24)))
    assert [len(each.choices) for each in bubbles] == [10, 10, 4]
    assert tuple(one for each in bubbles for one in each.choices) == choices(24)


def test_labels_that_would_be_equal_when_clipped_are_told_apart() -> None:
    same = tuple(Choice(str(n), "Green tea from the hills, box") for n in range(3))
    buttons = message(Reply("Which?", same))["interactive"]["action"]["buttons"]
    assert [each["reply"]["title"] for each in buttons] == [
        "Green tea from the…",
        "Green tea from th… 2",
        "Green tea from th… 3",
    ]


def test_a_label_a_row_has_no_room_for_is_said_whole_below_it() -> None:
    label = "Saturday morning, with the guide"
    rows = (Choice("sat", label), *choices(3))
    section = message(Reply("When?", rows))["interactive"]["action"]["sections"][0]
    assert section["rows"][0]["description"] == label


def test_the_same_choice_twice_is_offered_once() -> None:
    twice = (Choice("a", "Yes"), Choice("a", "Yes"))
    buttons = message(Reply("Well?", twice))["interactive"]["action"]["buttons"]
    assert len(buttons) == 1


def test_a_link_is_a_button_and_beside_choices_it_is_text() -> None:
    link = Link("Pay now", "https://pay.example/1")
    alone = message(Reply("KES 500", link=link, footer="Safe and quick"))["interactive"]
    assert alone["type"] == "cta_url"
    assert alone["action"]["parameters"] == {"display_text": "Pay now", "url": link.url}
    assert alone["footer"] == {"text": "Safe and quick"}
    beside = message(Reply("KES 500", choices(1), link=link))["interactive"]
    assert beside["type"] == "button"
    assert beside["body"]["text"] == "KES 500\n\nPay now: https://pay.example/1"


def test_a_place_is_asked_for_with_its_own_button() -> None:
    interactive = message(Reply("Where to?", asks_place=True))["interactive"]
    assert interactive["type"] == "location_request_message"
    assert interactive["action"] == {"name": "send_location"}


def test_files_go_by_address_or_by_metas_id() -> None:
    bill = message(Reply("Thank you", document=BILL))
    assert bill["document"] == {
        "link": BILL.url,
        "filename": "Bill 1042.pdf",
        "caption": "Thank you",
    }
    assert message(Reply("", image=Media(f"{UPLOADED}987")))["image"] == {"id": "987"}


def test_a_footer_that_has_no_place_is_said_in_the_text() -> None:
    assert message(Reply("Done", footer="Reply STOP to end"))["text"]["body"] == (
        "Done\n\n_Reply STOP to end_"
    )


def test_nothing_to_say_is_nothing_to_send() -> None:
    assert parts(Reply("  \n")) == []


def test_long_text_puts_the_picture_first_and_the_choices_last() -> None:
    first, *between, last = parts(Reply(LONG, choices(2), image=PICTURE))
    assert first.image == PICTURE and not first.choices
    assert not any(each.image or each.choices for each in between)
    assert last.choices and last.image is None


def test_the_template_for_a_closed_window_stays_on_one_part_only() -> None:
    bubbles = parts(Reply(LONG, image=PICTURE, template=Template("order_shipped")))
    assert [each.template is not None for each in bubbles].count(True) == 1


def test_a_template_has_its_parameters_on_one_line_each() -> None:
    body = render_template(
        "order_shipped",
        "sw",
        ("Ada\n\tLovelace", "", "x" * 2000),
        to=PHONE,
        ours=42,
        header=PICTURE,
        buttons=(TemplateButton(0, "quick_reply", "!track:1042"), TemplateButton(1, "url", "1042")),
    )
    assert body["template"]["name"] == "order_shipped"
    assert body["template"]["language"] == {"code": "sw"}
    header, words, reply, url = body["template"]["components"]
    assert header["parameters"] == [{"type": "image", "image": {"link": PICTURE.url}}]
    texts = [each["text"] for each in words["parameters"]]
    assert texts[:2] == ["Ada Lovelace", "-"]
    assert width(texts[2]) == 1024
    assert reply["parameters"] == [{"type": "payload", "payload": "!track:1042"}]
    assert (url["index"], url["parameters"]) == ("1", [{"type": "text", "text": "1042"}])
    assert body["biz_opaque_callback_data"] == "42"


# -- the law: whatever is said, Meta would take it ----------------------------------------

some_words = st.text(st.sampled_from("ab .\n👍🏽किé"), max_size=200)
some_choices = st.lists(
    st.builds(Choice, st.integers(0, 15).map(str), some_words, some_words), max_size=25
).map(tuple)
some_reply = st.builds(
    Reply,
    some_words | st.just(LONG),
    some_choices,
    list_label=some_words,
    image=st.none() | st.just(PICTURE),
    document=st.none() | st.just(BILL),
    link=st.none() | st.builds(Link, some_words, st.just("https://pay.example/1")),
    footer=st.text("ab ", max_size=80),
    asks_place=st.booleans(),
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(some_reply)
def test_no_limit_is_ever_passed(reply: Reply) -> None:
    bubbles = parts(reply)
    for bubble in bubbles:
        _within_limits(render(bubble, to=PHONE, ours=1))
    assert tuple(one for each in bubbles for one in each.choices) == reply.choices
    assert [each.image for each in bubbles if each.image] == ([reply.image] if reply.image else [])
    assert sum(each.document is not None for each in bubbles) == (reply.document is not None)


def _within_limits(body: dict[str, Any]) -> None:
    match body["type"]:
        case "text":
            assert 0 < width(body["text"]["body"].strip()) <= 4096
        case "interactive":
            _interactive_within_limits(body["interactive"])
        case kind:
            assert width(body[kind].get("caption", "")) <= 1024


def _interactive_within_limits(interactive: dict[str, Any]) -> None:
    most = 4096 if interactive["type"] == "list" else 1024
    assert 0 < width(interactive["body"]["text"].strip()) <= most
    assert width(interactive.get("footer", {}).get("text", "")) <= 60
    action = interactive["action"]
    if interactive["type"] == "button":
        titles = [each["reply"]["title"] for each in action["buttons"]]
        assert 0 < len(titles) <= 3
        assert all(0 < width(title) <= 20 for title in titles)
    elif interactive["type"] == "list":
        rows = action["sections"][0]["rows"]
        titles = [each["title"] for each in rows]
        assert 0 < len(rows) <= 10
        assert 0 < width(action["button"]) <= 20
        assert all(0 < width(title) <= 24 for title in titles)
        assert all(width(each.get("description", "")) <= 72 for each in rows)
        assert "header" not in interactive
    elif interactive["type"] == "cta_url":
        titles = [action["parameters"]["display_text"]]
        assert 0 < width(titles[0]) <= 20
    else:
        titles = []
        assert "header" not in interactive
    assert len(titles) == len(set(titles))
