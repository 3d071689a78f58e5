"""Where a message to a person goes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """How a channel reaches a person; the first one the channel can use is taken.

    `phone` is E.164, `bsuid` WhatsApp's business-scoped user id, `chat_id` Green API's
    opaque chat id.
    """

    phone: str | None = None
    bsuid: str | None = None
    chat_id: str | None = None


class NoAddress(ValueError):
    """There is no address of this person that the channel can use."""
