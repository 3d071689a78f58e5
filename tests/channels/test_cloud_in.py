"""Cloud API webhooks: who wrote, what kind it is, and what is said."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.cloud_in import number_changed, parse, read, wants_marketing
from bot.channels.updates import NumberChanged, Update, Who
from bot.dialog.said import CartLine


def webhook(field: str = "messages", **value: Any) -> dict[str, Any]:
    change = {"field": field, "value": {"metadata": {"phone_number_id": "1065403"}, **value}}
    return {"entry": [{"id": "77", "changes": [change]}]}


def only(**value: Any) -> Update:
    (update,) = parse(webhook(**value)).updates
    return update


def text(**also: Any) -> dict[str, Any]:
    return {"id": "wamid.1", "type": "text", "text": {"body": "hello"}, **also}


def test_a_thousand_messages_of_two_numbers_are_all_taken_with_their_own_number() -> None:
    def change(number: str) -> dict[str, Any]:
        messages = [text(id=f"{number}.{n}", **{"from": f"1202555{n:04}"}) for n in range(500)]
        contacts = [{"wa_id": f"1202555{n:04}", "profile": {"name": f"P{n}"}} for n in range(500)]
        value = {
            "metadata": {"phone_number_id": number},
            "messages": messages,
            "contacts": contacts,
        }
        return {"field": "messages", "value": value}

    parsed = parse({"entry": [{"id": "7", "changes": [change("1")]}, {"changes": [change("2")]}]})
    assert len(parsed.updates) == 1000
    assert [each.address for each in parsed.updates] == ["1"] * 500 + ["2"] * 500
    assert parsed.updates[731].who == Who(phone="+12025550231", name="P231")


def test_a_person_with_a_username_only_is_known_by_the_business_scoped_id() -> None:
    contacts = [{"profile": {"name": "Ada", "username": "ada.l"}, "user_id": "US.1349"}]
    update = only(messages=[text(from_user_id="US.1349")], contacts=contacts)
    assert update.who == Who(bsuid="US.1349", name="Ada", username="ada.l")
    assert update.ignored is None


def test_ids_are_linked_only_when_one_contact_has_both() -> None:
    both = [{"wa_id": "12025550101", "user_id": "US.1349"}]
    linked = only(messages=[text(**{"from": "12025550101"})], contacts=both)
    assert linked.who == Who(phone="+12025550101", bsuid="US.1349")
    somebody_else = [{"user_id": "US.1349", "profile": {"name": "Eve"}}]
    apart = only(messages=[text(**{"from": "12025550101"})], contacts=somebody_else)
    assert apart.who == Who(phone="+12025550101")


def test_a_contact_that_contradicts_the_message_is_not_the_sender() -> None:
    contacts = [{"wa_id": "12025550199", "user_id": "US.1349", "profile": {"name": "Eve"}}]
    update = only(messages=[text(**{"from": "12025550101"})], contacts=contacts)
    assert update.who == Who(phone="+12025550101")


@pytest.mark.parametrize("strange", ["<PHONE>", "US1349", "12ab", "0", "1" * 20, "", None, 7])
def test_an_id_that_is_no_phone_is_not_squeezed_into_one(strange: Any) -> None:
    update = only(messages=[text(**{"from": strange})])
    assert (update.who, update.ignored) == (None, "sender")


def test_a_business_scoped_id_in_the_place_of_the_phone_is_taken_as_what_it_is() -> None:
    assert only(messages=[text(**{"from": "US.1349"})]).who == Who(bsuid="US.1349")


@pytest.mark.parametrize(
    "timestamp", ["1697043223", 1697043223, "1697043223123", 1697043223123, 1697043223.0]
)
def test_timestamps_come_in_seconds_or_milliseconds(timestamp: Any) -> None:
    update = only(messages=[text(timestamp=timestamp, **{"from": "12025550101"})])
    assert update.sent_at == datetime(2023, 10, 11, 16, 53, 43, tzinfo=UTC)


@pytest.mark.parametrize("timestamp", ["", "soon", None, -5, True, "²", 10**40, [], 1.5])
def test_a_time_that_is_none_is_left_out(timestamp: Any) -> None:
    assert only(messages=[text(timestamp=timestamp, **{"from": "12025550101"})]).sent_at is None


def test_group_messages_never_reach_a_conversation() -> None:
    update = only(messages=[text(group_id="Y2Fwa", **{"from": "12025550101"})])
    assert (update.who, update.ignored) == (None, "group")


def test_a_call_is_kept_without_its_session_description_and_apart_from_its_end() -> None:
    call = {"id": "wacid.1", "from": "12025550101", "direction": "USER_INITIATED"}
    calls = [
        {**call, "event": "connect", "session": {"sdp": "v=0"}},
        {**call, "event": "terminate"},
    ]
    begun, ended = parse(webhook("calls", calls=calls)).updates
    assert begun.kind == "call" and begun.who == Who(phone="+12025550101")
    assert "session" not in begun.payload
    assert ended.ignored == "call"
    assert begun.provider_id != ended.provider_id


@pytest.mark.parametrize(
    ("system", "old", "new"),
    [
        (
            {"type": "user_changed_number", "wa_id": "12025550102", "user_id": "US.22"},
            Who(phone="+12025550101", bsuid="US.11"),
            Who(phone="+12025550102", bsuid="US.22"),
        ),
        (
            {"type": "customer_changed_number", "new_wa_id": "12025550102"},
            Who(phone="+12025550101", bsuid="US.11"),
            Who(phone="+12025550102"),
        ),
        (
            {"type": "user_changed_user_id", "previous_user_id": "US.10", "user_id": "US.22"},
            Who(phone="+12025550101", bsuid="US.10"),
            Who(bsuid="US.22"),
        ),
        (
            {
                "type": "user_changed_user_id",
                "user_id": "US.22",
                "body": "User ada changed from US.10 to US.22",
            },
            Who(phone="+12025550101", bsuid="US.10"),
            Who(bsuid="US.22"),
        ),
    ],
)
def test_a_changed_number_names_the_old_and_the_new(
    system: dict[str, Any], old: Who, new: Who
) -> None:
    message = {"from": "12025550101", "from_user_id": "US.11", "id": "w", "type": "system"}
    update = only(messages=[{**message, "system": system}])
    assert update.kind == "number_changed"
    assert update.who == old
    assert number_changed(update.payload) == NumberChanged(old, new)


def test_a_changed_number_that_does_not_say_to_what_changes_nothing() -> None:
    system = {"type": "user_changed_number"}
    update = only(messages=[{"from": "12025550101", "type": "system", "system": system}])
    assert number_changed(update.payload) is None
    assert update.ignored == "sender"


@pytest.mark.parametrize(
    ("value", "wanted"), [("stop", False), ("resume", True), ("signup", True), ("?", None)]
)
def test_the_marketing_switch_of_whatsapp_is_read_in_both_shapes(
    value: str, wanted: bool | None
) -> None:
    preference = {"wa_id": "12025550101", "category": "marketing_messages", "value": value}
    system = {"type": "user_preference_changed", "marketing": value}
    message = {"from": "12025550101", "id": "w", "type": "system", "system": system}
    for update in (only(user_preferences=[preference]), only(messages=[message])):
        assert update.kind == "marketing_preference"
        assert update.who == Who(phone="+12025550101")
        assert wants_marketing(update.payload) is wanted


def test_an_edit_says_the_new_words_and_which_message() -> None:
    inner = {"type": "text", "text": {"body": "two, not three"}}
    edit = {"original_message_id": "wamid.0", "message": inner}
    said = read({"type": "edit", "edit": edit, "id": "wamid.1"})
    assert (said.kind, said.text, said.reply_to) == ("edit", "two, not three", "wamid.0")


def test_an_interactive_message_without_its_body_is_unsupported_not_lost() -> None:
    message = {"from": "12025550101", "id": "w", "type": "interactive"}
    update, errors = parse(webhook(messages=[message], errors=[{"code": 131000}])).updates
    assert (update.kind, update.ignored) == ("unsupported", None)
    assert errors.ignored == "errors"


def test_the_first_opening_of_a_chat_is_a_welcome() -> None:
    update = only(messages=[{"from": "12025550101", "id": "w", "type": "request_welcome"}])
    assert (update.kind, update.ignored) == ("welcome", None)


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [
        (19.99, "USD", 1999),
        ("19.99", "USD", 1999),
        (1.005, "USD", 101),
        (30, "KES", 3000),
        (1500, "JPY", 1500),
        ("1.234", "KWD", 1234),
        (None, "USD", 0),
        ("NaN", "USD", 0),
        ("1e999999", "USD", 0),
        (-1, "USD", 0),
        (True, "USD", 0),
    ],
)
def test_cart_prices_become_minor_units_without_a_float_between(
    price: Any, currency: str, minor: int
) -> None:
    item = {"product_retailer_id": "TEA", "quantity": "2", "item_price": price}
    order = {"product_items": [{**item, "currency": currency}, {"quantity": 1}, "?"]}
    assert read({"type": "order", "order": order}).cart == (CartLine("TEA", 2, minor, currency),)


@pytest.mark.parametrize("bad", [91, -91, float("inf"), float("nan"), "1", None, True])
def test_a_place_that_is_nowhere_is_no_place(bad: Any) -> None:
    location = {"latitude": bad, "longitude": 36.8}
    assert read({"type": "location", "location": location}).place is None


@pytest.mark.parametrize(
    ("opaque", "ours"),
    [("42", 42), ("some data", None), ("", None), (42, None), ("²", None), ("9" * 30, None)],
)
def test_a_status_brings_our_own_id_back(opaque: Any, ours: int | None) -> None:
    status = {"id": "wamid.1", "status": "sent", "timestamp": "1697043223"}
    parsed = parse(webhook(statuses=[{**status, "biz_opaque_callback_data": opaque}]))
    assert [each.ours for each in parsed.statuses] == [ours]


def test_a_status_of_an_unknown_name_is_kept_aside() -> None:
    parsed = parse(webhook(statuses=[{"id": "wamid.1", "status": "pondering"}]))
    assert parsed.statuses == []
    assert [each.ignored for each in parsed.updates] == ["status"]
