"""`bot explain`: one message, or a person's last ones, as a timeline a person can read."""

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from bot.channels.reading import READINGS
from bot.observe import story
from bot.observe.rules import ONCE, rule
from bot.observe.story import Bubble, File, Story
from bot.replay import recordings
from bot.replay.recording import Recording, UnreadableRecording, unpacked
from bot.webhooks import Stored, of_correlation

Recorded = Mapping[int, Recording]
"""What was recorded of turns, by inbox id."""
PRIORITIES = ("reply", "notice", "bulk")
_POINTS = re.compile(r"[a-z ]+ \(in:\d+\)")  # at another message: nothing anybody wrote
_PRIVATE = ("payload", "content")  # what was said


def why(reason: str | None, with_words: bool) -> str:
    """A reason without what an exception quotes: "ValueError: …"."""
    if reason is None or with_words or _POINTS.fullmatch(reason):
        return reason or ""
    head, colon, _ = reason.partition(":")
    return f"{head}: …" if colon else head


# -- for programs -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """All that is known by some name."""

    stories: Sequence[Story]
    alone: Sequence[Bubble]  # that no message led to
    waiting: Sequence[Stored]  # webhooks that are not taken apart yet, or cannot be
    recorded: Recorded

    def __bool__(self) -> bool:
        return bool(self.stories or self.alone or self.waiting)


def as_json(found: Found, with_words: bool) -> bytes:
    told = {
        "webhooks": [one._asdict() for one in found.waiting],
        "messages": [
            _plain(asdict(each), with_words) | _sessions(found.recorded.get(each.id), with_words)
            for each in found.stories
        ],
        "bubbles": [_plain(asdict(each), with_words) for each in found.alone],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2)


def _sessions(recording: Recording | None, with_words: bool) -> dict[str, Any]:
    """The session before and after the turn; without words only where it stood."""
    if recording is None:
        return {"session_before": None, "session_after": None}
    states = recording.scene.state, recording.outcome.state
    told = states if with_words else [_stack(state) for state in states]
    return dict(zip(("session_before", "session_after"), told, strict=True))


def _stack(state: Mapping[str, Any] | None) -> list[str]:
    return [step["tag"] for step in (state or {}).get("stack", ())]


def _plain(row: dict[str, Any], with_words: bool) -> dict[str, Any]:
    kept = {name: of for name, of in row.items() if with_words or name not in _PRIVATE}
    kept["reason"] = why(row["reason"], with_words) or None
    kept["rule"] = rule(row["reason"], row["state"])
    if "bubbles" in row:
        kept["bubbles"] = [_plain(each, with_words) for each in row["bubbles"]]
        kept["led_to"] = [{"inbox_id": id_, "fact": tag} for id_, tag in row["led_to"]]
    return kept


# -- for people ---------------------------------------------------------------------------


def as_text(found: Found, with_words: bool) -> str:
    told = ["\n".join(_webhook(each)) for each in found.waiting]
    told += [
        "\n".join(_lines(each, found.recorded.get(each.id), with_words)) for each in found.stories
    ]
    told += ["\n".join(_bubble(each, each.created_at, with_words)) for each in found.alone]
    return "\n\n".join(told)


def _webhook(stored: Stored) -> Iterator[str]:
    yield f"webhook {stored.id} of {stored.source}, {stored.size} bytes"
    yield _line(stored.received_at, stored.received_at, "stored", "and answered 200")
    if stored.failed is None:
        yield _more("waits to be taken apart")
    else:
        yield _more(f"cannot be taken apart by this release: {stored.failed}")
        yield _more("again: python -m bot parked webhooks --retry")


def _lines(told: Story, recording: Recording | None, with_words: bool) -> Iterator[str]:
    person = f"person {told.user_id}" if told.user_id is not None else "nobody"
    yield f"in:{told.id}  {told.kind} of {person}, {told.state}{_because(told.reason, with_words)}"
    begun = told.received_at
    came = f"from {told.channel}, {told.provider_id}" if told.channel else told.provider_id
    yield _line(begun, begun, "received", came)
    if told.correlation_id:
        yield _more(f"correlation {told.correlation_id}")
    if told.sent_at is not None:
        yield _more(f"sent at {told.sent_at:%H:%M:%S}Z by their clock")
    yield _more(ONCE)
    if told.agent_id is not None:
        yield _more(f"with a person then: {_talk(told)}")
    if with_words:
        yield _more(f"“{_said(told)}”")
    yield from _turn(told, begun, with_words)
    yield from _rule(told.reason, told.state)
    if recording is not None:
        yield from _recorded(recording, with_words)
    for file in told.files:
        yield from _file(file, begun)
    for bubble in told.bubbles:
        yield from _bubble(bubble, begun, with_words)
    for id_, tag in told.led_to:
        yield _more(f"led to in:{id_}, the fact {tag}")


def _recorded(recording: Recording, with_words: bool) -> Iterator[str]:
    """The session before and after."""
    for name, state in (
        ("before", recording.scene.state),
        ("after", recording.outcome.state),
    ):
        yield _more(f"session {name}: {' › '.join(_stack(state)) or 'none'}")
        if with_words and state is not None:
            yield _more(orjson.dumps(state["stack"]).decode())
    read = len(recording.asked)
    yield _more(f"{read} statements; again: python -m bot replay {recording.inbox_id} --dry-run")


def _rule(reason: str | None, state: str) -> Iterator[str]:
    """The rule that decided."""
    if (words := rule(reason, state)) is not None:
        yield _more(f"rule: {words}")


