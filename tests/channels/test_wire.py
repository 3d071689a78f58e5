"""What a raw body may hold, and who may have sent it."""

import hashlib
import hmac

import orjson
import pytest

from bot.channels.signature import cloud_signature_ok, green_authorization_ok
from services.ground.wire import Unreadable, read_json

BODY = b'{"text": "caf\\u00e9"}'
SIGNED = "sha256=" + hmac.new(b"secret", BODY, hashlib.sha256).hexdigest()


def test_the_signature_is_over_the_raw_bytes() -> None:
    assert cloud_signature_ok("secret", BODY, SIGNED)
    assert cloud_signature_ok("secret", BODY, SIGNED[:7] + SIGNED[7:].upper())
    assert not cloud_signature_ok("secret", orjson.dumps(orjson.loads(BODY)), SIGNED)


@pytest.mark.parametrize(
    "header", [None, "", "sha256=", SIGNED[7:], "sha1=" + SIGNED[7:], SIGNED[:-1] + "é", "\udcff"]
)
def test_other_signatures_are_refused(header: str | None) -> None:
    assert not cloud_signature_ok("secret", BODY, header)


def test_without_a_secret_nothing_is_accepted() -> None:
    empty = "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    assert not cloud_signature_ok("", BODY, empty)
    assert not green_authorization_ok("", "")
    assert not green_authorization_ok("", "Bearer ")


@pytest.mark.parametrize(
    ("token", "header", "accepted"),
    [
        ("t0ken", "Bearer t0ken", True),
        ("t0ken", "t0ken", True),
        ("Basic dDBr", "Basic dDBr", True),
        ("Basic dDBr", "Bearer Basic dDBr", True),
        ("t0ken", "Bearer t0ke", False),
        ("t0ken", "Bearer", False),
        ("t0ken", None, False),
        ("t0ken", "Bearer t0k\udcffen", False),
    ],
)
def test_green_authorization_is_compared_bare_and_after_its_scheme(
    token: str, header: str | None, accepted: bool
) -> None:
    assert green_authorization_ok(token, header) is accepted


def test_half_a_surrogate_pair_costs_a_character_not_the_batch() -> None:
    assert read_json(b'["a\\ud83d", "\\u00e9"]') == ["a?", "é"]


def test_what_is_read_may_be_put_into_something_larger_and_written() -> None:
    deep = read_json(b'{"a":' * 200 + b"1" + b"}" * 200)
    for _ in range(50):
        deep = [deep]
    orjson.dumps(deep)


def test_nul_is_dropped_and_its_spelling_is_not() -> None:
    assert read_json(b'{"a\\u0000": ["b\\u0000c", 1, "\\\\u0000"]}') == {"a": ["bc", 1, "\\u0000"]}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b'["\\ud800", NaN]',
        b'["\\ud800", 1e999]',
        b"[" * 220 + b"]" * 220,
        b"[" * 300 + b"]" * 300,
        b'["\\ud800", ' + b"[" * 100_000,
    ],
)
def test_what_cannot_be_kept_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_json(raw)


def test_whatever_is_read_can_be_written_again() -> None:
    deep = b"[" * 200 + b"]" * 200
    for raw in (deep, b"123456789012345678901234567890", b'"\\udc00\\ud800"'):
        assert orjson.loads(orjson.dumps(read_json(raw))) == read_json(raw)
