"""What one attempt to send means: for the bubble, for its lane, and beyond."""

from dataclasses import dataclass

import structlog

from bot.channels.errors import Action, Failure
from bot.channels.outcome import Failed, Outcome, Sent, Unknown
from bot.dialog.reply import reply_from
from bot.holds import CARRIED_OUT, OF_NUMBER, Consequence
from bot.lease import Line
from bot.outbox import BULK, Mark, State

log = structlog.get_logger()

MOST_TRIES = 8
MOST_DAYS = 2  # an offer is tried on so many further days, then it is old
_PAUSES = {  # seconds a lane waits before the second try, and how much longer each further time
    Action.RETRY: (0.5, 2),
    Action.SLOW_PAIR: (4.0, 4),  # providers.md B: 4^X seconds
    Action.SLOW_NUMBER: (1.0, 2),
    Action.PAUSE_CAMPAIGNS: (60.0, 2),  # of an answer; bulk waits with all other bulk
}
_LONGEST_PAUSE = 86_400.0
_NOT_OF_THE_BUBBLE = frozenset((Action.STOP_CHANNEL, Action.PAUSE_NUMBER))  # nor of its lane


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to write of a bubble; for how many seconds its lane stays closed; and what else its
    failure leads to."""

    mark: Mark
    closed: float = 0.0
    consequence: Consequence | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the lane's next bubble may go now."""
        return not self.closed and self.mark.state is not State.WAITING

    @property
    def holds_number(self) -> bool:
        return self.consequence is not None and self.consequence.action in _NOT_OF_THE_BUBBLE


def judge(channel_id: int, line: Line, outcome: Outcome | Mark, unknown_wait: float) -> Verdict:
    """`unknown_wait` is how long a send of unknown outcome closes its lane, in seconds."""
    match outcome:
        case Mark():
            return Verdict(outcome)
        case Sent(provider_id):
            return Verdict(Mark(line.id, State.SENT, provider_id))
        case Unknown(why):
            return Verdict(Mark(line.id, State.UNKNOWN, reason=why[:500]), unknown_wait)
        case Failed(failure):
            mark, closed = _failed(line, failure)
            return Verdict(mark, closed, _consequence(channel_id, line, failure))


def _failed(line: Line, failure: Failure) -> tuple[Mark, float]:
    """A failure of the number says nothing of the bubble: it waits, and was not tried."""
    action, tries = failure.action, line.attempts
    if action in _NOT_OF_THE_BUBBLE or (action is Action.PAUSE_CAMPAIGNS and line.priority == BULK):
        return _mark(line, failure, State.WAITING, tried=False), 0.0
    if action is Action.WAIT_DAY and tries <= MOST_DAYS:
        return _mark(line, failure, State.WAITING), 0.0
    if action in _PAUSES and tries < MOST_TRIES:
        first, growth = _PAUSES[action]
        pause = min(first * growth ** (tries - 1), _LONGEST_PAUSE)
        return _mark(line, failure, State.WAITING), pause
    if action is Action.BUG:  # nothing else will mend it
        log.error("sender.refused", outbox_id=line.id, action=action, code=failure.code)
    return _mark(line, failure, State.FAILED), 0.0


def _mark(line: Line, failure: Failure, state: State, *, tried: bool = True) -> Mark:
    return Mark(line.id, state, None, failure.text[:500], failure.code, tried)


def _consequence(channel_id: int, line: Line, failure: Failure) -> Consequence | None:
    if failure.action not in CARRIED_OUT:
        return None
    template = None
    if failure.action is Action.DISABLE_TEMPLATE:
        named = reply_from(line.content).template
        template = named.name if named else None
    return Consequence(
        failure.action, channel_id, line.user_id, line.id, failure.code, failure.text, template,
        line.language,
    )  # fmt: skip


def shows(outcome: Outcome | Mark) -> bool | None:
    """Whether a probe of a stopped number shows that it works; None: it was not sent at all."""
    match outcome:
        case Mark():
            return None
        case Unknown():
            return False
        case Failed(failure):
            return failure.action not in OF_NUMBER and failure.action is not Action.RETRY
        case _:
            return True


def named(outcome: Outcome | Mark) -> tuple[str, int]:
    """What became of a bubble, and the provider's code, for the metrics."""
    match outcome:
        case Mark(state=state):
            return state.value, 0
        case Failed(failure):
            return failure.action.value, failure.code
        case _:
            return type(outcome).__name__.lower(), 0
