"""The people whose phones are played: who they are, how WhatsApp names them, and what their
phone holds.
"""

import asyncio
import hashlib
import re
import time
import zlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from os import urandom
from typing import Final

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    parse,
    region_code_for_country_code,
)
from phonenumbers.phonenumberutil import country_code_for_region

from bot.simulator.config import Role
from bot.simulator.shapes import Object

WINDOW_SECONDS = 24 * 3600
KEPT_IN_MEMORY = 1000
NAMES: Final = (
    "Abena Akinyi Aline Baraka Carlos Chidi Divya Elena Farida Hamisi Imani Ines Jabari Kavita "
    "Kofi Lucia Makena Mateus Nadia Neema Omar Priya Rafael Samira Tendai Thandi Wanjiru Zuri"
).split()
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_PHONE = re.compile(r"\+?[\d\s().-]{5,20}")


@dataclass(slots=True)
class Bubble:
    """One message on a phone; `source` is the webhook's message object or the send call's body."""

    id: str
    seq: int
    by_person: bool
    at: float
    source: Object
    status: str
    reaction: str | None = None
    edited: Object | None = None
    revoked: bool = False


@dataclass(slots=True)
class Person:
    """A phone. `phone` is digits only and None for somebody known by a username alone."""

    key: str
    name: str
    phone: str | None
    username: str | None
    user_id: str
    role: Role = "person"
    bubbles: list[Bubble] = field(default_factory=list)
    last_said: float = 0.0
    read_seq: int = 0
    next_seq: int = 1
    waiting: list[asyncio.Future[None]] = field(default_factory=list)

    @property
    def window_open(self) -> bool:
        """Whether free-form messages may reach this person: 24 hours from their last word."""
        return time.time() - self.last_said < WINDOW_SECONDS

    def hold(self, bubble: Bubble) -> list[Bubble]:
        """Show a bubble; answers the oldest ones of a very long chat, which are forgotten."""
        self.bubbles.append(bubble)
        self.next_seq = bubble.seq + 1
        if len(self.bubbles) <= 2 * KEPT_IN_MEMORY:
            return []
        forgotten = self.bubbles[:KEPT_IN_MEMORY]
        del self.bubbles[:KEPT_IN_MEMORY]
        return forgotten

    def after(self, seq: int) -> Iterator[Bubble]:
        """The bubbles with a higher sequence number, oldest first."""
        if not self.bubbles:
            return iter(())
        return islice(self.bubbles, max(0, seq + 1 - self.bubbles[0].seq), None)

    @property
    def unread(self) -> int:
        """How many of the bot's bubbles the person has not looked at."""
        return sum(not bubble.by_person for bubble in self.after(self.read_seq))

    def wake(self) -> None:
        """Let the long polls look again."""
        for future in self.waiting:
            if not future.done():
                future.set_result(None)
        self.waiting.clear()

    def contact(self, *, hide_phone: bool = False) -> Object:
        """The person as the `contacts` of a webhook say it."""
        profile: Object = {"name": self.name}
        if self.username:
            profile["username"] = self.username
        contact: Object = {"profile": profile}
        if self.phone and not hide_phone:
            contact["wa_id"] = self.phone
        contact["user_id"] = self.user_id
        return contact

    def record(self) -> Object:
        """The journal's line about this person."""
        return {
            "t": "person",
            "key": self.key,
            "name": self.name,
            "phone": self.phone,
            "username": self.username,
            "user_id": self.user_id,
            "role": self.role,
            "last_said": self.last_said,
        }


def digits_of(value: str) -> str | None:
    """The digits of something that looks like a phone number, with or without +; else None."""
    value = value.strip()
    return re.sub(r"\D", "", value) if _PHONE.fullmatch(value) else None


def spaced(digits: str) -> str:
    """A number as people write it: +1 202-555-0101."""
    try:
        number = parse(f"+{digits}")
    except NumberParseException:
        return f"+{digits}"
    return format_number(number, PhoneNumberFormat.INTERNATIONAL)


def business_scoped_id(seed: str, phone: str | None) -> str:
    """A made-up business-scoped user id: the country's two letters, a dot, twenty digits; the
    same for the same seed.
    """
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:9], "big") % 10**20
    return f"{_region(phone)}.{number:020d}"


def _region(phone: str | None) -> str:
    for length in (1, 2, 3):
        region = region_code_for_country_code(int(phone[:length])) if phone else "ZZ"
        if region not in {"ZZ", "001"} and country_code_for_region(region):
            return region
    return "US"


def message_id(about: str, *, incoming: bool) -> str:
    """A fresh WhatsApp message id, built as the real ones are: framed, base64, the number
    inside.
    """
    number = about.encode()[:60]
    frame = b"\x1c\x18" + bytes([len(number)]) + number
    frame += b"\x15\x02\x00" + (b"\x12" if incoming else b"\x11") + b"\x18\x12"
    return "wamid." + b64encode(frame + urandom(9).hex().upper().encode() + b"\x00").decode()


class Crowd:
    """Everybody, found by phone, business-scoped id or name."""

    def __init__(self) -> None:
        self._by_key: dict[str, Person] = {}
        self._by_user_id: dict[str, Person] = {}

    def __iter__(self) -> Iterator[Person]:
        return iter(self._by_key.values())

    def add(self, person: Person) -> Person:
        self._by_key[person.key] = person
        self._by_user_id[person.user_id] = person
        return person

    def by_phone(self, phone: str) -> Person | None:
        return self._by_key.get(phone)

    def by_user_id(self, user_id: str) -> Person | None:
        return self._by_user_id.get(user_id)

    def find(self, called: str) -> Person | None:
        """Who is meant by a phone, a business-scoped id, or the name of a username-only person."""
        if digits := digits_of(called):
            return self._by_key.get(digits)
        return self._by_user_id.get(called) or self._by_key.get(name_key(called))


def made_up_name(digits: str) -> str:
    """The profile name of a phone that nobody named; the same for the same number."""
    return NAMES[zlib.crc32(digits.encode()) % len(NAMES)]


def name_key(name: str) -> str:
    """The key of a username-only person: the name without regard to case, outer space or a
    leading @.
    """
    return name.strip().lstrip("@").casefold()


def new_person(called: str, name: str | None, role: Role = "person") -> Person:
    """A person as first met: a phone number gives a phone, anything else a username-only person."""
    digits = digits_of(called)
    key = digits or name_key(called)
    username = None if digits else re.sub(r"[^a-z0-9]+", ".", key).strip(".") or "somebody"
    shown = name or (made_up_name(digits) if digits else called.strip().lstrip("@"))
    return Person(key, shown, digits, username, business_scoped_id(key, digits), role)


def stranger(called: str) -> Person:
    """Somebody the product answers whom the simulator never brought in: a webhook sent by hand or
    by a load tool. They have just written, so their window is open. `called` is a phone's digits or
    a business-scoped id.
    """
    if called.isdecimal():
        person = new_person(called, None)
    else:
        person = Person(called, made_up_name(called), None, "stranger", called)
    person.last_said = time.time()
    return person


def is_user_id(called: str) -> bool:
    """Whether this has the form of a business-scoped user id."""
    return _USER_ID.fullmatch(called) is not None
