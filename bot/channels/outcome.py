"""What came of one attempt to send."""

from dataclasses import dataclass

from bot.channels.errors import Failure


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it; its statuses will carry `provider_id`."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider did not take it; `failure.action` says what to do."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken: the answer was lost after the request had left."""

    why: str = ""


Outcome = Sent | Failed | Unknown
