"""What is other than it was: between what a turn led to and what it would lead to now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import orjson

from bot.dialog.reply import reply_from
from bot.replay.recording import Outcome

Bubble = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing. `how` quotes nobody; `then` and `now` are lines with people's words in them."""

    about: str  # bubble 2, step, session, language, silence, error
    how: str
    then: Sequence[str] = ()
    now: Sequence[str] = ()


def differences(then: Outcome, now: Outcome) -> list[Difference]:
    """Everything that people or their next turn would notice; empty when it is the same."""
    if then.failure or now.failure:
        return list(_failures(then, now))
    return [*_bubbles(then.bubbles, now.bubbles), *_plain(then, now), *_session(then, now)]


def _failures(then: Outcome, now: Outcome) -> Iterator[Difference]:
    was, is_ = then.failure, now.failure
    if was == is_:
        return
    how = f"{was.kind if was else 'none'} → {is_.kind if is_ else 'none'}"
    if was and is_ and was.kind == is_.kind:
        how = f"{was.kind}, with other words"
    words = [[one.words] if one else [] for one in (was, is_)]
    yield Difference("error", how, *words)


def _plain(then: Outcome, now: Outcome) -> Iterator[Difference]:
    for about, was, is_ in (
        ("step", then.step, now.step),
        ("language", then.language, now.language),
        ("silence", then.ignored, now.ignored),
    ):
        if was != is_:
            yield Difference(about, f"{was or 'none'} → {is_ or 'none'}")


def _session(then: Outcome, now: Outcome) -> Iterator[Difference]:
    """What the next turn would find, where the step does not tell it already."""
    was, is_ = then.state or {}, now.state or {}
    changed = sorted(key for key in was.keys() | is_.keys() if was.get(key) != is_.get(key))
    told = changed == ["offered"] and not _same_words(then, now)  # as the bubbles say
    if changed and not told and then.step == now.step:
        words = [[_written({key: of.get(key) for key in changed})] for of in (was, is_)]
        yield Difference("session", f"other {', '.join(changed)}", *words)


def _same_words(then: Outcome, now: Outcome) -> bool:
    return list(then.bubbles) == list(now.bubbles)


# -- bubbles -----------------------------------------------------------------------------


def _bubbles(then: Sequence[Bubble], now: Sequence[Bubble]) -> Iterator[Difference]:
    for n, (was, is_) in enumerate(zip_longest(then, now), start=1):
        if was is None:
            yield Difference(f"bubble {n}", "is new", (), lines(is_))
        elif is_ is None:
            yield Difference(f"bubble {n}", "is not said any more", lines(was), ())
        elif was != is_:
            yield Difference(f"bubble {n}", _how(was, is_), lines(was), lines(is_))


def _how(was: Bubble, is_: Bubble) -> str:
    changed = sorted(key for key in was.keys() | is_.keys() if was.get(key) != is_.get(key))
    labels = [[choice["label"] for choice in one.get("choices") or ()] for one in (was, is_)]
    if changed == ["choices"] and labels[0] == labels[1]:
        return "its buttons mean something else"
    if changed == ["choices"]:
        return f"other choices ({len(labels[0])} → {len(labels[1])})"
    return f"other {' and '.join(changed)}"


def lines(bubble: Bubble) -> list[str]:
    """A bubble as somebody would read it."""
    reply = reply_from(orjson.dumps(bubble))
    shown = [line for line in reply.text.split("\n") if line]
    if reply.choices:
        shown.append(" ".join(f"[{choice.label}]" for choice in reply.choices))
    shown += [f"({media.url})" for media in (reply.image, reply.document) if media]
    return shown + ([f"({reply.link.label}: {reply.link.url})"] if reply.link else [])


def _written(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
