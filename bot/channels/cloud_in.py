"""Cloud API webhooks: every update of a POST, taken apart.

entry[] × changes[] × (messages[], statuses[], calls[], …): each item stands alone, goes
to its own change's phone_number_id, and is kept even when its shape is unknown, so that
nothing is lost and the provider never blocks behind it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from bot.channels.cloud_kinds import kind_of
from bot.channels.cloud_people import Contacts, number_changed, person
from bot.channels.cloud_said import read, wants_marketing
from bot.channels.cloud_status import read_status
from bot.channels.shapes import (
    mapping,
    moment,
    provider_id,
    stable_id,
    text,
)
from bot.channels.updates import Parsed, Update, Who

__all__ = ["number_changed", "parse", "read", "template_back", "wants_marketing"]

_NAMES = (str, int)
_ECHOES = frozenset(("smb_message_echoes", "message_echoes"))
_NOBODY_SPEAKS = {  # kinds of messages[] that nobody waits for an answer to
    "call_permission": "call",
    "identity_changed": "identity",
    "system": "system",
}
_BACK = frozenset(("APPROVED", "REINSTATED"))  # what such a template's status may be
_NOTICES = (  # the first part of a field's name, and what such a webhook is about
    ("message_template", "template"),
    ("template", "template"),
    ("group", "group"),
    ("call", "call"),
    ("history", "history"),
    ("smb", "history"),
    ("account", "account"),
    ("business", "account"),
    ("phone_number", "account"),
    ("security", "account"),
)


class _Change(NamedTuple):
    """What the items of one change share."""

    address: str
    field: str
    contacts: Contacts


def parse(body: object) -> Parsed:
    """Everything in one POST, in its own order. Never raises, whatever `body` is."""
    parsed = Parsed()
    entries = mapping(body).get("entry")
    if not isinstance(entries, list):
        parsed.updates.append(_unknown("", body))
        return parsed
    for entry in entries:
        changes = mapping(entry).get("changes")
        if not isinstance(changes, list):
            parsed.updates.append(_unknown("", entry))
            continue
        for change in changes:
            _take_change(entry, change, parsed)
    return parsed


def _take_change(entry: dict[str, Any], change: object, parsed: Parsed) -> None:
    value = mapping(change).get("value")
    if not isinstance(value, dict):
        parsed.updates.append(_unknown("", change))
        return
    shared = _Change(
        address=_address(value, entry),
        field=text(mapping(change).get("field")),
        contacts=Contacts(value.get("contacts")),
    )
    known = False
    for key, take in _TAKERS:
        if key in value:
            known = True
            _take_items(value[key], take, shared, parsed)
    if not known:
        parsed.updates.append(_notice(shared, entry, value))


def _address(value: dict[str, Any], entry: dict[str, Any]) -> str:
    """Our number's id; the account's when the change is about the whole account."""
    for stated in (mapping(value.get("metadata")).get("phone_number_id"), entry.get("id")):
        if isinstance(stated, _NAMES) and (named := str(stated)):
            return named[:64]
    return ""


_Taker = Callable[[dict[str, Any], _Change, Parsed], None]


def _take_items(items: object, take: _Taker, shared: _Change, parsed: Parsed) -> None:
    for item in items if isinstance(items, list) else (items,):
        if isinstance(item, dict):
            take(item, shared, parsed)
        else:
            parsed.updates.append(_unknown(shared.address, item))


def _take_message(item: dict[str, Any], shared: _Change, parsed: Parsed) -> None:
    if shared.field in _ECHOES:
        _take_echo(item, shared, parsed)
        return
    kind = kind_of(item)
    who: Who | None = None
    ignored = "group" if item.get("group_id") else _NOBODY_SPEAKS.get(kind)
    if ignored is None:
        who = _sender(item, kind, shared)
        ignored = None if who else "sender"
    parsed.updates.append(
        Update(
            address=shared.address,
            provider_id=provider_id(item.get("id"), item),
            kind=kind,
            payload=item,
            who=who,
            sent_at=moment(item.get("timestamp")),
            ignored=ignored,
        )
    )


def _sender(item: dict[str, Any], kind: str, shared: _Change) -> Who | None:
    if kind != "number_changed":
        return person(item.get("from"), item.get("from_user_id"), shared.contacts)
    # The contact beside it may already be the new one: only the message's own words count.
    changed = number_changed(item)
    return changed.old if changed else None


def _take_status(item: dict[str, Any], shared: _Change, parsed: Parsed) -> None:
    status = read_status(shared.address, item)
    if status:
        parsed.statuses.append(status)
        return
    call = text(item.get("type")) == "call"
    kind, why = ("call_status", "call") if call else ("status", "status")
    parsed.updates.append(_aside(shared, item, kind, why))


def _take_call(item: dict[str, Any], shared: _Change, parsed: Parsed) -> None:
    """A call, without its session description. Somebody calling us is told we write."""
    event = text(item.get("event"))
    call = {key: each for key, each in item.items() if key != "session"}
    update = _aside(shared, call, "call", "call", also=event)
    if event == "connect" and text(item.get("direction")) == "USER_INITIATED":
        who = person(item.get("from"), item.get("from_user_id"), shared.contacts)
        update = update._replace(who=who, ignored=None if who else "sender")
    parsed.updates.append(update)


def _take_preference(item: dict[str, Any], shared: _Change, parsed: Parsed) -> None:
    """The provider's own switch: the person stopped or resumed marketing in WhatsApp."""
    update = _aside(shared, item, "marketing_preference", "unknown")
    if text(item.get("category")) == "marketing_messages":
        who = person(item.get("wa_id"), item.get("user_id"), shared.contacts)
        update = update._replace(who=who, ignored=None if who else "sender")
    parsed.updates.append(update)


