"""What a provider's error means for us: one table per provider.

Sources: Meta's Cloud API error codes and Green API's error pages, as collected in the
protocol notes. The code decides, not the HTTP status, which Meta does not keep stable.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.channels.shapes import mapping, text, whole


class Action(StrEnum):
    """What to do with the message, the person or the number after a failure."""

    RETRY = "retry"  # again, a few times, with backoff
    SLOW_PAIR = "slow_pair"  # this person only: again after 4^attempt seconds
    SLOW_NUMBER = "slow_number"  # over the number's rate: lower it, again with backoff
    PAUSE_NUMBER = "pause_number"  # the number is held back: again in minutes
    PAUSE_CAMPAIGNS = "pause_campaigns"  # spam limit: bulk waits for hours, replies go on
    WAIT_DAY = "wait_day"  # this marketing message, not before 24 hours
    NEEDS_TEMPLATE = "needs_template"  # the 24-hour window is closed
    SUPPRESS_MARKETING = "suppress_marketing"  # the person stopped marketing
    UNREACHABLE = "unreachable"  # this person cannot be reached here
    DISABLE_TEMPLATE = "disable_template"  # the template is wrong or paused: alert
    NEVER = "never"  # not this message, and nobody's fault
    BUG = "bug"  # we sent what the provider does not take: alert
    STOP_CHANNEL = "stop_channel"  # token, account or payment: nothing will go out, alert
    RESUME = "resume"  # no failure: the provider says that the number works

    @property
    def again(self) -> bool:
        """Whether the same message may be sent again later."""
        return self in _AGAIN


_AGAIN = frozenset(
    (
        Action.RETRY,
        Action.SLOW_PAIR,
        Action.SLOW_NUMBER,
        Action.PAUSE_NUMBER,
        Action.PAUSE_CAMPAIGNS,
        Action.WAIT_DAY,
    )
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message was not taken. `code` is the provider's; 0 when it gave none."""

    action: Action
    code: int = 0
    text: str = ""
    http_status: int = 0


CLOUD: dict[int, Action] = {
    **dict.fromkeys((1, 2, 131000, 131016, 131052, 131053, 131057, 135000), Action.RETRY),
    131056: Action.SLOW_PAIR,
    130429: Action.SLOW_NUMBER,
    **dict.fromkeys((4, 80007, 133016), Action.PAUSE_NUMBER),
    131048: Action.PAUSE_CAMPAIGNS,
    131049: Action.WAIT_DAY,
    131047: Action.NEEDS_TEMPLATE,
    131050: Action.SUPPRESS_MARKETING,
    131026: Action.UNREACHABLE,
    **dict.fromkeys((130472, 131030), Action.NEVER),
    **dict.fromkeys((100, 131008, 131009, 131021, 131051, 131062), Action.BUG),
    **dict.fromkeys(
        (132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069),
        Action.DISABLE_TEMPLATE,
    ),
    **dict.fromkeys((0, 3, 10, 190, 131005, *range(200, 300)), Action.STOP_CHANNEL),
    **dict.fromkeys((368, 130497, 131031, 131037, 131042, 131045, 131064), Action.STOP_CHANNEL),
    # Groups: full, closed to us, gone.
    **dict.fromkeys((131020, 131041, 131201, 131202, 131204, 131207, 131208), Action.NEVER),
}

GREEN: tuple[tuple[str, Action], ...] = (  # part of the message, in lower case; the first wins
    ("in starting process", Action.PAUSE_NUMBER),
    ("not authorized", Action.STOP_CHANNEL),
    ("max upload size", Action.BUG),
    ("correspondents_quote_exceeded", Action.NEVER),
    ("quote_exceeded", Action.STOP_CHANNEL),
    ("timeout limit exceeded", Action.PAUSE_NUMBER),
)


GREEN_STATUS: dict[str, Action] = {  # statuses of a message that say it did not arrive
    "failed": Action.NEVER,
    "noAccount": Action.UNREACHABLE,
    "notInGroup": Action.NEVER,
    "yellowCard": Action.PAUSE_CAMPAIGNS,
}


GREEN_STATE: dict[str, Action] = {  # what an instance is in, told without being asked
    "notAuthorized": Action.STOP_CHANNEL,
    "blocked": Action.STOP_CHANNEL,
    "suspended": Action.STOP_CHANNEL,
    "sleepMode": Action.STOP_CHANNEL,
    "yellowCard": Action.PAUSE_CAMPAIGNS,
    "starting": Action.PAUSE_NUMBER,
    "authorized": Action.RESUME,
}


def classify(http_status: int, body: object) -> Failure:
    """The failure a Cloud API answer tells of: `body` is its JSON, or None if it had none."""
    error = mapping(mapping(body).get("error"))
    code = code_of(error)
    details = text(mapping(error.get("error_data")).get("details"))
    words = ": ".join(filter(None, (text(error.get("message")), details)))
    return Failure(action_for(code, http_status), code or 0, words[:1000], http_status)


def code_of(error: dict[str, Any]) -> int | None:
    """The code of a Cloud API error; None when it has none, or one that is no such number."""
    code = whole(error.get("code"))
    return code if code is not None and abs(code) < 2**31 else None


def action_for(code: int | None, http_status: int = 0) -> Action:
    """What to do about a Cloud API code; a status's error has no HTTP status of its own."""
    if code is not None and code in CLOUD:
        return CLOUD[code]
    return _by_http_status(http_status) if http_status else Action.NEVER


def classify_green(http_status: int, body: object) -> Failure:
    """The failure a Green API answer tells of: `body` is its JSON, or its text."""
    said = body if isinstance(body, str) else str(body or "")
    lower = said.lower()
    for part, action in GREEN:
        if part in lower:
            return Failure(action, http_status, said[:1000], http_status)
    return Failure(_by_http_status(http_status), http_status, said[:1000], http_status)


def _by_http_status(status: int) -> Action:
    match status:
        case 401 | 403:
            return Action.STOP_CHANNEL
        case 408 | 425 | 499:
            return Action.RETRY
        case 429:
            return Action.SLOW_NUMBER
        case 466:
            return Action.STOP_CHANNEL
        case _:
            return Action.RETRY if status >= 500 else Action.BUG
