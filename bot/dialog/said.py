"""What a person said: typed text, a tap, a picture, a place; and reading it.

Each reading method answers with the thing meant, or raises NotUnderstood with
the sentence the person will read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

import phonenumbers
from rapidfuzz import fuzz, process

from bot.dialog.reply import Choice
from bot.language import _, money
from services.ground.money import Money, decimals


class NotUnderstood(Exception):
    """The present step cannot use this; str(e) is shown to the person."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is, in WGS 84 degrees."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file the person sent; `media_id` is the provider's, fetched after the turn."""

    kind: str  # image, video, audio, voice, document, sticker
    media_id: str = ""
    url: str = ""
    mime_type: str = ""
    filename: str = ""
    sha256: str = ""
    file_id: int = field(default=0, repr=False)  # ours, once a step has taken it (bot.attachments)


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of a native WhatsApp cart; price in minor units of `currency`."""

    sku: str
    quantity: int
    price: int
    currency: str


@dataclass(frozen=True, slots=True)
class Said:
    """One thing a person sent. `offered` is what the present question offered them."""

    text: str = ""
    kind: str = "text"
    tapped: str | None = None
    place: Place | None = None
    attachment: Attachment | None = None
    more: tuple[Attachment, ...] = ()  # the further files of an album
    cart: tuple[CartLine, ...] = ()
    reply_to: str | None = None
    sent_at: datetime | None = None
    offered: tuple[Choice, ...] = ()
    is_about_last: bool = False  # an edit or removal of the very last thing they had said
    name: str = field(default="", repr=False)  # on a contact card; its phone is the text

    @property
    def files(self) -> tuple[Attachment, ...]:
        return () if self.attachment is None else (self.attachment, *self.more)

    def worded(self) -> "Said":
        """What is written under a file, without the file; the same where nothing is."""
        if not self.files or not self.text.strip():
            return self
        return replace(self, kind="text", attachment=None, more=())

    def with_offer(self, offered: tuple[Choice, ...]) -> "Said":
        return Said(  # a third of what replace() takes, on the way of every message
            self.text,
            self.kind,
            self.tapped,
            self.place,
            self.attachment,
            self.more,
            self.cart,
            self.reply_to,
            self.sent_at,
            offered,
            self.is_about_last,
            self.name,
        )

    def choice(self) -> str:
        """The id of the choice they tapped, typed, numbered, or nearly typed."""
        if self.tapped is not None:
            return self.tapped
        if self.kind == "text" and (found := named(self.text, self.offered)):
            return found
        raise NotUnderstood(
            _("I did not get that. Please tap one of the choices, or type its number.")
        )

    def words(self, longest: int) -> str:
        """What they typed, trimmed; `longest` is in characters."""
        text = self.text.strip()
        if not text:
            raise NotUnderstood(_("Please type it as text."))
        if len(text) > longest:
            raise NotUnderstood(
                _("That is a bit long for me. Please keep it under {count} characters.").format(
                    count=longest
                )
            )
        return text

    def number(self, low: int, high: int) -> int:
        """A whole number in figures or in a phrase ("2 please", "two")."""
        for word in _plain(self.tapped or self.text).replace(",", " ").split():
            count = _COUNTS.get(word) or (
                int(word) if word.isdecimal() and len(word) < 10 else None
            )
            if count is not None and low <= count <= high:
                return count
        raise NotUnderstood(
            _("Please type a number from {low} to {high}.").format(low=low, high=high)
        )

    def money(self, low: Money, high: Money) -> Money:
        """An amount of their currency as people type it: "500", "Ksh 1,250.50"."""
        typed = _AMOUNT.search(self.tapped or self.text)
        if typed is not None:
            minor = Decimal(typed[0].replace(",", "")).scaleb(decimals(low.currency))
            if minor == minor.to_integral_value() and low.amount <= minor <= high.amount:
                return Money(int(minor), low.currency)
        raise NotUnderstood(
            _("Please type an amount from {low} to {high}.").format(
                low=money(low), high=money(high)
            )
        )

    def phone(self, country: str) -> str:
        """A phone number as E.164; without a prefix it is one of `country` (ISO 3166)."""
        try:
            number = phonenumbers.parse(self.text, country)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise NotUnderstood(_("Please type a phone number, like +254 700 000 000."))
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def where(self) -> Place:
        """A shared location."""
        if self.place is None:
            raise NotUnderstood(_("Please share a location: tap the paper clip, then *Location*."))
        return self.place

    def yes_no(self) -> bool:
        word = _plain(self.tapped or self.text)
        if word in _YES:
            return True
        if word in _NO:
            return False
        raise NotUnderstood(_("Please answer *yes* or *no*."))


_AMOUNT = re.compile(
    r"(?<![0-9.,])([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,12})(\.[0-9]{1,3})?(?![0-9]|[.,][0-9])"
)
_YES = frozenset("yes y yeah yep ok okay sure ndiyo ndio naam sawa".split())
_NO = frozenset("no n nope hapana la".split())
_COUNTS = {
    word: count
    for words in (
        "one two three four five six seven eight nine ten",
        "moja mbili tatu nne tano sita saba nane tisa kumi",
    )
    for count, word in enumerate(words.split(), start=1)
}
_CLOSE = 84  # how alike, of 100, a slip of the pen must be to count as the label


def _plain(text: str) -> str:
    return text.strip().strip(".!?*\"'").casefold()


def named(text: str, offered: Sequence[Choice]) -> str | None:
    """The choice whose number, label, or nearly whose label, was typed."""
    words = _plain(text)
    if words.isdecimal() and len(words) < 4 and 1 <= int(words) <= len(offered):
        return offered[int(words) - 1].id
    labels = [_plain(choice.label) for choice in offered]
    if words in labels:
        return offered[labels.index(words)].id
    if len(words) < 3:
        return None
    starts = [n for n, label in enumerate(labels) if label.startswith(words)]
    if len(starts) == 1:
        return offered[starts[0]].id
    close = process.extract(words, labels, scorer=fuzz.ratio, score_cutoff=_CLOSE, limit=2)
    if len(close) == 1 or (len(close) == 2 and close[0][1] > close[1][1]):
        return offered[close[0][2]].id
    return None
