"""What a person said: typed text, a tap, a picture, a place; and reading it.

Each reading method answers with the thing meant, or raises NotUnderstood with
the sentence the person will read.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.dialog.reply import Choice


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
    cart: tuple[CartLine, ...] = ()
    reply_to: str | None = None
    sent_at: datetime | None = None
    offered: tuple[Choice, ...] = ()

    def with_offer(self, offered: tuple[Choice, ...]) -> "Said":
        return replace(self, offered=offered)
