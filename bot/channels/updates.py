"""What a provider's webhook holds, in terms every channel shares."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from bot.channels.errors import Action

StatusName = Literal["sent", "delivered", "read", "played", "failed", "deleted"]


class Who(NamedTuple):
    """Who wrote, as the provider names them; every field may be missing.

    `phone` is E.164 ("+12025550101"); `bsuid` WhatsApp's business-scoped user id
    ("US.1349…"); `chat_id` Green API's opaque chat id.
    """

    phone: str | None = None
    bsuid: str | None = None
    chat_id: str | None = None
    name: str | None = None
    username: str | None = None


class Update(NamedTuple):
    """One item of a webhook that is not a status: kept as it came, interpreted at its turn.

    `address` is the provider's own address of our number (phone_number_id, instance
    id); `provider_id` is unique within it. `who` is None and `ignored` says why when
    no person's conversation is meant (a group, an account notice, an unknown shape).
    """

    address: str
    provider_id: str
    kind: str
    payload: dict[str, Any]
    who: Who | None = None
    sent_at: datetime | None = None
    ignored: str | None = None


class Status(NamedTuple):
    """What became of a message of ours. `ours` is the outbox id that travelled with it."""

    address: str
    provider_id: str
    status: StatusName
    at: datetime
    ours: int | None = None
    error_code: int | None = None
    error_text: str = ""
    pricing: dict[str, Any] | None = None
    action: Action | None = None  # what to do about a failure


class NumberChanged(NamedTuple):
    """A person's phone number changed: the identity moves, the history stays."""

    old: Who
    new: Who


@dataclass(slots=True)
class Parsed:
    """Everything one webhook POST held, in its own order."""

    updates: list[Update] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
