"""Readers of what the payment provider sends."""

import hashlib
import hmac
import time
from base64 import b64encode
from typing import Any

import orjson

from services.payments import mpesa, phonepe
from services.payments.mpesa import MPesa
from services.payments.phonepe import PhonePe
from services.payments.phonepe_words import order_word
from services.payments.provider import (
    BadBody,
    BadSignature,
    Hint,
    Mark,
    Nothing,
    RefundHint,
    RefundSaid,
)
from services.payments.stripe import Stripe
from services.payments.stripe_words import event_word
from tests.fuzz.laws import storable
from tests.fuzz.seeds import payloads
from tests.fuzz.target import Target

SECRET = "whsec_of_the_fuzz"
EVENTS = payloads("stripe")
STRIPE = Stripe(key="sk_test_x", secrets=(SECRET,), success_url="x", cancel_url="x")
NOBODY: Any = None  # answers over HTTP: only what comes in is read here
KEY = "5334a727-5caa-4c18-ab8a-6215c5bb2b05-1"
PROOF = hmac.new(b"secret", KEY.encode(), hashlib.sha256).hexdigest()
PASSWORD = hashlib.sha256(b"name:password1").hexdigest()
PHONEPE_FILES = payloads("phonepe")
PHONEPE = PhonePe(
    NOBODY, phonepe.Keys("x", "x", "1", ("name:password1",), ("salt", "1")), return_url="x"
)
MPESA = MPesa(NOBODY, mpesa.Keys("x", "x", "1", "x", "", ("secret",)), callbacks="x")


def signed(raw: bytes, at: int | None = None) -> str:
    at = at or int(time.time())
    digest = hmac.new(SECRET.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def webhook(raw: bytes) -> None:
    """A signed event, of whatever shape, is kept or refused, and says something."""
    told = STRIPE.verify(raw, {"Stripe-Signature": signed(raw)})
    storable(told.raw)
    assert told.event_id and len(told.event_id) <= 255 and len(told.type) <= 100
    for name in (told.event_id, told.type):
        assert "\0" not in name
    storable(orjson.loads(orjson.dumps(told.raw)))
    _checked(STRIPE.read(told.raw))


def event(raw: bytes) -> None:
    """A stored event, whatever an earlier release kept."""
    try:
        stored = orjson.loads(raw.replace(b"\\u0000", b""))
    except orjson.JSONDecodeError:
        return
    if isinstance(stored, dict):
        _checked(event_word(stored))


def _checked(word: object) -> None:
    """Nothing in it that a statement could not ask the database about."""
    mark = getattr(word, "mark", None)
    if isinstance(mark, Mark):
        for name in (mark.session, mark.intent, mark.charge):
            assert name is None or "\0" not in name
    if isinstance(word, RefundSaid):
        assert "\0" not in word.refund


def header(raw: bytes) -> None:
    """Only what the secret made is believed, and no header is too strange to be refused."""
    given = {"Stripe-Signature": raw.decode("utf-8", "surrogateescape")}
    try:
        STRIPE.verify(b'{"id": "evt_1", "type": "x"}', given)
    except BadSignature:
        return
    raise AssertionError("believed")


_FOUND = (  # by the fuzz: a session that is a list, an event without an id, a status that is a list
    b'{"id": "e", "type": "checkout.session.completed", "data": {"object": []}}',
    b'{"id": "\\u0000", "type": ""}',
    b'{"id": "e", "type": "checkout.session.expired", "data": {"object": {"status": []}}}',
)
_HEADERS = (b"t=1,v1=ab", signed(b"{}", 1).encode(), signed(b"{}").encode(), b"t=,v1=,v0=x", b"")


def phonepe_webhook(raw: bytes) -> None:
    """What comes with the password is kept or refused, and never more than a hint."""
    _hint(PHONEPE, raw, {"Authorization": PASSWORD})


def phonepe_callback(raw: bytes) -> None:
    """The same of version 1: whatever is inside its base64."""
    response = b64encode(raw).decode()
    checksum = hashlib.sha256(f"{response}salt".encode()).hexdigest()
    body = orjson.dumps({"response": response})
    _hint(PHONEPE, body, {"X-VERIFY": f"{checksum}###1"})


def phonepe_header(raw: bytes) -> None:
    given = raw.decode("utf-8", "surrogateescape")
    for name in ("Authorization", "X-VERIFY"):
        try:
            PHONEPE.verify(b'{"response": "e30="}', {name: given})
        except BadSignature:
            continue
        raise AssertionError("believed")


def phonepe_status(raw: bytes) -> None:
    """What an order says of itself is a word, or cannot be read."""
    stored = orjson.loads(raw)
    if isinstance(stored, dict):
        _checked(order_word(stored, "session"))


def mpesa_callback(raw: bytes) -> None:
    """What comes to the address of a prompt is kept or refused, and never more than a hint."""
    _hint(MPESA, raw, {}, f"{KEY}/{PROOF}")


def mpesa_address(raw: bytes) -> None:
    path = raw.decode("utf-8", "surrogateescape")
    try:
        MPESA.verify(b"{}", {}, path)
    except BadSignature:
        return
    raise AssertionError("believed")


def _hint(provider: PhonePe | MPesa, body: bytes, headers: dict[str, str], path: str = "") -> None:
    told = provider.verify(body, headers, path)
    storable(orjson.loads(orjson.dumps(told.raw)))
    assert told.event_id and len(told.event_id) <= 255 and len(told.type) <= 100
    assert "\0" not in told.type
    word = provider.read(told.raw)
    assert isinstance(word, Hint | RefundHint | Nothing)
    _checked(word)


_STATUSES = tuple(seed for seed in PHONEPE_FILES if b'"paymentDetails"' in seed)
_CALLBACKS = (
    b'{"Body": {"stkCallback": {"CheckoutRequestID": "ws_CO_1", "ResultCode": 0}}}',
    b'{"Body": {"stkCallback": {"CheckoutRequestID": "ws_CO_1", "ResultCode": "1032"}}}',
)

TARGETS = (
    Target("stripe webhook", (*EVENTS, *_FOUND), webhook, (BadBody, BadSignature)),
    Target("stripe stored event", (*EVENTS, *_FOUND), event),
    Target("stripe signature header", _HEADERS, header),
    Target("phonepe webhook", PHONEPE_FILES, phonepe_webhook, (BadBody, BadSignature)),
    Target("phonepe callback, version 1", PHONEPE_FILES, phonepe_callback, (BadBody, BadSignature)),
    Target("phonepe header", (b"SHA256 x", b"x###1", b""), phonepe_header),
    Target("phonepe order status", _STATUSES, phonepe_status, (ValueError,)),
    Target("mpesa callback", _CALLBACKS, mpesa_callback, (BadBody, BadSignature)),
    Target("mpesa address", (f"{KEY}/x".encode(), b"/", b""), mpesa_address),
)
