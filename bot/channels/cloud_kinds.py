"""What kind of thing a Cloud API message is, in the words of this house."""

from typing import Any

from bot.channels.shapes import listing, text

UNSUPPORTED = "unsupported"  # answered with a sentence, whatever it was

_PLAIN = frozenset(
    ("text", "image", "video", "document", "sticker", "location", "order", "edit", "revoke")
)
_INTERACTIVE = {
    "button_reply": "button",
    "list_reply": "list",
    "nfm_reply": "flow",
    "call_permission_reply": "call_permission",
}
_SYSTEM = {
    "user_changed_number": "number_changed",
    "customer_changed_number": "number_changed",
    "user_changed_user_id": "number_changed",
    "customer_identity_changed": "identity_changed",
    "user_identity_changed": "identity_changed",
    "user_preference_changed": "marketing_preference",
}


def kind_of(message: dict[str, Any]) -> str:
    """The kind of a messages[], calls[] or user_preferences[] item.

    "unsupported" when the type is unknown or the part it promises is missing.
    """
    name = text(message.get("type"))
    if not name:
        return _untyped(message)
    if name == "request_welcome":  # the person opened the chat for the first time: no body
        return "welcome"
    if name == "contacts":
        return "contacts" if listing(message.get("contacts")) else UNSUPPORTED
    body = message.get(name)
    if not isinstance(body, dict):
        return UNSUPPORTED
    return name if name in _PLAIN else _shaped(name, body)


def _untyped(item: dict[str, Any]) -> str:
    if text(item.get("event")):
        return "call"
    return "marketing_preference" if text(item.get("category")) else UNSUPPORTED


def _shaped(name: str, body: dict[str, Any]) -> str:
    match name:
        case "audio":
            return "voice" if body.get("voice") is True else "audio"
        case "button":
            return "quick_reply"
        case "reaction":
            return "reaction" if text(body.get("emoji")) else "reaction_removed"
        case "interactive":
            answer = text(body.get("type"))
            known = isinstance(body.get(answer), dict)
            return _INTERACTIVE.get(answer, UNSUPPORTED) if known else UNSUPPORTED
        case "system":
            return _SYSTEM.get(text(body.get("type")), "system")
        case _:
            return UNSUPPORTED
