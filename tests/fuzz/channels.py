"""Readers of what messaging providers send: webhooks, stored updates, headers."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import orjson

from bot.channels import cloud_in, green_in
from bot.channels.cloud_people import number_changed
from bot.channels.errors import classify, classify_green
from bot.channels.reading import READINGS
from bot.channels.signature import cloud_signature_ok, green_authorization_ok
from bot.channels.updates import Parsed
from services.ground.wire import Unreadable, read_json
from tests.fuzz.laws import check_parsed, check_said, storable
from tests.fuzz.seeds import cloud_values, dumped, payloads
from tests.fuzz.target import Target

CLOUD, GREEN = payloads("cloud"), payloads("greenapi")
MESSAGES = cloud_values("messages")
PARSES: dict[str, Callable[[object], Parsed]] = {
    "cloud": cloud_in.parse,
    "greenapi": green_in.parse,
}


def wire(raw: bytes) -> None:
    """What is read can be written again, comes back the same, and has nothing jsonb has no
    room for, also one level further in, as it is kept when it is no object."""
    value = read_json(raw)
    storable({"value": value})
    assert read_json(orjson.dumps(value)) == value


def _webhook(source: str) -> Callable[[bytes], None]:
    parse, read = PARSES[source], READINGS[source].read

    def run(raw: bytes) -> None:
        parsed = parse(read_json(raw))
        check_parsed(parsed, read)
        again = parse(read_json(raw))
        assert again.updates == parsed.updates
        assert [_timeless(one) for one in again.statuses] == [_timeless(o) for o in parsed.statuses]

    return run


def _timeless(status: Any) -> Any:
    return status._replace(at=None)  # without a time of its own it is now


def green_is_one(raw: bytes) -> None:
    parsed = green_in.parse(read_json(raw))
    assert len(parsed.updates) + len(parsed.statuses) == 1


def stored_update(raw: bytes) -> None:
    """A row of the inbox, whatever an earlier release wrote there, is read by every channel."""
    payload = read_json(raw)
    if not isinstance(payload, dict):
        payload = {"value": payload}
    for reading in READINGS.values():
        check_said(reading.read(payload))
    number_changed(payload)
    cloud_in.wants_marketing(payload)


def neighbours(raw: bytes) -> None:
    """A hostile item among good ones: the good ones come out, wherever the bad one stands."""
    bad = read_json(raw)
    for where in ("messages", "changes", "entry", "contacts", "statuses"):
        body = _with_a_bad(where, bad)
        parsed = cloud_in.parse(read_json(orjson.dumps(body)))
        ids = {update.provider_id: update for update in parsed.updates}
        for name in ("wamid.before", "wamid.after"):
            assert ids[name].ignored is None and ids[name].kind == "text", where
            who = ids[name].who
            assert who is not None and who.phone == "+12025550101", where
        assert "wamid.status" in {status.provider_id for status in parsed.statuses}, where


def _with_a_bad(where: str, bad: Any) -> dict[str, Any]:
    lists: dict[str, list[Any]] = {
        "messages": [_text("wamid.before"), _text("wamid.after")],
        "statuses": [{"id": "wamid.status", "status": "read", "timestamp": "1795510800"}],
        "contacts": [{"wa_id": "12025550101", "profile": {"name": "Ada"}}],
    }
    metadata = {"phone_number_id": "1065403"}
    lists["changes"] = [{"field": "messages", "value": {"metadata": metadata} | lists}]
    lists["entry"] = [{"id": "77", "changes": lists["changes"]}]
    if where in ("messages", "statuses", "contacts"):
        lists["changes"][0]["value"][where] = lists[where]
    lists[where].insert(1 if where == "messages" else 0, bad)
    return {"entry": lists["entry"]}


def _text(id_: str) -> dict[str, Any]:
    return {"from": "12025550101", "id": id_, "type": "text", "text": {"body": "hello"}}


def refusal(raw: bytes) -> None:
    """What a provider's error means can be kept beside the message it is about."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = None
    said = body if body is not None else raw.decode("utf-8", "replace")
    for status in (200, 400, 401, 429, 466, 500, 599):
        for failure in (classify(status, body), classify_green(status, said)):
            assert -(2**31) <= failure.code < 2**31
            assert len(failure.text) <= 1000
            failure.text.encode("utf-8", "replace")


def headers(raw: bytes) -> None:
    """Only what the secret made is believed, and no header is too strange to be refused."""
    header = raw.decode("utf-8", "surrogateescape")
    digest = hmac.new(b"secret", b"body", hashlib.sha256).hexdigest()
    assert cloud_signature_ok("secret", b"body", f"sha256={digest}")
    believed = cloud_signature_ok("secret", b"body", header)
    assert not believed or header.lower() == f"sha256={digest}"
    assert not cloud_signature_ok("", b"body", header)
    if green_authorization_ok("token", header):
        assert header.rstrip().endswith("token")
    assert not green_authorization_ok("", header)


_DIGEST = hmac.new(b"secret", b"body", hashlib.sha256).hexdigest().encode()
_HEADERS = (b"sha256=" + _DIGEST, b"Bearer token", b"token", b"Basic dG9rZW4=", b"sha1=ab", b"")
_ITEMS = dumped(*MESSAGES, *cloud_values("statuses"))
_READABLE = (*_ITEMS, *GREEN)
_ANSWERS = (*payloads("cloud", answers=True), *payloads("greenapi", answers=True))

TARGETS = (
    Target("wire json", (*CLOUD, *GREEN), wire, (Unreadable,)),
    Target("cloud webhook", CLOUD, _webhook("cloud"), (Unreadable,), 3),
    Target("green webhook", GREEN, _webhook("greenapi"), (Unreadable,), 3),
    Target("green webhook is one event", GREEN, green_is_one, (Unreadable,)),
    Target("cloud neighbours", (*_ITEMS, *CLOUD), neighbours, (Unreadable,)),
    Target("stored update", _READABLE, stored_update, (Unreadable,)),
    Target("provider's refusal", _ANSWERS, refusal),
    Target("signature headers", _HEADERS, headers),
)
