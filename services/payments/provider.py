"""The port to a payment provider, and the few words every provider's events come down to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from uuid import UUID

from services.ground.money import Money
from services.payments.payment import Line
from services.payments.states import DisputeStatus

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
RETRY: tuple[timedelta, ...] = (
    5 * SECOND,
    15 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    HOUR,
)
"""When a call that was not answered is made again, where a key makes that harmless."""

Raw = dict[str, Any]
"""A provider's object as it came: only a provider's own file looks inside."""


@dataclass(frozen=True, slots=True)
class LinkAsk:
    """What a link is made of. The same `key` always comes with the same content."""

    key: str
    payment: UUID
    attempt: int
    amount: Money
    description: str
    lines: tuple[Line, ...]
    expires_at: datetime
    again: bool = False  # it was asked before, and not answered
    payer: str | None = field(default=None, repr=False)  # whom to ask (E.164), without a page


@dataclass(frozen=True, slots=True)
class Link:
    """A place to pay. `url` is None when the provider closed it before we heard of it, or when
    it asks the payer `on_phone`."""

    session: str
    url: str | None
    expires_at: datetime
    on_phone: bool = False


@dataclass(frozen=True, slots=True)
class RefundAsk:
    """`known` is the provider's id once it took the refund: then only its state is asked."""

    key: UUID
    payment: UUID
    session: str | None
    intent: str | None
    amount: Money
    known: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Which payment a provider speaks of: whatever it knew. Ours first, then its own ids."""

    payment: UUID | None = None
    attempt: int | None = None
    session: str | None = None
    intent: str | None = None
    charge: str | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """Money came in. `amount` is None where the provider moves what was asked, or nothing."""

    mark: Mark
    amount: Money | None


@dataclass(frozen=True, slots=True)
class Working:
    """The person did their part; the bank has not decided."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class Waiting:
    """The person has not paid yet and still can."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class Lapsed:
    """The link is over, unpaid."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class Refused:
    """The bank said no, finally."""

    mark: Mark
    why: str | None = None  # one of what the provider's own file lists


@dataclass(frozen=True, slots=True)
class WentBack:
    """`total` of the charge has gone back so far, all refunds together."""

    mark: Mark
    total: Money


@dataclass(frozen=True, slots=True)
class RefundSaid:
    """How one refund of ours (`key`) stands: True done, False refused, None not decided."""

    refund: str
    key: UUID
    done: bool | None


@dataclass(frozen=True, slots=True)
class Hint:
    """Something happened to a payment; its body proves nothing, so the provider is asked."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class RefundHint:
    """The same of a refund of ours."""

    key: UUID


@dataclass(frozen=True, slots=True)
class Disputed:
    """How the payer's objection `dispute` at their bank stands.

    `answered`: the bank has our evidence. `moved`: the money just left us, or came back.
    """

    mark: Mark
    dispute: str
    amount: Money
    reason: str
    status: DisputeStatus
    evidence_due_at: datetime | None
    answered: bool
    moved: Literal["withdrawn", "reinstated"] | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """Not about money we asked for; `why` is kept with the event."""

    why: str


Word = (
    Came
    | Working
    | Waiting
    | Lapsed
    | Refused
    | WentBack
    | RefundSaid
    | Disputed
    | Hint
    | RefundHint
    | Nothing
)


@dataclass(frozen=True, slots=True)
class Told:
    """A verified event, ready to be stored."""

    provider: str
    event_id: str
    type: str
    raw: Raw


class BadSignature(Exception):
    """The event is not the provider's, or too old to be believed."""


class BadBody(Exception):
    """The event cannot be read."""


class NoAnswer(Exception):
    """The provider did not answer in time, or is failing: what it did is unknown."""


class Declined(Exception):
    """The provider refuses, and would refuse again."""


class KeyReused(Exception):
    """The provider knows this idempotency key with another content."""


class Provider(Protocol):
    """One provider. The first five calls go over the network: never inside a transaction.

    They raise NoAnswer (ask again with the same key), Declined (final) or KeyReused.
    """

    name: str
    schedule: tuple[timedelta, ...]
    """The pauses between asking about a pending payment; the last one repeats."""
    retry: tuple[timedelta, ...]
    """The pauses before a link is asked for again that was not answered; the last one repeats."""

    async def create(self, ask: LinkAsk) -> Link: ...

    async def status(self, session: str) -> Word: ...

    async def close(self, session: str) -> None:
        """End a link so that nobody pays it any more; Declined when it has ended already,
        NoAnswer while it cannot be ended and may still be paid."""

    async def refund(self, ask: RefundAsk) -> RefundSaid: ...

    async def fee(self, session: str) -> Money | None:
        """What it kept for itself of what a session brought; None: it does not say yet."""

    def verify(self, body: bytes, headers: Mapping[str, str], path: str = "") -> Told:
        """What came to /webhooks/{name}/{path}. Raises BadSignature, BadBody."""

    def read(self, raw: Raw) -> Word:
        """What an event means."""
