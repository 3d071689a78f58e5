"""Cloud API statuses: what became of a message of ours."""

from datetime import UTC, datetime
from typing import Any

from bot.channels.errors import action_for, code_of
from bot.channels.shapes import listing, mapping, moment, text
from bot.channels.updates import Status, StatusName

_NAMES: dict[str, StatusName] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "played",
    "failed": "failed",
    "deleted": "deleted",
}
_BIGGEST_ID = 2**63 - 1


def read_status(address: str, item: dict[str, Any]) -> Status | None:
    """A statuses[] item; None when it is not about a message or is of no known status.

    `at` is now when the provider gives no time: it came no later than that.
    """
    name = _NAMES.get(text(item.get("status")))
    wamid = text(item.get("id"))
    if name is None or not wamid or text(item.get("type")) == "call":
        return None
    pricing = item.get("pricing")
    code, words = _error(item)
    return Status(
        address=address,
        provider_id=wamid,
        status=name,
        at=moment(item.get("timestamp")) or datetime.now(UTC),
        ours=_ours(item.get("biz_opaque_callback_data")),
        error_code=code,
        error_text=words,
        pricing=pricing if isinstance(pricing, dict) else None,
        action=action_for(code) if name == "failed" else None,
    )


def _ours(opaque: object) -> int | None:
    """Our outbox id, which travelled with the message; other senders may put words there."""
    if not isinstance(opaque, str) or not (opaque.isascii() and opaque.isdigit()):
        return None
    number = int(opaque) if len(opaque) <= 19 else 0
    return number if 0 < number <= _BIGGEST_ID else None


def _error(item: dict[str, Any]) -> tuple[int | None, str]:
    errors = listing(item.get("errors"))
    if not errors:
        return None, ""
    error = mapping(errors[0])
    title = text(error.get("title")) or text(error.get("message"))
    details = text(mapping(error.get("error_data")).get("details"))
    return code_of(error), ": ".join(filter(None, (title, details)))[:1000]
