"""`bot explain`: one message, or a person's last ones, as a timeline a person can read."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import orjson

from bot.channels.reading import READINGS
from bot.observe import story
from bot.observe.story import Bubble, Story

PRIORITIES = ("reply", "notice", "bulk")
_PRIVATE = ("payload", "content")  # what was said


def why(reason: str | None, with_words: bool) -> str:
    """A reason without what an exception quotes: "ValueError: …"."""
    if reason is None or with_words:
        return reason or ""
    head, colon, _ = reason.partition(":")
    return f"{head}: …" if colon else head


# -- for programs -------------------------------------------------------------------------


def as_json(stories: list[Story], alone: list[Bubble], with_words: bool) -> bytes:
    told = {
        "messages": [_plain(asdict(each), with_words) for each in stories],
        "bubbles": [_plain(asdict(each), with_words) for each in alone],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2)


def _plain(row: dict[str, Any], with_words: bool) -> dict[str, Any]:
    kept = {name: of for name, of in row.items() if with_words or name not in _PRIVATE}
    kept["reason"] = why(row["reason"], with_words) or None
    if "bubbles" in row:
        kept["bubbles"] = [_plain(each, with_words) for each in row["bubbles"]]
        kept["led_to"] = [{"inbox_id": id_, "fact": tag} for id_, tag in row["led_to"]]
    return kept


# -- for people ---------------------------------------------------------------------------


def as_text(stories: list[Story], alone: list[Bubble], with_words: bool) -> str:
    told = ["\n".join(_lines(each, with_words)) for each in stories]
    told += ["\n".join(_bubble(each, each.created_at, with_words)) for each in alone]
    return "\n\n".join(told)


def _lines(told: Story, with_words: bool) -> Iterator[str]:
    person = f"person {told.user_id}" if told.user_id is not None else "nobody"
    yield f"in:{told.id}  {told.kind} of {person}, {told.state}{_because(told.reason, with_words)}"
    begun = told.received_at
    came = f"from {told.channel}, {told.provider_id}" if told.channel else told.provider_id
    yield _line(begun, begun, "received", came)
    if told.correlation_id:
        yield _more(f"correlation {told.correlation_id}")
    if told.sent_at is not None:
        yield _more(f"sent at {told.sent_at:%H:%M:%S}Z by their clock")
    if with_words:
        yield _more(f"“{_said(told)}”")
    yield from _turn(told, begun, with_words)
    for bubble in told.bubbles:
        yield from _bubble(bubble, begun, with_words)
    for id_, tag in told.led_to:
        yield _more(f"led to in:{id_}, the fact {tag}")


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


def _bubble(bubble: Bubble, begun: datetime, with_words: bool) -> Iterator[str]:
    of = f"out:{bubble.id} {PRIORITIES[bubble.priority]}, {_shape(bubble.content)}"
    yield _line(bubble.created_at, begun, "says", f"{of}, {bubble.language}, on {bubble.channel}")
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
        yield _more(f"{bubble.state}{reason}{code}{tries}")
    if bubble.parked_statuses:
        yield _more(f"statuses not applied yet: {', '.join(bubble.parked_statuses)}")


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
    if not stories and not alone:
        return None
    if json:
        return as_json(stories, alone, with_words).decode()
    return as_text(stories, alone, with_words)