def _take_echo(item: dict[str, Any], shared: _Change, parsed: Parsed) -> None:
    parsed.updates.append(_aside(shared, item, "echo", "echo"))


def _take_group(item: dict[str, Any], shared: _Change, parsed: Parsed) -> None:
    parsed.updates.append(_aside(shared, item, "group", "group"))


def _take_error(item: dict[str, Any], shared: _Change, parsed: Parsed) -> None:
    parsed.updates.append(_aside(shared, item, "errors", "errors"))


_TAKERS: tuple[tuple[str, _Taker], ...] = (
    ("messages", _take_message),
    ("statuses", _take_status),
    ("message_echoes", _take_echo),
    ("calls", _take_call),
    ("user_preferences", _take_preference),
    ("groups", _take_group),
    ("errors", _take_error),
)


def _aside(
    shared: _Change, item: dict[str, Any], kind: str, ignored: str | None, also: str = ""
) -> Update:
    """An item that is no message. `also` tells apart the events that share one id."""
    named = provider_id(item.get("id"), item)
    return Update(
        address=shared.address,
        provider_id=f"{named}:{also[:32]}" if also else named,
        kind=kind,
        payload=item,
        sent_at=moment(item.get("timestamp")),
        ignored=ignored,
    )


def _notice(shared: _Change, entry: dict[str, Any], value: dict[str, Any]) -> Update:
    """A change that is about the account, a template, a group: for operators, not for chat."""
    at = entry.get("time")
    payload = {"field": shared.field, "value": value, "time": at}
    about = next((why for start, why in _NOTICES if shared.field.startswith(start)), "unknown")
    return Update(
        address=shared.address,
        provider_id=stable_id(payload),
        kind=about,
        payload=payload,
        sent_at=moment(at),
        ignored=about,
    )


class TemplateBack(NamedTuple):
    """A template of an account that may be sent, from now on or again."""

    account: str
    name: str
    language: str


def template_back(update: Update) -> TemplateBack | None:
    """What a message_template_status_update says, if it is good news."""
    value = mapping(update.payload.get("value"))
    name, language = _named(value, "name"), _named(value, "language")
    if text(value.get("event")) not in _BACK or not name or not language:
        return None
    return TemplateBack(update.address, name, language)


def _named(value: dict[str, Any], part: str) -> str:
    return text(value.get(f"message_template_{part}"))


def _unknown(address: str, item: object) -> Update:
    payload = item if isinstance(item, dict) else {"value": item}
    return Update(address, stable_id(item), "unknown", payload, ignored="shape")
