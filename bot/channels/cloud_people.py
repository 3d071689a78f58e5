"""Who a Cloud API item is from: its own ids, and the contacts that came beside it.

Since usernames exist either id may be missing (protocols: BSUID). Two ids are put
together only when the provider puts them in one contact or one message.
"""

import re
from functools import cached_property
from typing import Any

from bot.channels.shapes import e164, ident, listing, mapping, short, text
from bot.channels.updates import NumberChanged, Who

_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_CHANGED = re.compile(rf"from\s+(\S+)\s+to\s+({_BSUID.pattern})")
_NOBODY: dict[str, Any] = {}


class Contacts:
    """The contacts[] of one change, found by either id."""

    def __init__(self, contacts: object) -> None:
        self._all = [each for each in listing(contacts) if isinstance(each, dict)]

    def of(self, wa_id: object, user_id: object) -> dict[str, Any]:
        """The contact that shares an id with the item; the only one, if the item has no id."""
        if len(self._all) == 1:
            found = self._all[0]
            if (wa_id or user_id) and (found.get("wa_id"), found.get("user_id")) == (
                wa_id,
                user_id,
            ):
                return found  # as nearly always: nothing to compare more closely
        else:
            by = self._by_id
            found = by.get(text(user_id)) or by.get(text(wa_id)) or _NOBODY
        return found if _same_person(found, wa_id, user_id) else _NOBODY

    @cached_property
    def _by_id(self) -> dict[str, dict[str, Any]]:
        return {
            value: each
            for each in self._all
            for name in ("wa_id", "user_id")
            if (value := text(each.get(name)))
        }


def _same_person(contact: dict[str, Any], wa_id: object, user_id: object) -> bool:
    """True when they share an id and differ in none, or when the item has none at all."""
    pairs = (
        (e164(contact.get("wa_id")), e164(wa_id)),
        (ident(contact.get("user_id")), ident(user_id)),
    )
    stated = [(theirs, own) for theirs, own in pairs if own]
    if any(theirs and theirs != own for theirs, own in stated):
        return False
    return not stated or any(theirs == own for theirs, own in stated)


def person(wa_id: object, user_id: object, contacts: Contacts) -> Who | None:
    """Who has these ids; None when there is no id to answer to."""
    contact = contacts.of(wa_id, user_id)
    phone = e164(wa_id) or e164(contact.get("wa_id"))
    bsuid = ident(user_id) or ident(contact.get("user_id")) or _bsuid_in(wa_id)
    if phone is None and bsuid is None:
        return None
    profile = mapping(contact.get("profile"))
    return Who(
        phone=phone,
        bsuid=bsuid,
        name=short(profile.get("name")),
        username=short(profile.get("username") or contact.get("username")),
    )


def _bsuid_in(wa_id: object) -> str | None:
    return wa_id if isinstance(wa_id, str) and _BSUID.fullmatch(wa_id) else None


def number_changed(payload: dict[str, Any]) -> NumberChanged | None:
    """Whose number or user id changed, and to what; None when the message does not say."""
    system = mapping(payload.get("system"))
    new = Who(
        phone=e164(system.get("new_wa_id")) or e164(system.get("wa_id")),
        bsuid=ident(system.get("user_id")),
    )
    old_phone = e164(payload.get("from")) or e164(system.get("customer"))
    old = Who(phone=old_phone, bsuid=_old_bsuid(payload, system, new))
    if not (old.phone or old.bsuid) or not (new.phone or new.bsuid) or old == new:
        return None
    return NumberChanged(old=old, new=new)


def _old_bsuid(payload: dict[str, Any], system: dict[str, Any], new: Who) -> str | None:
    """The id before the change: named, or in the sentence ("User … changed from X to Y")."""
    stated = ident(system.get("previous_user_id"))
    if stated is None and (said := _CHANGED.search(text(system.get("body")))):
        stated = _bsuid_in(said.group(1))
    if stated is None:
        stated = ident(payload.get("from_user_id"))
    return stated if stated != new.bsuid else None
