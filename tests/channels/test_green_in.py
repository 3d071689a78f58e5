"""Green API webhooks: taps under all their names, votes, and who wrote."""

import copy
from typing import Any

import pytest

from bot.channels.green_in import parse, read
from tests.channels.payloads import load


@pytest.mark.parametrize(
    ("kind", "key", "part"),
    [
        ("interactiveButtonsResponse", "interactiveButtonsResponse", "selectedId"),
        ("interactiveButtonsResponse", "interactiveButtonsResponse", "selectedButtonId"),
        ("interactiveButtonsReply", "interactiveButtonsReply", "selectedId"),
        ("buttonsResponseMessage", "buttonsResponseMessage", "selectedButtonId"),
        ("templateButtonsReplyMessage", "templateButtonReplyMessage", "selectedId"),
        ("templateButtonReplyMessage", "templateButtonsReplyMessage", "selectedId"),
        ("listResponseMessage", "listResponseMessage", "singleSelectReply"),
    ],
)
def test_a_tap_is_a_tap_under_every_name(kind: str, key: str, part: str) -> None:
    data = {"typeMessage": kind, key: {"stanzaId": "S1", part: "id7", "title": "Seven"}}
    said = read({"messageData": data})
    assert (said.kind, said.tapped) == ("list" if "list" in kind else "button", "id7")
    assert said.reply_to == "S1"


def test_a_row_may_come_inside_an_object() -> None:
    part = {"title": "Two", "singleSelectReply": {"selectedRowId": "row2"}}
    data = {"typeMessage": "listResponseMessage", "listResponseMessage": part}
    assert read({"messageData": data}).tapped == "row2"


def test_a_menu_somebody_sent_is_not_a_tap() -> None:
    menu = {"buttons": [{"buttonId": "1"}], "contentText": "Choose"}
    data = {"typeMessage": "interactiveButtonsReply", "interactiveButtonsReply": menu}
    assert read({"messageData": data}).kind == "unsupported"


def vote(voters: list[Any], timestamp: int = 1588091580) -> dict[str, Any]:
    event: dict[str, Any] = copy.deepcopy(load("greenapi", "incoming_poll_update"))
    event["timestamp"] = timestamp
    event["messageData"]["pollMessageData"]["votes"][1]["optionVoters"] = voters
    return event


@pytest.mark.parametrize("voter", ["79001234568@c.us", {"voter": "79001234568@c.us"}])
def test_a_vote_says_the_option(voter: Any) -> None:
    said = read(vote([voter]))
    assert (said.kind, said.text) == ("text", "Variant 2")  # as though it had been typed


def test_voting_unvoting_and_voting_again_are_three_events() -> None:
    events = [vote(["7@c.us"], 1588091580), vote([], 1588091581), vote(["7@c.us"], 1588091582)]
    updates = [parse(each).updates[0] for each in events]
    assert [each.kind for each in updates] == ["poll_vote", "poll_unvote", "poll_vote"]
    assert len({each.provider_id for each in updates}) == 3


@pytest.mark.parametrize(
    ("chat", "phone"),
    [
        ("12025550101@c.us", "+12025550101"),
        ("12025550101@lid", None),
        ("12025550101", None),
        ("12025550101-1587570015@c.us", None),
    ],
)
def test_only_a_chat_at_c_us_tells_a_phone(chat: str, phone: str | None) -> None:
    event = copy.deepcopy(load("greenapi", "incoming_text_lid"))
    event["senderData"]["chatId"] = chat
    who = parse(event).updates[0].who
    assert who is not None
    assert (who.chat_id, who.phone) == (chat, phone)


@pytest.mark.parametrize(
    ("chat", "why"),
    [
        ("120363043968066561@g.us", "group"),
        ("11001234567-1587570015@g.us", "group"),
        ("status@broadcast", "broadcast"),
        ("12036@newsletter", "broadcast"),
    ],
)
def test_what_is_not_one_person_is_kept_apart(chat: str, why: str) -> None:
    event = copy.deepcopy(load("greenapi", "incoming_text_lid"))
    event["senderData"]["chatId"] = chat
    (update,) = parse(event).updates
    assert (update.who, update.ignored) == (None, why)


def test_quota_has_neither_time_nor_id_and_is_kept() -> None:
    quota = {"method": "sendMessage", "used": 10, "total": 10}
    event = {"typeWebhook": "quotaExceeded", "instanceData": {"idInstance": 7}, "quotaData": quota}
    (update,) = parse(event).updates
    assert (update.kind, update.ignored, update.address) == ("quota", "quota", "7")
    assert update.provider_id


def test_an_edit_says_the_new_words_and_which_message() -> None:
    data = {
        "typeMessage": "editedMessage",
        "editedMessageData": {"stanzaId": "S1", "textMessage": "two"},
    }
    said = read({"messageData": data})
    assert (said.kind, said.text, said.reply_to) == ("edit", "two", "S1")


def test_a_reaction_names_its_message_and_an_empty_one_is_its_removal() -> None:
    data = {"typeMessage": "reactionMessage", "quotedMessage": {"stanzaId": "S1"}}
    given = read({"messageData": {**data, "extendedTextMessageData": {"text": "👍"}}})
    taken = read({"messageData": {**data, "extendedTextMessageData": {"text": ""}}})
    assert (given.kind, given.text, given.reply_to) == ("reaction", "👍", "S1")
    assert (taken.kind, taken.reply_to) == ("reaction_removed", "S1")


def test_a_card_s_phone_is_a_line_of_its_own_and_soon_found() -> None:
    card = "BEGIN:VCARD\nNOTE:no TEL: 1\nitem1.TEL;TYPE=CELL:+1 202 555 0103\nEND:VCARD"
    for vcard, said in ((card, "+1 202 555 0103"), ("TEL" * 300_000, "")):
        data = {"typeMessage": "contactMessage", "contactMessageData": {"vcard": vcard}}
        assert read({"messageData": data}).text == said


def test_several_options_of_a_poll_are_said_together() -> None:
    event = vote(["79001234568@c.us"])
    event["messageData"]["pollMessageData"]["votes"][0]["optionVoters"] = ["79001234568@c.us"]
    assert read(event).text == "Variant 1, Variant 2"
