"""Green API webhooks: one event each, strictly in order, never refused.

Anything but 200 stops the whole instance for a minute and comes again, so an event of
an unknown shape is kept like any other.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.channels.errors import GREEN_STATE, GREEN_STATUS, Failure
from bot.channels.green_kinds import kind_of
from bot.channels.green_said import read
from bot.channels.shapes import e164, ident, mapping, moment, provider_id, short, stable_id, text
from bot.channels.updates import Parsed, Status, StatusName, Update, Who

__all__ = ["parse", "read", "standing"]

_ARRIVED: dict[str, StatusName] = {"sent": "sent", "delivered": "delivered", "read": "read"}
_NOTICES = {  # what is not for chat: the kind it is kept as
    "outgoingMessageReceived": "echo",  # typed on the phone: a person of ours took over
    "outgoingAPIMessageReceived": "echo",
    "stateInstanceChanged": "state",
    "statusInstanceChanged": "state",
    "deviceInfo": "state",
    "quotaExceeded": "quota",
    "incomingBlock": "block",
}


def parse(body: object) -> Parsed:
    """The event of one POST, or of one polled notification. Never raises."""
    parsed = Parsed()
    outer = mapping(body)
    event = mapping(outer.get("body")) if "receiptId" in outer else outer
    name = text(event.get("typeWebhook"))
    if not name:
        payload = event or {"value": body}
        unknown = Update(_address(event), stable_id(body), "unknown", payload, ignored="shape")
        parsed.updates.append(unknown)
    elif name == "outgoingMessageStatus" and (status := _status(event)):
        parsed.statuses.append(status)
    else:
        parsed.updates.append(_TAKERS.get(name, _notice)(event, name))
    return parsed


def _address(event: dict[str, Any]) -> str:
    instance = mapping(event.get("instanceData")).get("idInstance")
    return str(instance)[:64] if isinstance(instance, int | str) else ""


def _message(event: dict[str, Any], _name: str) -> Update:
    sender = mapping(event.get("senderData"))
    chat = text(sender.get("chatId")) or text(sender.get("sender"))
    kind = kind_of(event)
    also = ""
    if kind.startswith("poll_"):  # one poll may be voted on, and un-voted, many times
        also = f":{event.get('timestamp')}:{stable_id(event.get('messageData'))[7:23]}"
    return _from_chat(event, chat, kind, also[:64])


def _call(event: dict[str, Any], _name: str) -> Update:
    """A call is told when it is offered; how it went on is kept aside."""
    status = text(event.get("status"))
    update = _from_chat(event, text(event.get("from")), "call", f":{status[:32]}")
    if status in ("", "offer"):
        return update
    return Update(
        update.address, update.provider_id, "call", event, None, update.sent_at, ignored="call"
    )


def _from_chat(event: dict[str, Any], chat: str, kind: str, also: str) -> Update:
    ignored = _not_a_person(chat)
    who = None if ignored else _who(chat, mapping(event.get("senderData")))
    return Update(
        address=_address(event),
        provider_id=provider_id(event.get("idMessage"), event) + also,
        kind=kind,
        payload=event,
        who=who,
        sent_at=moment(event.get("timestamp")),
        ignored=ignored or (None if who else "sender"),
    )


def _not_a_person(chat: str) -> str | None:
    if chat.endswith("@g.us"):
        return "group"
    return "broadcast" if chat.endswith(("@broadcast", "@newsletter")) else None


def _who(chat: str, sender: dict[str, Any]) -> Who | None:
    """The chat id is opaque: only "<digits>@c.us" holds a phone, "…@lid" never does."""
    if ident(chat) is None:
        return None
    account, at, server = chat.partition("@")
    names = (sender.get("senderName"), sender.get("senderContactName"), sender.get("chatName"))
    return Who(
        phone=e164(account) if at and server == "c.us" else None,
        chat_id=chat,
        name=next(filter(None, map(short, names)), None),
    )


def _status(event: dict[str, Any]) -> Status | None:
    said = text(event.get("status"))
    message = text(event.get("idMessage"))
    action = GREEN_STATUS.get(said)
    if not message or (said not in _ARRIVED and action is None):
        return None
    words = ": ".join(filter(None, (said, text(event.get("description")))))
    return Status(
        address=_address(event),
        provider_id=message,
        status=_ARRIVED.get(said, "failed"),
        at=moment(event.get("timestamp")) or datetime.now(UTC),
        error_text=words[:1000] if action else "",
        action=action,
    )


def _notice(event: dict[str, Any], name: str) -> Update:
    kind = _NOTICES.get(name, "status" if name == "outgoingMessageStatus" else "unknown")
    message = event.get("idMessage")
    return Update(
        address=_address(event),
        provider_id=f"{kind}:{message}" if ident(message) else stable_id(event),
        kind=kind,
        payload=event,
        sent_at=moment(event.get("timestamp")),
        ignored=kind,
    )


def standing(payload: dict[str, Any]) -> Failure | None:
    """What the state an instance says it is in means; None for what says no state we know."""
    state = text(payload.get("stateInstance"))
    action = GREEN_STATE.get(state)
    return None if action is None else Failure(action, text=state)


_TAKERS: dict[str, Callable[[dict[str, Any], str], Update]] = {
    "incomingMessageReceived": _message,
    "incomingCall": _call,
}
