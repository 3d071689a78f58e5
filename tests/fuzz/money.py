"""Readers of what the payment provider sends."""

import hashlib
import hmac
import time

import orjson

from services.payments.provider import BadBody, BadSignature, Mark, RefundSaid
from services.payments.stripe import Stripe
from services.payments.stripe_words import event_word
from tests.fuzz.laws import storable
from tests.fuzz.seeds import payloads
from tests.fuzz.target import Target

SECRET = "whsec_of_the_fuzz"
EVENTS = payloads("stripe")
STRIPE = Stripe(key="sk_test_x", secrets=(SECRET,), success_url="x", cancel_url="x")


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

TARGETS = (
    Target("stripe webhook", (*EVENTS, *_FOUND), webhook, (BadBody, BadSignature)),
    Target("stripe stored event", (*EVENTS, *_FOUND), event),
    Target("stripe signature header", _HEADERS, header),
)
