"""Whatever a stranger puts anywhere in a webhook: nothing raises, and no neighbour is lost."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels import cloud_in, green_in
from bot.channels.cloud_people import number_changed
from bot.channels.updates import Parsed
from tests.channels.payloads import load, webhooks

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
    | st.sampled_from(["", "0", "-1", "99999999999999999999", "²", "@c.us", "US.x", "\x00"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["id", "type", "from"]), inner)
    ),
    max_leaves=12,
)
CLOUD = {name: load("cloud", name) for name in webhooks("cloud")}
GREEN = {name: load("greenapi", name) for name in webhooks("greenapi")}
MESSAGES = {
    name: body["entry"][0]["changes"][0]["value"]["messages"][0]
    for name, body in CLOUD.items()
    if "messages" in body["entry"][0]["changes"][0]["value"]
}
examples = settings(max_examples=250, deadline=None, derandomize=True)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, by the keys that lead there."""
    if path:
        yield path
    if isinstance(node, dict):
        for key, value in node.items():
            yield from places(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from places(value, (*path, index))


def spoil(data: st.DataObject, body: Any, times: int = 2) -> Any:
    """`body` with some of its nodes taken out or replaced by anything."""
    body = copy.deepcopy(body)
    for _ in range(times):
        where = list(places(body))
        if not where:
            return body
        *way, last = data.draw(st.sampled_from(where))
        holder = body
        for key in way:
            holder = holder[key]
        if data.draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = data.draw(anything)
    return body


def check(parsed: Parsed, read: Any) -> None:
    """What the tables that keep updates rely on."""
    for update in parsed.updates:
        assert 0 < len(update.kind) <= 32
        assert 0 < len(update.provider_id) <= 512
        assert len(update.address) <= 64
        assert isinstance(update.payload, dict)
        assert update.who is None or update.who.phone or update.who.bsuid or update.who.chat_id
        assert update.who or update.ignored
        said = read(update.payload)
        assert isinstance(said.text, str)
        assert said.tapped is None or isinstance(said.tapped, str)
    for status in parsed.statuses:
        assert status.provider_id and status.at.tzinfo is not None
        assert status.ours is None or 0 < status.ours < 2**63


@examples
@given(st.data())
def test_a_spoilt_cloud_webhook_is_taken(data: st.DataObject) -> None:
    body = spoil(data, CLOUD[data.draw(st.sampled_from(sorted(CLOUD)))])
    parsed = cloud_in.parse(body)
    check(parsed, cloud_in.read)
    for update in parsed.updates:
        number_changed(update.payload)
        cloud_in.wants_marketing(update.payload)


@examples
@given(st.data())
def test_a_spoilt_green_webhook_is_taken_and_kept(data: st.DataObject) -> None:
    parsed = green_in.parse(spoil(data, GREEN[data.draw(st.sampled_from(sorted(GREEN)))]))
    assert len(parsed.updates) + len(parsed.statuses) == 1
    check(parsed, green_in.read)


@examples
@given(anything)
def test_any_json_is_taken(body: Any) -> None:
    check(cloud_in.parse(body), cloud_in.read)
    check(green_in.parse(body), green_in.read)


@examples
@given(st.data())
def test_a_spoilt_message_costs_its_neighbours_nothing(data: st.DataObject) -> None:
    spoilt = spoil(data, MESSAGES[data.draw(st.sampled_from(sorted(MESSAGES)))], times=3)
    messages = [_text("wamid.before"), spoilt, _text("wamid.after")]
    first, second, third = cloud_in.parse(_webhook(messages)).updates
    for whole, id in ((first, "wamid.before"), (third, "wamid.after")):
        assert (whole.provider_id, whole.kind, whole.ignored) == (id, "text", None)
        assert whole.who is not None and whole.who.phone == "+12025550101"
    check(Parsed([second]), cloud_in.read)


@examples
@given(st.data())
def test_a_spoilt_entry_costs_its_neighbours_nothing(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(CLOUD)))
    body = _webhook([_text("wamid.whole")])
    spoilt = spoil(data, CLOUD[name]["entry"][0], times=3)
    changes = [spoil(data, each) for each in CLOUD[name]["entry"][0]["changes"]]
    body["entry"][0]["changes"] = [*changes, *body["entry"][0]["changes"]]
    body["entry"].insert(0, spoilt)
    last = cloud_in.parse(body).updates[-1]
    assert (last.provider_id, last.address, last.ignored) == ("wamid.whole", "1065403", None)


@pytest.mark.parametrize("bad", [None, 7, "x", [], {}, {"type": []}, {"id": {}, "from": []}])
@pytest.mark.parametrize("key", ["messages", "statuses", "calls", "user_preferences", "groups"])
def test_one_bad_item_is_kept_and_has_a_reason(key: str, bad: Any) -> None:
    body = _webhook([])
    body["entry"][0]["changes"][0]["value"] = {key: [bad]}
    (kept,) = cloud_in.parse(body).updates
    assert kept.ignored
    assert bad in (kept.payload, kept.payload.get("value"))


def _text(id: str) -> dict[str, Any]:
    return {"from": "12025550101", "id": id, "type": "text", "text": {"body": "hello"}}


def _webhook(messages: list[Any]) -> dict[str, Any]:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": "1065403"},
        "contacts": [{"wa_id": "12025550101", "profile": {"name": "Ada"}}],
        "messages": messages,
    }
    return {"entry": [{"id": "77", "changes": [{"field": "messages", "value": value}]}]}
