"""What must hold of everything a reader of webhooks gives, whatever it was given."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from bot.channels.updates import Parsed, Status, Update, Who
from bot.dialog.said import Attachment, Place, Said

Read = Callable[[dict[str, Any]], Said]

KIND, PROVIDER_ID, ADDRESS, NAME, KEY, REASON = 32, 512, 64, 255, 160, 500
"""The longest text of the columns that keep updates and who wrote them."""


def check_parsed(parsed: Parsed, read: Read) -> None:
    for update in parsed.updates:
        check_update(update, read)
    for status in parsed.statuses:
        check_status(status)


def check_update(update: Update, read: Read) -> None:
    _fits(update.kind, KIND)
    _fits(update.provider_id, PROVIDER_ID)
    _fits(update.address, ADDRESS, empty=True)
    assert (update.who is None) == (update.ignored is not None)
    if update.ignored is not None:
        _fits(update.ignored, REASON)
    if update.who is not None:
        check_who(update.who)
    assert update.sent_at is None or _keepable(update.sent_at)
    stored = orjson.loads(orjson.dumps(update.payload))
    assert isinstance(stored, dict)
    check_said(read(stored))
    assert repr(read(stored)) == repr(read(update.payload))


def check_who(who: Who) -> None:
    assert who.phone or who.bsuid or who.chat_id
    for key in (who.phone, who.bsuid, who.chat_id):
        if key is not None:
            _fits(key, KEY)
    for name in (who.name, who.username):
        if name is not None:
            _fits(name, NAME)
    if who.phone is not None:
        assert who.phone[0] == "+" and who.phone[1:].isascii() and who.phone[1:].isdigit()
        assert len(who.phone) <= 17


def check_said(said: Said) -> None:
    _text(said.text)
    _fits(said.kind, KIND)
    assert said.tapped is None or said.tapped
    assert said.sent_at is None or _keepable(said.sent_at)
    assert isinstance(said.place, Place | None)
    assert isinstance(said.attachment, Attachment | None)
    if said.place is not None:
        assert -90 <= said.place.latitude <= 90 and -180 <= said.place.longitude <= 180
    for line in said.cart:
        assert line.sku and 0 < line.quantity <= 10**6 and 0 <= line.price < 2**63


def check_status(status: Status) -> None:
    assert status.provider_id
    _text(status.provider_id)
    _fits(status.address, ADDRESS, empty=True)
    _fits(status.error_text, 1000, empty=True)
    assert status.ours is None or 0 < status.ours < 2**63
    assert _keepable(status.at)
    orjson.dumps(status._asdict())


def storable(value: Any) -> None:
    """Raises unless jsonb can hold it: JSON without U+0000."""
    assert b"\\u0000" not in orjson.dumps(value).replace(b"\\\\", b"")


def _fits(value: str, longest: int, *, empty: bool = False) -> None:
    assert (empty or value) and len(value) <= longest, value[:100]
    _text(value)


def _text(value: str) -> None:
    """Raises unless a text column can hold it."""
    assert isinstance(value, str)
    value.encode()
    assert "\0" not in value


def _keepable(moment: datetime) -> bool:
    return moment.tzinfo is not None and moment.timestamp() > 0