def _turn(told: Story, begun: datetime, with_words: bool) -> Iterator[str]:
    tries = f" (failed {told.attempts} times)" if told.attempts else ""
    match told.state:
        case "waiting" if told.attempts:
            words = f"failed {told.attempts} times, {why(told.reason, with_words)}; next try"
            yield _line(told.due_at, begun, "turn", words)
        case "waiting":
            yield _line(told.due_at, begun, "waits", "for its turn")
        case "parked":
            yield _line(told.done_at or begun, begun, "parked", why(told.reason, with_words))
            yield _more(f"again: python -m bot parked retry {told.id}")
        case _ if told.step_after is None:
            yield _line(told.done_at or begun, begun, told.state, "without a turn")
        case _:
            steps = f"{told.step_before or 'first contact'} → {told.step_after}{tries}"
            yield _line(told.done_at or begun, begun, "turn", steps)


def _file(file: File, begun: datetime) -> Iterator[str]:
    """From wanted to stored or failed; what it says of itself only where nobody knows better."""
    of = f"file:{file.id} {file.kind}, {file.mime_type or f'says it is {file.claimed_type}'}"
    tries = f" (try {file.attempts})" if file.attempts > 1 else ""
    yield _line(file.created_at, begun, "wants", of)
    match file.state:
        case "wanted":
            yield _line(file.due_at, begun, "waits", f"to be fetched{tries}")
        case "failed":
            yield _line(file.done_at or begun, begun, "failed", f"{file.reason}{tries}")
        case state:
            yield _line(file.done_at or begun, begun, "stored", f"{file.size} bytes{tries}")
            if state == "erased":
                yield _more("erased since, as it was old")


def _bubble(bubble: Bubble, begun: datetime, with_words: bool) -> Iterator[str]:
    of = f"out:{bubble.id} {PRIORITIES[bubble.priority]}, {_shape(bubble.content)}"
    by = f", by person {bubble.said_by}" if bubble.said_by is not None else ""
    where = f"{bubble.language}, on {bubble.channel}{by}"
    yield _line(bubble.created_at, begun, "says", f"{of}, {where}")
    if with_words:
        yield _more(f"“{bubble.content.get('text', '')}”")
    tries = f" (try {bubble.attempts})" if bubble.attempts > 1 else ""
    steps = (
        (bubble.sent_at, "sent", f"as {bubble.provider_id}{tries}"),
        (bubble.delivered_at, "delivered", ""),
        (bubble.read_at, "read", ""),
        (bubble.failed_at, "failed", _failure(bubble)),
    )
    yield from (_line(at, begun, what, more) for at, what, more in steps if at is not None)
    if bubble.state in ("waiting", "sending", "unknown", "skipped"):
        reason = f": {bubble.reason}" if bubble.reason else ""
        code = f", code {bubble.error_code}" if bubble.error_code else ""
        held = f" ({bubble.waits_for})" if bubble.waits_for else ""
        yield _more(f"{bubble.state}{held}{reason}{code}{tries}")
        yield from _rule(bubble.reason, bubble.state)
    if bubble.parked_statuses:
        yield _more(f"statuses not applied yet: {', '.join(bubble.parked_statuses)}")


def _talk(told: Story) -> str:
    """Who had the person, and from when to when."""
    times = (f"{at:%H:%M:%S}Z" for at in (told.agent_from, told.agent_until) if at is not None)
    return f"agent {told.agent_id}, {' to '.join(times)}"


def _failure(bubble: Bubble) -> str:
    code = f"code {bubble.error_code}" if bubble.error_code is not None else "no code"
    return f"{code}: {bubble.reason}" if bubble.reason else code


def _shape(content: Any) -> str:
    """What kind of bubble it is, without its words."""
    choices = len(content.get("choices") or ())
    parts = [name for name in ("image", "document", "link", "template") if content.get(name)]
    return ", ".join(["text", *parts, *([f"{choices} choices"] if choices else [])])


def _said(told: Story) -> str:
    if told.channel is None:
        return orjson.dumps(told.payload).decode()
    said = READINGS[told.channel.split()[0]].read(dict(told.payload))
    return said.text or said.tapped or f"({said.kind})"


def _because(reason: str | None, with_words: bool) -> str:
    return f": {why(reason, with_words)}" if reason else ""


def _line(at: datetime, begun: datetime, what: str, more: str) -> str:
    if at == begun:
        clock = f"{at:%Y-%m-%d %H:%M:%S.%f}"[:23] + "Z"
    elif at.microsecond:
        clock = _since(at - begun)
    else:  # a provider's, which has whole seconds only
        clock = f"{at:%Y-%m-%d %H:%M:%S}Z"
    return f"  {clock:>24}  {what:<9}  {more}".rstrip()


def _more(words: str) -> str:
    return " " * 39 + words


def _since(since: timedelta) -> str:
    seconds = since.total_seconds()
    if abs(seconds) < 1:
        return f"{seconds * 1000:+.0f} ms"
    return f"{seconds:+.1f} s" if abs(seconds) < 600 else f"{seconds / 60:+.0f} min"


async def explain(db: Any, what: str, *, last: int, with_words: bool, json: bool) -> str | None:
    """The report; None when nothing of that name is known."""
    stories, alone = await story.find(db, what, last)
    kept = await recordings.find(db, [told.id for told in stories])
    found = Found(stories, alone, await of_correlation(db, what), _unpacked(kept))
    if not found:
        return None
    return as_json(found, with_words).decode() if json else as_text(found, with_words)


def _unpacked(kept: Mapping[int, recordings.Found]) -> Recorded:
    """What can be read of it."""
    found = {}
    for id_, one in kept.items():
        with contextlib.suppress(UnreadableRecording):
            found[id_] = unpacked(id_, one.body)
    return found
